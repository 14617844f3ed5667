import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium, type OpenPage, openPage } from '../helpers/chromium.ts';
import { lookInBothThemes } from '../helpers/look.ts';
import { seedEpisodes } from '../helpers/seed-episodes.ts';
import { type RunningApp, startApp } from '../helpers/start-app.ts';
import { makeTempFolder, removeFolder } from '../helpers/temp.ts';
import { ReviewDesk } from './page-objects/review-desk.ts';

/** The screens of reviewing, full and empty, in both themes: axe finds nothing serious, and a picture is kept. */
describe('the screens of reviewing', () => {
  const folder = makeTempFolder('review-screens');
  let app: RunningApp;
  let browser: Browser;
  let open: OpenPage;
  let desk: ReviewDesk;

  beforeAll(async () => {
    await seedEpisodes(join(folder, 'workspace'), 18);
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

  const look = (name: string): Promise<void> => lookInBothThemes(open.page, name);

  it('review: an item, one with a verdict, history, agreement, a small window', async () => {
    await desk.goByKeys('Review');
    await desk.ready();
    await look('review');
    const id = desk.id();
    await open.page.keyboard.press('1');
    await open.page.keyboard.press('Control+Backspace');
    await desk.movedFrom(id);
    await desk.waitForReviewed(1);
    await open.page.keyboard.press('a');
    await desk.waitForSaid('Reject');
    await look('review-said');
    await open.page.keyboard.press('w');
    await open.page.keyboard.press('w');
    await open.page.getByRole('list', { name: 'History, newest first' }).waitFor();
    await look('review-history');
    await open.page.keyboard.press('w');
    await open.page.getByLabel('Second opinions').waitFor();
    await open.page.setViewportSize({ width: 1100, height: 700 });
    await look('review-agreement-small');
    await open.page.setViewportSize({ width: 1440, height: 900 });
    await open.page.keyboard.press('w');
  });

  it('the filters of the queue, and a queue with nothing in it', async () => {
    await open.page.getByRole('button', { name: 'Filter' }).click();
    await open.page.getByRole('dialog', { name: 'Filter' }).waitFor();
    await look('review-filters');
    await open.page.getByLabel('Question contains').fill('no such words');
    await open.page.keyboard.press('Enter');
    await open.page.getByText('Nothing here.').waitFor();
    await open.page.keyboard.press('Escape');
    await open.page.evaluate(() => {
      window.location.hash = '#/review';
    });
    await open.page.getByRole('heading', { name: 'Nothing here is left to do' }).waitFor();
    await look('review-empty');
    await open.page.getByRole('button', { name: 'Show everything' }).click();
    await desk.ready();
  });

  it('the commands, and the keys in the settings', async () => {
    await open.page.keyboard.press('Control+k');
    await open.page.getByRole('listbox', { name: 'Commands' }).waitFor();
    await look('commands');
    await open.page.keyboard.press('Escape');
    await desk.goByKeys('Settings');
    await open.page.getByRole('table', { name: 'Keys: Review' }).scrollIntoViewIfNeeded();
    await look('settings-keys');
    await open.page.getByRole('button', { name: 'Change the keys of: Next item', exact: true }).click();
    await open.page.keyboard.press('a');
    await open.page.getByText(/These are the keys of/).waitFor();
    await look('settings-key-taken');
    await open.page.keyboard.press('Escape');
  });

  it('no error reached the console', () => {
    expect(open.errors).toEqual([]);
  });
});
