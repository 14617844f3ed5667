import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium, type OpenPage, openPage } from '../helpers/chromium.ts';
import { seedEpisodes } from '../helpers/seed-episodes.ts';
import { type RunningApp, startApp } from '../helpers/start-app.ts';
import { makeTempFolder, removeFolder } from '../helpers/temp.ts';
import { until } from '../helpers/until.ts';
import { ReviewDesk } from './page-objects/review-desk.ts';

/**
 * The path of a person who hears the page: where the focus is and what it is called, what is announced, and the text
 * that describes the pictures. No shortcut of the app is used, no place on the screen, nothing that is only seen.
 */
describe('reviewing by ear', () => {
  let app: RunningApp;
  let browser: Browser;
  let open: OpenPage;
  let desk: ReviewDesk;
  const folder = makeTempFolder('review-spoken');

  beforeAll(async () => {
    await seedEpisodes(join(folder, 'workspace'), 21);
    app = await startApp({ workspace: join(folder, 'workspace') });
    browser = await launchChromium();
    open = await openPage(browser, app.address);
    desk = new ReviewDesk(open.page);
    await open.page.getByRole('navigation', { name: 'Main' }).waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await app?.stop();
    removeFolder(folder);
  });

  /** What was said last about the item that is shown. */
  async function announced(): Promise<string> {
    return await open.page.getByRole('status', { name: 'The item that is shown' }).innerText();
  }

  it('the navigation leads to the queue, and the title says where one is', async () => {
    await desk.tabTo('Review');
    await open.page.keyboard.press('Enter');
    await desk.ready();
    expect(await open.page.title()).toBe('Review · IMAgent Studio');
  });

  it('the list says how an item is, its place, and how many there are', async () => {
    await desk.tabTo('Runs to review');
    await until(async () => (await desk.queue.getAttribute('aria-busy')) === 'false', 'the queue is loaded');
    const active = async (): Promise<string> => {
      const id = await desk.queue.getAttribute('aria-activedescendant');
      return (await open.page.locator(`[id="${id}"]`).innerText()).replaceAll(/\s+/g, ' ');
    };
    expect(await desk.shown.getAttribute('aria-setsize')).toBe('21');
    expect(await desk.shown.getAttribute('aria-posinset')).toBe('1');
    const first = await active();
    expect(first).toMatch(/\?.*(Right|Wrong|No reference)/);
    await open.page.keyboard.press('ArrowDown');
    await expect.poll(active, { timeout: 30_000 }).not.toBe(first);
    expect(await desk.focusedName()).toBe('Runs to review');
    await open.page.keyboard.press('ArrowUp');
    await expect.poll(active, { timeout: 30_000 }).toBe(first);
  });

  it('an item is announced with its question, its answer, and whether it is right', async () => {
    await expect
      .poll(announced, { timeout: 30_000 })
      .toMatch(/\? Answer: \w+.* (Right|Wrong|No reference)\./);
  });

  it('the pictures are there in words, boxes in numbers', async () => {
    const stage = open.page.getByRole('group', {
      name: 'Images of the sample, with what the agent looked at',
    });
    const described = await stage.getAttribute('aria-describedby');
    const lines = await open.page.locator(`[id="${described}"] li`).allInnerTexts();
    expect(lines.some((line) => /^Step 1: box from .* on image \d+/.test(line))).toBe(true);
  });

  it('twenty verdicts are given by the button that has the focus, each with the next item announced', async () => {
    await desk.tabTo('Accept');
    for (let count = 0; count < 20; count += 1) {
      const id = desk.id();
      const question = await announced();
      await open.page.keyboard.press('Enter');
      await desk.movedFrom(id);
      expect(await desk.focusedName()).toBe('Accept');
      await until(async () => (await announced()) !== question || count > 0, 'the next item is announced');
    }
    await desk.waitForReviewed(20);
    expect(await desk.focused.getAttribute('aria-pressed')).toBe('false');
  });

  it('reasons are buttons that say whether they are pressed', async () => {
    await desk.tabTo(/Wrong answer$/, true);
    expect(await desk.focused.getAttribute('aria-pressed')).toBe('false');
    await open.page.keyboard.press('Space');
    await expect.poll(() => desk.focused.getAttribute('aria-pressed'), { timeout: 30_000 }).toBe('true');
    await desk.tabTo('Reject');
    await open.page.keyboard.press('Enter');
    await desk.waitForReviewed(21);
    await expect.poll(() => desk.focused.getAttribute('aria-pressed'), { timeout: 30_000 }).toBe('true');
  });

  it('undo names what it takes back, and keeps the focus', async () => {
    await desk.tabTo('Undo: Reject run', true);
    await open.page.keyboard.press('Enter');
    await desk.waitForReviewed(20);
    await expect.poll(() => desk.focusedName(), { timeout: 30_000 }).toBe('Undo: Accept run');
    await desk.waitForSaid(null);
    await desk.tabTo('Redo: Reject run');
    await open.page.keyboard.press('Enter');
    await desk.waitForReviewed(21);
    await desk.waitForSaid('Reject');
  });

  it('a box is edited as four numbers, and undone', async () => {
    await desk.tabTo('Correct', true);
    await open.page.keyboard.press('Enter');
    await expect.poll(() => open.page.title(), { timeout: 30_000 }).toBe('Correct · IMAgent Studio');
    await open.page
      .getByRole('button', { name: /Zoom in on image/ })
      .first()
      .waitFor();
    await desk.tabTo(/Zoom in on image/);
    await open.page.keyboard.press('Enter');
    const left = open.page.getByRole('textbox', { name: /^Left edge/ });
    await left.waitFor();
    const before = await left.inputValue();
    const wanted = String(Number(before) > 0 ? Number(before) - 1 : 1);
    await desk.tabTo(/^Left edge/);
    await open.page.keyboard.press('Control+a');
    await open.page.keyboard.type(wanted);
    await open.page.keyboard.press('Enter');
    await open.page.getByRole('button', { name: /^Undo: .*box/i }).waitFor();
    expect(await left.inputValue()).toBe(wanted);
    await desk.tabTo(/^Undo: .*box/i, true);
    await open.page.keyboard.press('Enter');
    await expect.poll(() => left.inputValue(), { timeout: 30_000 }).toBe(before);
  });

  it('a reviewer is added and chosen by name', async () => {
    await desk.tabTo(/^Reviewer: /);
    await open.page.keyboard.press('Enter');
    await open.page.getByRole('menuitem', { name: 'Add a reviewer' }).focus();
    await open.page.keyboard.press('Enter');
    await open.page.getByRole('dialog', { name: 'Add a reviewer' }).waitFor();
    await expect.poll(() => desk.focusedName(), { timeout: 30_000 }).toBe('Name');
    await open.page.keyboard.type('Ben');
    await open.page.keyboard.press('Enter');
    await open.page.getByRole('button', { name: 'Reviewer: Ben' }).waitFor();
  });

  it('no error reached the console', () => {
    expect(open.errors).toEqual([]);
  });
});
