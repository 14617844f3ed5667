import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium, type OpenPage, openPage } from '../helpers/chromium.ts';
import { seedEpisodes } from '../helpers/seed-episodes.ts';
import { type RunningApp, startApp } from '../helpers/start-app.ts';
import { makeTempFolder, removeFolder } from '../helpers/temp.ts';
import { ReviewDesk } from './page-objects/review-desk.ts';

/** The keys of the verdicts and what they are called. */
const VERDICTS = [
  ['Control+Enter', 'Accept'],
  ['Control+Backspace', 'Reject'],
  ['Control+Enter', 'Accept'],
  ['Control+Shift+Enter', 'To fix'],
  ['u', 'Unsure'],
  ['Control+Enter', 'Accept'],
  ['Control+Space', 'Skip'],
] as const;

describe('reviewing without the mouse', () => {
  let app: RunningApp;
  let browser: Browser;
  let open: OpenPage;
  let desk: ReviewDesk;
  const folder = makeTempFolder('review-keyboard');
  const said: { readonly id: string; readonly words: string }[] = [];

  beforeAll(async () => {
    await seedEpisodes(join(folder, 'workspace'), 22);
    app = await startApp({ workspace: join(folder, 'workspace') });
    browser = await launchChromium();
    open = await openPage(browser, app.address);
    desk = new ReviewDesk(open.page);
  });
  afterAll(async () => {
    await browser?.close();
    await app?.stop();
    removeFolder(folder);
  });

  async function press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) await open.page.keyboard.press(key);
  }

  it('Alt and a number lead to the queue, at its first item', async () => {
    await open.page.getByRole('navigation', { name: 'Main' }).waitFor();
    await desk.goByKeys('Review');
    await desk.ready();
    await desk.waitForReviewed(0);
    expect(desk.id()).toMatch(/^eps_/);
  });

  it('steps and images are walked by J, K, comma and full stop', async () => {
    const current = open.page.locator('[data-step] [aria-current="step"]');
    await press('Home');
    expect(await current.innerText()).toContain('Start');
    await press('j');
    expect(await current.innerText()).not.toContain('Start');
    await press('k', '.', ',', 'End');
    expect(await current.innerText()).toContain('Answer');
  });

  it('twenty items get a verdict, each is followed by the next at once', async () => {
    for (let count = 0; count < 20; count += 1) {
      const [key, words] = VERDICTS[count % VERDICTS.length] ?? VERDICTS[0];
      const id = desk.id();
      if (count % 5 === 1) await press('1', '6');
      said.push({ id, words });
      await press(key);
      await desk.movedFrom(id);
    }
    await desk.waitForReviewed(20);
    expect(new Set(said.map(({ id }) => id)).size).toBe(20);
  });

  it('undo takes the last two back, shows what they were, and redo brings them again', async () => {
    const [before, last] = said.slice(-2);
    if (before === undefined || last === undefined) throw new Error('nothing was said');
    await press('Control+z');
    await desk.waitForReviewed(19);
    await expect.poll(() => desk.id(), { timeout: 30_000 }).toBe(last.id);
    await desk.waitForSaid(null);
    await press('Control+z');
    await desk.waitForReviewed(18);
    await expect.poll(() => desk.id(), { timeout: 30_000 }).toBe(before.id);
    await press('Control+Shift+z');
    await desk.waitForReviewed(19);
    await press('Control+y');
    await desk.waitForReviewed(20);
    await expect.poll(() => desk.id(), { timeout: 30_000 }).toBe(last.id);
    await desk.waitForSaid(last.words);
  });

  it('a note is typed without a key of it doing anything, and saved', async () => {
    const id = desk.id();
    await press('n');
    expect(await desk.focusedName()).toBe('Note');
    await open.page.keyboard.type('undo jack d 1 z');
    await press('Control+Enter');
    await desk.movedFrom(id);
    await open.page.evaluate((to) => {
      window.location.hash = `#/review/${to}`;
    }, id);
    await desk.waitForSaid('Accept');
    expect(await open.page.getByRole('textbox', { name: 'Note' }).inputValue()).toBe('undo jack d 1 z');
  });

  it('the history says who did what and why, what was undone among it', async () => {
    await press('w', 'w');
    const history = open.page.getByRole('list', { name: 'History, newest first' });
    await history.waitFor();
    const lines = await history.getByRole('listitem').allInnerTexts();
    expect(lines[0]).toMatch(/Accept run[^]*undo jack d 1 z[^]*Reviewer 1/);
    await press('w', 'w');
  });

  it('a command is found by its letters', async () => {
    await press('Control+k');
    await open.page.getByRole('combobox', { name: 'Find a command' }).waitFor();
    await open.page.keyboard.type('gose');
    await expect
      .poll(
        () => open.page.getByRole('listbox', { name: 'Commands' }).getByRole('option').first().innerText(),
        {
          timeout: 30_000,
        },
      )
      .toContain('Go to Settings');
    await press('Enter');
    await open.page.getByRole('heading', { name: 'Settings' }).waitFor();
  });

  it('a key is changed, with who had it named, and works at once', async () => {
    const keys = open.page.getByRole('table', { name: 'Keys: Review' });
    await keys.getByRole('button', { name: 'Change the keys of: Next item', exact: true }).focus();
    await press('Enter');
    await open.page.getByRole('group', { name: 'Press the keys' }).waitFor();
    await expect.poll(() => desk.focusedName(), { timeout: 30_000 }).toBe('Press the keys');
    await press('a');
    await open.page.getByText(/These are the keys of “Previous item”/).waitFor();
    await desk.tabTo('Swap the keys');
    await press('Enter');
    await open.page.getByRole('dialog').waitFor({ state: 'hidden' });
    await desk.goByKeys('Review');
    await desk.ready();
    await desk.queue.getByRole('option').nth(3).waitFor();
    const place = async (): Promise<number> => Number(await desk.shown.getAttribute('aria-posinset'));
    const before = await place();
    await press('d');
    await expect.poll(place, { timeout: 30_000 }).toBe(before - 1);
    await press('a');
    await expect.poll(place, { timeout: 30_000 }).toBe(before);
  });

  it('the help lists what is really bound', async () => {
    await press('?');
    const help = open.page.getByRole('dialog', { name: 'Keys' });
    await help.waitFor();
    const line = help.getByText('Next item', { exact: true }).locator('..');
    expect(await line.innerText()).toMatch(/^Next item\s*A$/);
    await press('Escape');
  });

  it('everything is there after a restart, and can still be undone', async () => {
    await open.page.goto('about:blank');
    await app.stop();
    app = await startApp({ workspace: join(folder, 'workspace') });
    open = await openPage(browser, app.address);
    desk = new ReviewDesk(open.page);
    await open.page.getByRole('navigation', { name: 'Main' }).waitFor();
    await desk.goByKeys('Review');
    await desk.waitForReviewed(20);
    await open.page.getByRole('button', { name: /^Undo: Accept run/ }).waitFor();
    await press('Control+z', 'Control+z');
    await desk.waitForReviewed(19);
  });

  it('no error reached the console', () => {
    expect(open.errors).toEqual([]);
  });
});
