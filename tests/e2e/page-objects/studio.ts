import type { Locator, Page } from 'playwright-core';

/** The app as a person sees it. Specs say what is done and seen; how it is found stands here. */
export class Studio {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async goTo(place: 'Library' | 'Watch' | 'Agents' | 'Settings'): Promise<void> {
    await this.page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: place }).click();
  }

  /** Imports a file or folder of this machine by its path, and waits until the import says that it is done. */
  async importPath(path: string): Promise<void> {
    await this.page.getByRole('button', { name: 'Import', exact: true }).click();
    await this.page.getByRole('menuitem', { name: 'A path on this machine' }).click();
    const dialog = this.page.getByRole('dialog');
    await dialog.getByLabel('File or folder').fill(path);
    await dialog.getByRole('button', { name: 'Import' }).click();
    await dialog.waitFor({ state: 'hidden' });
  }

  /** Lines of the list of samples. */
  sample(question: string | RegExp): Locator {
    return this.page.getByRole('grid', { name: 'Samples' }).getByRole('row').filter({ hasText: question });
  }

  /** Opens a sample of the library in Watch. */
  async watch(question: string | RegExp): Promise<void> {
    await this.sample(question)
      .first()
      .getByLabel(/^Watch: /)
      .click();
    await this.run.or(this.stop).waitFor();
  }

  get run(): Locator {
    return this.page.getByRole('button', { name: /^Run( again)?$/ });
  }

  get stop(): Locator {
    return this.page.getByRole('button', { name: 'Stop', exact: true });
  }

  /** Runs the agent and waits until it has ended. */
  async runToTheEnd(): Promise<void> {
    await this.run.click();
    await this.page.getByRole('button', { name: 'Run again' }).waitFor({ timeout: 120_000 });
  }

  /** Steps of the shown run, the start among them. */
  get steps(): Locator {
    return this.page.getByRole('list', { name: 'Steps of the run' }).getByRole('listitem');
  }
}
