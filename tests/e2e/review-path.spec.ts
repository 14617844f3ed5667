import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium, type OpenPage, openPage } from '../helpers/chromium.ts';
import { ROOT } from '../helpers/project.ts';
import { type RunningApp, startApp } from '../helpers/start-app.ts';
import { makeTempFolder, removeFolder } from '../helpers/temp.ts';
import { Correcting } from './page-objects/correcting.ts';
import { ReviewDesk } from './page-objects/review-desk.ts';
import { Studio } from './page-objects/studio.ts';

/** From eight rollouts of a question to a dataset that another workspace has whole. The acts follow one another. */
describe('the path of a review', () => {
  const folder = makeTempFolder('review-path');
  const here = join(folder, 'here');
  const elsewhere = join(folder, 'elsewhere');
  const exported = join(folder, 'exported');
  let app: RunningApp;
  let browser: Browser;
  let open: OpenPage;
  let studio: Studio;
  let desk: Correcting;
  let episodeId = '';

  beforeAll(async () => {
    app = await startApp({ workspace: here });
    browser = await launchChromium();
    open = await openPage(browser, app.address);
    studio = new Studio(open.page);
    desk = new Correcting(open.page);
    await studio.demoIn();
  });
  afterAll(async () => {
    await browser?.close();
    await app?.stop();
    removeFolder(folder);
  });

  const place = (hash: string): string => `${new URL(open.page.url()).origin}/${hash}`;
  const imagent = (...args: readonly string[]): string =>
    execFileSync(process.execPath, [join(ROOT, 'main', 'cli.ts'), ...args], { encoding: 'utf8' });

  /** Every file of a folder, with the digest of its bytes. */
  function digestsOf(root: string): Readonly<Record<string, string>> {
    const files = readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted();
    return Object.fromEntries(
      files.map((path) => [
        path.slice(root.length + 1),
        createHash('sha256').update(readFileSync(path)).digest('hex'),
      ]),
    );
  }

  it('a group of eight is run, and its worst rollout that looked is opened for correction', async () => {
    const { page } = open;
    await studio.watch(/Which has the same pattern/);
    await page.keyboard.press('g');
    const dialog = page.getByRole('dialog', { name: 'Run groups of rollouts' });
    await dialog.getByRole('button', { name: 'Run', exact: true }).click();
    await page
      .getByRole('region', { name: 'The group in figures' })
      .getByText('8 of 8')
      .waitFor({ timeout: 120_000 });
    const rows = page
      .getByRole('table', { name: 'Rollouts' })
      .getByRole('row')
      .filter({ has: page.getByRole('button', { name: /^Rollout \d+$/ }) });
    await expect.poll(async () => await rows.count(), { timeout: 60_000 }).toBe(8);
    const totals = await rows.locator('td:nth-child(3)').allInnerTexts();
    const looked: number[] = [];
    for (let at = 0; at < 8; at += 1) {
      if ((await rows.nth(at).getByRole('img').count()) > 0) looked.push(at);
    }
    const [worst = 0] = (looked.length > 0 ? looked : [0]).toSorted(
      (one, other) => Number.parseFloat(totals[one] ?? '0') - Number.parseFloat(totals[other] ?? '0'),
    );
    for (let press = 0; press <= worst; press += 1) await page.keyboard.press('ArrowDown');
    const mark = page.getByRole('button', { name: `Rollout ${worst + 1}`, exact: true });
    await expect.poll(async () => await mark.getAttribute('aria-current')).toBe('true');
    await page.keyboard.press('c');
    await desk.steps.first().waitFor();
    episodeId = /#\/correct\/(eps_\w+)/.exec(page.url())?.[1] ?? '';
    expect(episodeId).not.toBe('');
  });

  it('its box is dragged, the crop is another, and the agent goes on from there', async () => {
    const before = await desk.crop();
    await desk.dragBox(30, 18);
    await desk.saved(1).waitFor();
    const after = await desk.crop();
    expect(after.pixels).not.toBe(before.pixels);
    await open.page.keyboard.press('Control+r');
    await desk.saved(2).waitFor({ timeout: 120_000 });
    expect(await desk.doubtful().count()).toBe(0);
  });

  it('the run is accepted', async () => {
    await open.page.goto(place(`#/review/${episodeId}`));
    const review = new ReviewDesk(open.page);
    await review.ready();
    await open.page.keyboard.press('Control+Enter');
    await review.waitForReviewed(1);
  });

  it('a snapshot holds the corrected run as a demonstration', async () => {
    await open.page.goto(place('#/snapshots/new'));
    const dialog = open.page.getByRole('dialog', { name: 'Take a snapshot' });
    await dialog.getByLabel('Name').fill('Reviewed');
    await dialog.getByRole('button', { name: 'Take snapshot' }).click();
    await open.page.getByRole('heading', { name: 'Reviewed', level: 1 }).waitFor();
    await open.page.getByRole('radiogroup', { name: 'What to show' }).getByText('1 demonstration').waitFor();
  });

  it('the workspace is exported, imported elsewhere, and exported there to the same bytes', async () => {
    const { page } = open;
    await page.goto(place('#/export'));
    await page.getByLabel('Folder').fill(exported);
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    await page.getByText('Written and checked').waitFor({ timeout: 60_000 });
    const job = JSON.parse(imagent('import', exported, '--workspace', elsewhere, '--json')) as {
      readonly rejectedCount: number;
    };
    expect(job.rejectedCount).toBe(0);
    imagent('export', 'imagent', '--workspace', elsewhere, '--out', join(folder, 'again'));
    expect(digestsOf(join(folder, 'again'))).toEqual(digestsOf(exported));
    expect(open.errors).toEqual([]);
  });

  it('the other workspace shows the same correction and the same snapshot', async () => {
    const other = await startApp({ workspace: elsewhere });
    try {
      const there = await openPage(browser, other.address);
      const correcting = new Correcting(there.page);
      const origin = new URL(there.page.url()).origin;
      const story = async (): Promise<readonly string[]> => await correcting.story();
      await open.page.goto(place(`#/correct/${episodeId}`));
      await desk.saved(2).waitFor();
      const wanted = await desk.story();
      await there.page.goto(`${origin}/#/correct/${episodeId}`);
      await correcting.saved(2).waitFor();
      await expect.poll(story, { timeout: 30_000 }).toEqual(wanted);
      await there.page.goto(`${origin}/#/snapshots`);
      await there.page.getByRole('region', { name: 'Snapshots' }).getByText('Reviewed').waitFor();
    } finally {
      await other.stop();
    }
  });
});
