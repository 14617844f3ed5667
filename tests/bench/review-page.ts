import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { openWorkspace } from '../../main/store/workspace.ts';
import { launchChromium, openPage } from '../helpers/chromium.ts';
import { startApp } from '../helpers/start-app.ts';
import { Correcting } from '../e2e/page-objects/correcting.ts';
import { type Figure, median, percentile } from './report.ts';
import { addLongRun, addPicture, type LongRun, STEPS, TOKENS_PER_STEP } from './review-opening.ts';
import { figure } from './review-store.ts';

const ITEMS = 60;
const BOXES = 1000;
const DRAG_STEPS = 120;
const WALKS = 20;

/** What a person sees, in a real Chromium against the real app. */
export async function measurePage(folder: string): Promise<readonly Figure[]> {
  const path = join(folder, 'workspace');
  const workspace = openWorkspace(path, 1);
  const picture = await addPicture(workspace, path);
  const long = addLongRun(workspace, STEPS, TOKENS_PER_STEP, picture);
  const boxes = addLongRun(workspace, BOXES, 10, picture);
  workspace.close();
  const app = await startApp({ workspace: path });
  const browser = await launchChromium();
  try {
    const { page } = await openPage(browser, app.address, 'light');
    await page.getByRole('grid', { name: 'Samples' }).getByRole('row').nth(1).waitFor();
    const open: number[] = [];
    for (let run = 0; run < 3; run += 1) open.push(await openRun(page, long, STEPS));
    const ends = await walk(
      page,
      Array.from({ length: WALKS }, (_, at) => (at % 2 === 0 ? ['Home', 0] : ['End', STEPS])),
    );
    await page.keyboard.press('Home');
    const steps = await walk(
      page,
      Array.from({ length: WALKS }, (_, at) => ['j', at + 1]),
    );
    await openRun(page, boxes, BOXES);
    const stage = await dragStage(page);
    const box = await dragBox(page, boxes);
    const next = await reviewOn(page);
    return [
      figure('episode of 300 steps, 130 MB: its newest steps on the screen', median(open), open.length, 1000),
      figure(
        '  then from its last step to the first (Home), and back (End), p95',
        percentile(ends, 0.95),
        ends.length,
      ),
      figure('  then a step on (J), p95', percentile(steps, 0.95), steps.length),
      frames('1,000 boxes on one image, stage dragged', stage),
      frames('1,000 boxes on one image, one of them dragged', box),
      figure('next item on the screen after its key, p95', percentile(next, 0.95), next.length, 100),
      figure('  the same, median', median(next), next.length),
    ];
  } finally {
    await browser.close();
    await app.stop();
  }
}

/** Milliseconds from the address until the last step of the run, which is the one at the cursor, is there. */
async function openRun(page: Page, { sample, episode }: LongRun, steps: number): Promise<number> {
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

/** Milliseconds from each key until the step that it leads to is the current one, and drawn. */
async function walk(page: Page, keys: readonly (readonly [string, number])[]): Promise<readonly number[]> {
  const times: number[] = [];
  for (const [key, step] of keys) {
    const done = page.evaluate(
      ([pressed, wanted]) =>
        new Promise<number>((resolve) => {
          const listener = (event: KeyboardEvent): void => {
            if (event.key !== pressed) return;
            window.removeEventListener('keydown', listener, { capture: true });
            const from = performance.now();
            const look = (): void => {
              const card = document.querySelector(`[data-step="${wanted}"][data-current]`);
              if (card === null) requestAnimationFrame(look);
              else requestAnimationFrame(() => resolve(performance.now() - from));
            };
            look();
          };
          window.addEventListener('keydown', listener, { capture: true });
          Object.assign(window, { benchListens: true });
        }),
      [key, step] as const,
    );
    await page.waitForFunction(() => (window as unknown as { benchListens?: boolean }).benchListens === true);
    await page.keyboard.press(key);
    times.push(await done);
    await page.evaluate(() => Object.assign(window, { benchListens: false }));
  }
  return times;
}

function frames(name: string, value: number): Figure {
  return { name, value, unit: 'frames/s', of: DRAG_STEPS, goal: '>= 55 frames/s', met: value >= 55 };
}

/** Frames a second while the stage is dragged with the middle button. */
async function dragStage(page: Page): Promise<number> {
  const stage = page.getByRole('group', { name: /Images of the sample/ });
  const place = await stage.boundingBox();
  if (place === null) throw new Error('the stage has no place on the page');
  return await dragged(page, place.x + place.width / 2, place.y + place.height / 2, 'middle');
}

/** The like while one box among all of them is dragged, with the image as large as the stage. */
async function dragBox(page: Page, { episode }: LongRun): Promise<number> {
  await page.evaluate((id) => {
    window.location.hash = `#/correct/${id}`;
  }, episode);
  const desk = new Correcting(page);
  await desk.saved(0).waitFor();
  for (const key of ['End', '.', 'z']) await page.keyboard.press(key);
  await desk.current.getByRole('button', { name: new RegExp(`^${BOXES}`) }).waitFor();
  await page.evaluate(
    () => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))),
  );
  const held = await desk.heldBox();
  return await dragged(page, held.x + held.width / 2, held.y + held.height / 2, 'left');
}

/** Frames a second while the pointer is held and moved about a place. */
async function dragged(page: Page, x: number, y: number, button: 'left' | 'middle'): Promise<number> {
  await page.mouse.move(x, y);
  await page.mouse.down({ button });
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
  const perSecond = await page.evaluate(() => {
    const { benchFrames: counter } = window as unknown as {
      benchFrames: { frames: number; from: number; on: boolean };
    };
    counter.on = false;
    return (counter.frames * 1000) / (performance.now() - counter.from);
  });
  // A box is put back: what follows measures an episode that nobody has corrected.
  if (button === 'left') await page.keyboard.press('Escape');
  await page.mouse.up({ button });
  return perSecond;
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
