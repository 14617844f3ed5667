import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { openWorkspace } from '../../main/store/workspace.ts';
import { launchChromium, openPage } from '../helpers/chromium.ts';
import { startApp } from '../helpers/start-app.ts';
import { type Figure, median, percentile } from './report.ts';
import { addLongRun, STEPS, TOKENS_PER_STEP } from './review-opening.ts';
import { figure } from './review-store.ts';

const ITEMS = 60;
const BOXES = 1000;
const DRAG_STEPS = 120;

/** What a person sees, in a real Chromium against the real app. */
export async function measurePage(folder: string): Promise<readonly Figure[]> {
  const path = join(folder, 'workspace');
  const workspace = openWorkspace(path, 1);
  const long = addLongRun(workspace, STEPS, TOKENS_PER_STEP);
  const boxes = addLongRun(workspace, BOXES, 10);
  workspace.close();
  const app = await startApp({ workspace: path });
  const browser = await launchChromium();
  try {
    const { page } = await openPage(browser, app.address, 'light');
    await page.getByRole('grid', { name: 'Samples' }).getByRole('row').nth(1).waitFor();
    const open: number[] = [];
    for (let run = 0; run < 3; run += 1) open.push(await openRun(page, long, STEPS));
    await openRun(page, boxes, BOXES);
    const frames = await dragStage(page);
    const next = await reviewOn(page);
    return [
      figure('episode of 300 steps, 130 MB: every step on the screen', median(open), open.length, 1000),
      {
        name: '1,000 boxes on one image, stage dragged',
        value: frames,
        unit: 'frames/s',
        of: DRAG_STEPS,
        goal: '>= 55 frames/s',
        met: frames >= 55,
      },
      figure('next item on the screen after its key, p95', percentile(next, 0.95), next.length, 100),
      figure('  the same, median', median(next), next.length),
    ];
  } finally {
    await browser.close();
    await app.stop();
  }
}

/** Milliseconds from the address to the last step of the run. */
async function openRun(
  page: Page,
  { sample, episode }: { readonly sample: string; readonly episode: string },
  steps: number,
): Promise<number> {
  await page.evaluate(() => {
    window.location.hash = '#/settings';
  });
  await page.getByRole('heading', { name: 'Settings' }).first().waitFor();
  return await page.evaluate(
    ([hash, last]) =>
      new Promise<number>((resolve) => {
        const from = performance.now();
        const look = (): void => {
          if (document.querySelector(`[data-step="${last}"]`) === null) requestAnimationFrame(look);
          else requestAnimationFrame(() => resolve(performance.now() - from));
        };
        window.location.hash = String(hash);
        look();
      }),
    [`#/watch/${sample}?episode=${episode}`, steps] as const,
  );
}

/** Frames a second while the stage is dragged with the middle button. */
async function dragStage(page: Page): Promise<number> {
  const stage = page.getByRole('group', { name: /Images of the sample/ });
  const box = await stage.boundingBox();
  if (box === null) throw new Error('the stage has no place on the page');
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down({ button: 'middle' });
  await page.evaluate(() => {
    const counter = { frames: 0, from: performance.now(), on: true };
    Object.assign(window, { benchFrames: counter });
    const tick = (): void => {
      if (!counter.on) return;
      counter.frames += 1;
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  for (let at = 0; at < DRAG_STEPS; at += 1)
    await page.mouse.move(x + Math.sin(at / 8) * 120, y + Math.cos(at / 8) * 80);
  const frames = await page.evaluate(() => {
    const { benchFrames: counter } = window as unknown as {
      benchFrames: { frames: number; from: number; on: boolean };
    };
    counter.on = false;
    return (counter.frames * 1000) / (performance.now() - counter.from);
  });
  await page.mouse.up({ button: 'middle' });
  return frames;
}

/** Milliseconds from the key that goes on to the next item until it is drawn. */
async function reviewOn(page: Page): Promise<readonly number[]> {
  await page.evaluate(() => {
    window.location.hash = '#/review';
  });
  await page.getByRole('button', { name: 'Next item' }).waitFor();
  await page.evaluate(() => {
    const times: number[] = [];
    Object.assign(window, { benchTimes: times });
    window.addEventListener(
      'keydown',
      (event) => {
        if (event.key !== 'd') return;
        const from = performance.now();
        const before = window.location.hash;
        const look = (): void => {
          if (window.location.hash === before) requestAnimationFrame(look);
          else requestAnimationFrame(() => requestAnimationFrame(() => times.push(performance.now() - from)));
        };
        requestAnimationFrame(look);
      },
      { capture: true },
    );
  });
  for (let at = 0; at < ITEMS; at += 1) {
    await page.keyboard.press('d');
    await page.waitForFunction(
      (count) => (window as unknown as { benchTimes: number[] }).benchTimes.length > count,
      at,
    );
  }
  return await page.evaluate(() => (window as unknown as { benchTimes: number[] }).benchTimes);
}
