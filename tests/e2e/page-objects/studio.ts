import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { ROOT } from '../../helpers/project.ts';

/** How much the demo set holds. */
function demoSet(): { readonly samples: number; readonly images: number } {
  const text = readFileSync(join(ROOT, 'assets', 'demo-set', 'samples.jsonl'), 'utf8').trim();
  const rows = text.split('\n').map((line) => JSON.parse(line) as { readonly images: readonly string[] });
  return { samples: rows.length, images: new Set(rows.flatMap(({ images }) => images)).size };
}

/** The app as a person sees it. Specs say what is done and seen; how it is found stands here. */
export class Studio {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async goTo(
    place: 'Library' | 'Watch' | 'Groups' | 'Review' | 'Snapshots' | 'Training' | 'Agents' | 'Settings',
  ): Promise<void> {
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

  /** Waits until the demo set is in whole: a list that still grows can't be counted. */
  async demoIn(): Promise<void> {
    const { samples, images } = demoSet();
    await this.page.getByText(`${samples} samples · ${images} images`).waitFor({ timeout: 120_000 });
    await this.sample(/./).first().waitFor({ timeout: 60_000 });
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

  /** Presses Run and sees that it runs; the button itself says "Run again" for a moment before. */
  async start(): Promise<void> {
    const began = this.stop.waitFor();
    await this.run.click();
    await began;
  }

  /** Runs the agent and waits until it has ended. */
  async runToTheEnd(): Promise<void> {
    await this.start();
    await this.page.getByRole('button', { name: 'Run again' }).waitFor({ timeout: 120_000 });
  }

  /** Steps of the shown run, the start among them. */
  get steps(): Locator {
    return this.page.getByRole('list', { name: 'Steps of the run' }).getByRole('listitem');
  }

  /** The step that is being sampled: the shown run is the one that runs. */
  get liveStep(): Locator {
    return this.steps.filter({ has: this.page.getByText('live', { exact: true }) });
  }

  /** A step of the shown run by what the agent did in it. */
  stepThat(words: string | RegExp): Locator {
    return this.steps.filter({ hasText: words });
  }

  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  /** What the model saw, in the panel beside the images. */
  get seen(): Locator {
    return this.page.getByRole('region', { name: 'What the model saw' });
  }

  /** Where the scrub bar stands, in words: "Step 2 of 3. Zoom in on image 1, shown as image 3". */
  async moment(): Promise<string> {
    return (await this.scrubber.getAttribute('aria-valuetext')) ?? '';
  }

  get scrubber(): Locator {
    return this.page.getByRole('slider', { name: 'Moment of the run' });
  }

  /** What the canvas shows, in words: a line for each image and each box. */
  async drawn(): Promise<readonly string[]> {
    const stage = this.page.getByRole('group', {
      name: 'Images of the sample, with what the agent looked at',
    });
    const described = await stage.getAttribute('aria-describedby');
    return this.page.locator(`[id="${described}"] li`).allInnerTexts();
  }

  /** The bar that says how the shown run stands or ended. */
  outcome(words: string | RegExp): Locator {
    return this.page.locator('main').getByText(words).first();
  }

  /** Chooses images of the library in this order and makes a sample of them; ends in Watch. */
  async makeSample(names: readonly string[], question: string, answer: string): Promise<void> {
    await this.page.getByRole('radiogroup', { name: 'What to show' }).getByText('Images').click();
    for (const name of names) {
      await this.page
        .getByRole('option')
        .filter({ hasText: name })
        .click({ modifiers: ['Control'] });
    }
    await this.page.getByRole('button', { name: 'Make a sample' }).click();
    const dialog = this.page.getByRole('dialog', { name: 'Make a sample' });
    await dialog.getByLabel('Question').fill(question);
    await dialog.getByRole('textbox', { name: 'Reference answer' }).fill(answer);
    await dialog.getByRole('button', { name: 'Make and watch' }).click();
    await this.run.waitFor();
  }
}
