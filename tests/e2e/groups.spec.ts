import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium, type OpenPage, openPage } from '../helpers/chromium.ts';
import { lookInBothThemes } from '../helpers/look.ts';
import { type RunningApp, startApp } from '../helpers/start-app.ts';
import { makeTempFolder, removeFolder } from '../helpers/temp.ts';
import { Studio } from './page-objects/studio.ts';

/** Groups of rollouts with the demo agent in its real engine. Which rollouts are right is chance, and nothing here needs it. */
describe('groups', () => {
  const folder = makeTempFolder('groups-e2e');
  const workspace = join(folder, 'workspace');
  let app: RunningApp;
  let browser: Browser;
  let open: OpenPage;
  let studio: Studio;

  beforeAll(async () => {
    app = await startApp({ workspace });
    browser = await launchChromium();
    await openApp();
  });
  afterAll(async () => {
    await browser?.close();
    await app?.stop();
    removeFolder(folder);
  });

  async function openApp(): Promise<void> {
    open = await openPage(browser, app.address);
    studio = new Studio(open.page);
    await studio.demoIn();
  }

  const dialog = (page: Page) => page.getByRole('dialog', { name: 'Run groups of rollouts' });
  const rollouts = (page: Page) =>
    page
      .getByRole('table', { name: 'Rollouts' })
      .getByRole('row')
      .filter({ has: page.getByRole('button', { name: /^Rollout \d+$/ }) });
  const card = (page: Page) => page.getByRole('region', { name: 'Jobs' });

  /** The totals of the rewards on show, in the order of the rows. */
  async function totals(page: Page): Promise<readonly number[]> {
    const cells = await rollouts(page).locator('td:nth-child(3)').allInnerTexts();
    return cells.map((text) => Number.parseFloat(text));
  }

  it('eight rollouts of a sample, side by side, with what the tools are good for', async () => {
    const { page } = open;
    await studio.watch(/Which has the same pattern/);
    await page.keyboard.press('g');
    await dialog(page).getByLabel('Without tools').fill('2');
    await dialog(page).getByRole('button', { name: 'Run', exact: true }).click();
    const facts = page.getByRole('region', { name: 'The group in figures' });
    await expect.poll(async () => await rollouts(page).count(), { timeout: 120_000 }).toBe(10);
    await facts.getByText('8 of 8').waitFor({ timeout: 120_000 });
    await facts.getByText(/^Gain/).waitFor({ timeout: 120_000 });
    await lookInBothThemes(page, 'group');
  });

  it('a tool gain of 1 changes what is right with a tool, and nothing is run for it', async () => {
    const { page } = open;
    const before = await totals(page);
    await page.getByRole('region', { name: 'What if' }).getByLabel('Tool gain').fill('1');
    const expected = before.map((total) => (total === 2 ? 2.5 : total));
    await expect.poll(async () => await totals(page)).toEqual(expected);
    await page.getByRole('button', { name: 'Defaults' }).click();
    await expect.poll(async () => await totals(page)).toEqual(before);
    expect(await rollouts(page).count()).toBe(10);
  });

  it('the best is picked by one key, kept over a reload, and taken back', async () => {
    const { page } = open;
    await page.keyboard.press('b');
    await page.getByText('Demonstration', { exact: true }).waitFor();
    const [best] = (await totals(page)).slice(0, 8).toSorted((one, other) => other - one);
    const picked = rollouts(page).filter({ has: page.getByText('Demonstration', { exact: true }) });
    expect(Number.parseFloat(await picked.locator('td:nth-child(3)').innerText())).toBe(best);
    await page.reload();
    await page.getByText('Demonstration', { exact: true }).waitFor();
    await page.getByRole('button', { name: /is the demonstration. Take it back/ }).click();
    await page.getByText('Demonstration', { exact: true }).waitFor({ state: 'hidden' });
  });

  it('the worst is found by arrows, its mask seen, and opened where it is watched', async () => {
    const { page } = open;
    const all = (await totals(page)).slice(0, 8);
    const worst = all.indexOf(Math.min(...all));
    // The first press goes to the first rollout.
    for (let press = 0; press <= worst; press += 1) await page.keyboard.press('ArrowDown');
    const mark = page.getByRole('button', { name: `Rollout ${worst + 1}`, exact: true });
    await expect.poll(async () => await mark.getAttribute('aria-current')).toBe('true');
    const seed = await mark.getAttribute('title');
    await page.keyboard.press('m');
    await page.getByRole('heading', { name: 'Mask of a run' }).waitFor();
    await page.getByText(/of \d+ tokens carry the loss|Dropped whole/).waitFor();
    await lookInBothThemes(page, 'mask');
    await page.getByRole('button', { name: 'Open in Watch' }).click();
    await studio.outcome(new RegExp(`seed ${(seed ?? '').replace('Seed ', '')}`)).waitFor();
  });

  it('the agent with and without its tools: evaluated, compared, and a flip as both played it', async () => {
    const { page } = open;
    await studio.goTo('Agents');
    await page.getByRole('button', { name: 'Evaluate and compare' }).click();
    for (const withTools of [true, false]) {
      await page.getByRole('button', { name: 'Evaluate…' }).click();
      const evaluate = page.getByRole('dialog', { name: 'Evaluate agent versions' });
      if (withTools) await lookInBothThemes(page, 'dialog-evaluate');
      if (!withTools) await evaluate.getByRole('switch', { name: 'Offer the tools' }).press('Space');
      await evaluate.getByRole('button', { name: 'Evaluate', exact: true }).click();
      await evaluate.waitFor({ state: 'hidden' });
    }
    const lines = page.getByRole('table', { name: 'Evaluations' }).getByRole('row');
    await expect
      .poll(async () => await lines.filter({ hasText: 'Finished' }).count(), { timeout: 240_000 })
      .toBe(2);
    for (const box of await lines.getByRole('checkbox').all()) await box.check();
    await page.getByRole('button', { name: 'Compare the two' }).click();
    const figures = page.getByRole('region', { name: 'Figures' });
    await figures.getByText(/Exact McNemar test on \d+ flips?: p/).waitFor();
    // Greedy, so these are the same every time: without tools the demo agent can only guess.
    await figures.getByText('A is better beyond what chance would explain.').waitFor();
    await page.getByRole('region', { name: 'Episode A' }).getByText('Right').waitFor();
    await page.getByRole('region', { name: 'Episode B' }).getByText('Wrong').waitFor();
    await lookInBothThemes(page, 'compare');
    // Newest last, and the list closes up: always the first.
    for (const _ of [1, 2]) await card(page).getByRole('button', { name: 'Close' }).first().click();
  });

  it('a job over every sample is paused, found paused after a restart, and goes on where it stood', async () => {
    const { page } = open;
    await studio.goTo('Groups');
    await page.getByRole('button', { name: 'Back to the groups' }).click();
    await page.getByRole('button', { name: 'Run groups…' }).click();
    await dialog(page).getByLabel('Rollouts a sample').fill('64');
    await lookInBothThemes(page, 'dialog-run-groups');
    await dialog(page).getByRole('button', { name: 'Run', exact: true }).click();
    await dialog(page).waitFor({ state: 'hidden' });
    await card(page)
      .getByText(/^[1-9]\d* of \d/)
      .waitFor({ timeout: 60_000 });
    await card(page).getByRole('button', { name: 'Pause' }).click();
    await card(page).getByText('Rollouts paused').waitFor({ timeout: 60_000 });
    const stood = await card(page)
      .getByText(/ of \d+ rollouts|rollouts ·/)
      .innerText();
    await lookInBothThemes(page, 'groups');

    await app.stop();
    app = await startApp({ workspace });
    await openApp();
    await card(open.page).getByText('Rollouts paused').waitFor({ timeout: 60_000 });
    const done = (text: string): number => Number.parseInt(text.replaceAll(',', ''), 10);
    const counted = async (): Promise<number> =>
      done(
        await card(open.page)
          .getByText(/ of [\d,]+ rollouts/)
          .innerText(),
      );
    expect(await counted()).toBe(done(stood));
    await card(open.page).getByRole('button', { name: 'Resume' }).click();
    await expect.poll(counted, { timeout: 60_000 }).toBeGreaterThan(done(stood));
    await card(open.page).getByRole('button', { name: 'Cancel' }).click();
    await card(open.page).getByText('Rollouts cancelled').waitFor();
  });

  it('no error reached the console', () => {
    expect(open.errors).toEqual([]);
  });
});
