import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { launchChromium, openPage } from '../helpers/chromium.ts';
import { startApp } from '../helpers/start-app.ts';
import { makeTempFolder, removeFolder } from '../helpers/temp.ts';
import type { BenchOptions } from './engine.ts';
import { type Figure, machine, median, type Report } from './report.ts';
import { addTraining } from './training-run.ts';

const STEPS = 10_000;
const MORE_A_SECOND = 5;
const LIVE_SECONDS = 20;
/** Charts that have values in a run such as this one: all but KL's, whose beta would be 0. */
const DRAWN = 15;

/** The screen of a run of 10,000 steps in a real Chromium: opened, while steps arrive, after a reload. */
export async function benchTrainingScreen({ say }: BenchOptions): Promise<Report> {
  const folder = makeTempFolder('bench');
  const workspace = join(folder, 'workspace');
  say('writing a run of 10,000 steps ...');
  const run = addTraining(workspace, STEPS, STEPS * 2);
  const app = await startApp({ workspace });
  const started = performance.now();
  const browser = await launchChromium();
  try {
    const { page } = await openPage(browser, app.address, 'light');
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
    const address = `#/training/${run.id}`;
    await go(page, address);
    say('the app reads it ...');
    await page
      .getByText(`${STEPS.toLocaleString('en-US')} of`)
      .first()
      .waitFor({ timeout: 600_000 });
    const read = performance.now() - started;

    say('opening its charts ...');
    const opened: number[] = [];
    for (let at = 0; at < 5; at += 1) {
      await go(page, '#/settings');
      await page.getByRole('heading', { name: 'Settings' }).first().waitFor();
      opened.push(await charts(page, address));
    }
    say('watching it while steps arrive ...');
    const live = await watch(page, LIVE_SECONDS, () => run.go(1));
    await go(page, '#/settings');
    await page.getByRole('heading', { name: 'Settings' }).first().waitFor();
    const still = await watch(page, LIVE_SECONDS / 2, () => {});
    await charts(page, address);
    const reloaded = performance.now();
    await page.reload();
    await page.waitForFunction(allDrawn, DRAWN, { timeout: 120_000 });
    const reload = performance.now() - reloaded;
    const figures: readonly Figure[] = [
      { name: `${STEPS} steps of events read by the host`, value: read / 1000, unit: 's', of: 1 },
      { name: 'all charts drawn after the address, median', value: median(opened), unit: 'ms', of: 5 },
      { name: 'all charts drawn after a reload', value: reload, unit: 'ms', of: 1 },
      {
        name: `frames while ${MORE_A_SECOND} steps a second arrive and the pointer moves over the charts`,
        value: live.frames,
        unit: 'frames/s',
        of: live.gaps.length,
        goal: '>= 55 frames/s',
        met: live.frames >= 55,
      },
      {
        name: '  the same, on a page where nothing happens',
        value: still.frames,
        unit: 'frames/s',
        of: still.gaps.length,
      },
      {
        name: '  longest time without a frame',
        value: Math.max(...live.gaps),
        unit: 'ms',
        of: live.gaps.length,
      },
    ];
    return { bench: 'training-screen', machine: machine(), versions: { node: process.version }, figures };
  } finally {
    await browser.close();
    await app.stop();
    removeFolder(folder);
  }
}

async function go(page: Page, hash: string): Promise<void> {
  await page.evaluate((to) => {
    window.location.hash = to;
  }, hash);
}

/** In the page: whether so many charts have a canvas with something on it. */
function allDrawn(count: number): boolean {
  return document.querySelectorAll('figure canvas').length >= count;
}

/** Milliseconds from the address until every chart is drawn. */
async function charts(page: Page, address: string): Promise<number> {
  return await page.evaluate(
    ([hash, count]) =>
      new Promise<number>((resolve) => {
        const from = performance.now();
        const look = (): void => {
          if (document.querySelectorAll('figure canvas').length < count) requestAnimationFrame(look);
          else requestAnimationFrame(() => resolve(performance.now() - from));
        };
        window.location.hash = hash;
        look();
      }),
    [address, DRAWN] as const,
  );
}

interface Live {
  readonly frames: number;
  /** Milliseconds between frames. */
  readonly gaps: readonly number[];
}

/** The pointer moves from side to side where the first row of charts is. */
async function watch(page: Page, seconds: number, step: () => void): Promise<Live> {
  await page.evaluate(() => {
    const times: number[] = [];
    Object.assign(window, { benchFrames: times });
    const tick = (at: number): void => {
      if ((window as unknown as { benchFrames: number[] }).benchFrames !== times) return;
      times.push(at);
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  const timer = setInterval(step, 1000 / MORE_A_SECOND);
  const until = performance.now() + seconds * 1000;
  for (let at = 0; performance.now() < until; at += 1) {
    await page.mouse.move(160 + ((at * 7) % 1200), 300);
    await page.waitForTimeout(16);
  }
  clearInterval(timer);
  const times = await page.evaluate(() => (window as unknown as { benchFrames: number[] }).benchFrames);
  const gaps = times.slice(1).map((at, index) => at - (times[index] ?? at));
  const span = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1000;
  return { frames: gaps.length / span, gaps };
}
