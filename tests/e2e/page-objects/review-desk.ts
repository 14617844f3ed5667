import type { Locator, Page } from 'playwright-core';
import { until } from '../../helpers/until.ts';

/** The review screen as its user finds it: by roles, names and focus. */
export class ReviewDesk {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  get queue(): Locator {
    return this.page.getByRole('listbox', { name: 'Runs to review' });
  }

  /** The item that is shown, in the list. */
  get shown(): Locator {
    return this.queue.getByRole('option', { selected: true });
  }

  /** Its id, from the address. */
  id(): string {
    return /#\/review\/(eps_\w+)/.exec(this.page.url())?.[1] ?? '';
  }

  /** Goes to a screen by Alt and its number, which is its place in the navigation. */
  async goByKeys(name: string): Promise<void> {
    const links = this.page.getByRole('navigation', { name: 'Main' }).getByRole('link');
    await links.first().waitFor();
    const names = await links.allInnerTexts();
    await this.page.keyboard.press(`Alt+${names.findIndex((one) => one.trim() === name) + 1}`);
  }

  /** Waits until another item than `id` is shown whole: its verdict buttons are there and say nothing yet. */
  async movedFrom(id: string): Promise<string> {
    await until(() => this.id() !== id && this.id() !== '', 'the next item comes up', 60_000);
    await this.ready();
    return this.id();
  }

  async ready(): Promise<void> {
    await this.page.getByRole('group', { name: 'Verdict' }).waitFor();
    await this.page.getByRole('list', { name: 'Steps of the run' }).getByRole('listitem').first().waitFor();
  }

  /** The verdict that is pressed; null for none. */
  async said(): Promise<string | null> {
    const pressed = this.page.getByRole('group', { name: 'Verdict' }).getByRole('button', { pressed: true });
    return (await pressed.count()) === 0 ? null : await pressed.first().innerText();
  }

  async waitForSaid(verdict: string | null): Promise<void> {
    await until(async () => (await this.said()) === verdict, `the verdict is ${verdict ?? 'none'}`, 60_000);
  }

  /** "3 of 24 reviewed". */
  async waitForReviewed(count: number): Promise<void> {
    await this.page.getByText(new RegExp(`^${count} of \\d+ reviewed$`)).waitFor();
  }

  get focused(): Locator {
    return this.page.locator(':focus');
  }

  /** Name of what has the focus, as a screen reader says it. */
  async focusedName(): Promise<string> {
    return await this.page.evaluate(() => {
      const element = document.activeElement;
      if (element === null || element === document.body) return '';
      const labelled = element.getAttribute('aria-labelledby');
      const label = labelled === null ? null : document.getElementById(labelled);
      const field = element instanceof HTMLInputElement ? element.labels?.[0] : null;
      const named = label ?? field ?? element;
      return (element.getAttribute('aria-label') ?? named.textContent).trim();
    });
  }

  /** Presses Tab (or Shift+Tab) until something of this name has the focus. */
  async tabTo(name: string | RegExp, backwards = false): Promise<void> {
    const matches = (text: string): boolean => (typeof name === 'string' ? text === name : name.test(text));
    for (let presses = 0; presses < 120; presses += 1) {
      if (matches(await this.focusedName())) return;
      await this.page.keyboard.press(backwards ? 'Shift+Tab' : 'Tab');
    }
    throw new Error(`Tab never reached ${String(name)}`);
  }
}
