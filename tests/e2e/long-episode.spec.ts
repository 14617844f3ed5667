import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWorkspace } from '../../main/store/workspace.ts';
import { addLongRun, addPicture, type LongRun } from '../bench/review-opening.ts';
import { seriousAccessibilityProblems } from '../helpers/axe.ts';
import { keepScreen, launchChromium, type OpenPage, openPage } from '../helpers/chromium.ts';
import { type RunningApp, startApp } from '../helpers/start-app.ts';
import { makeTempFolder, removeFolder } from '../helpers/temp.ts';
import { Correcting } from './page-objects/correcting.ts';
import { Studio } from './page-objects/studio.ts';

const STEPS = 1000;
const LONG_WAIT = { timeout: 60_000, interval: 100 };

/** What is quick by its making, counted and not timed: a run of a thousand steps, each a box on one image. */
describe('a run of a thousand steps', () => {
  let app: RunningApp;
  let browser: Browser;
  let open: OpenPage;
  let page: Page;
  let studio: Studio;
  let run: LongRun;
  const folder = makeTempFolder('long-episode');

  beforeAll(async () => {
    const path = join(folder, 'workspace');
    const workspace = openWorkspace(path, 1);
    run = addLongRun(workspace, STEPS, 4, await addPicture(workspace, path));
    workspace.close();
    app = await startApp({ workspace: path });
    browser = await launchChromium();
    open = await openPage(browser, app.address);
    page = open.page;
    studio = new Studio(page);
    await go(`#/watch/${run.sample}?episode=${run.episode}`);
  });
  afterAll(async () => {
    await browser?.close();
    await app?.stop();
    removeFolder(folder);
  });

  const go = (hash: string): Promise<void> =>
    page.evaluate((to) => {
      window.location.hash = to;
    }, hash);
  const current = (): Locator => page.locator('li[data-index]:has([aria-current="step"])');
  const stands = async (place: number): Promise<void> => {
    await expect.poll(() => current().getAttribute('aria-posinset'), LONG_WAIT).toBe(String(place));
    await expect.poll(() => isInSight(current()), LONG_WAIT).toBe(true);
  };

  it('has only the steps in sight on the page, and says how many there are', async () => {
    await stands(STEPS + 1);
    expect(await studio.steps.count()).toBeLessThan(60);
    expect(await current().getAttribute('aria-setsize')).toBe(String(STEPS + 1));
    await keepScreen(page, 'long-episode-watch');
    expect(await seriousAccessibilityProblems(page)).toEqual([]);
  });

  it('is walked by keys from end to end, and the step at the cursor is in sight', async () => {
    await studio.press('Home');
    await stands(1);
    await studio.press('j', 'j', 'j');
    await stands(4);
    await studio.press('k');
    await stands(3);
    await studio.press('End');
    await stands(STEPS + 1);
    await studio.steps.filter({ hasText: /^997/ }).getByRole('button').first().click();
    await stands(998);
    await studio.scrubber.fill('500');
    await stands(501);
  });

  it('draws no box anew while the stage is dragged, and is sharp where it comes to rest', async () => {
    await studio.press('End', '.', 'z');
    await stands(STEPS + 1);
    const stage = page.getByRole('group', { name: /Images of the sample/ });
    const place = await stage.boundingBox();
    if (place === null) throw new Error('the stage has no place on the page');
    const [x, y] = [place.x + place.width / 2, place.y + place.height / 2];
    await page.mouse.move(x, y);
    await expect.poll(() => shift(page), LONG_WAIT).toEqual({ x: 0, y: 0, scale: 1 });
    await countBoxes(page);
    await page.mouse.down({ button: 'middle' });
    for (let at = 1; at <= 30; at += 1) await page.mouse.move(x + at * 2, y + at);
    expect(await page.evaluate(() => (window as unknown as { drawnBoxes: number }).drawnBoxes)).toBe(0);
    expect(await shift(page)).toEqual({ x: 60, y: 30, scale: 1 });
    await page.mouse.up({ button: 'middle' });
    // Beyond the margin the picture is a new one, and stands where the old one stood.
    await page.mouse.down({ button: 'middle' });
    await page.mouse.move(x - 300, y + 30);
    await page.mouse.up({ button: 'middle' });
    await expect.poll(() => shift(page), LONG_WAIT).toEqual({ x: 0, y: 0, scale: 1 });
    await keepScreen(page, 'long-episode-dragged');
  });

  it('gives who searches the page all of it', async () => {
    await studio.press('Control+f');
    await expect.poll(() => studio.steps.count(), LONG_WAIT).toBe(STEPS + 1);
  });

  it('is corrected the same way: the open step stays on the page wherever one scrolls', async () => {
    await go(`#/correct/${run.episode}`);
    const desk = new Correcting(page);
    await desk.saved(0).waitFor();
    await studio.press('End');
    await stands(STEPS);
    expect(await desk.steps.count()).toBeLessThan(60);
    await page.getByRole('region', { name: 'Details of the correction' }).evaluate((panel) => {
      panel.scrollTop = 0;
    });
    await desk.steps
      .filter({ hasText: /^1Zoom|^1\s/ })
      .first()
      .waitFor();
    expect(await desk.box()).toEqual([
      (999 * 37) % 560,
      (999 * 53) % 420,
      ((999 * 37) % 560) + 60,
      ((999 * 53) % 420) + 45,
    ]);
    await studio.press('k');
    await stands(STEPS - 1);
    await keepScreen(page, 'long-episode-correct');
    expect(await seriousAccessibilityProblems(page)).toEqual([]);
    expect(open.errors).toEqual([]);
  });
});

function isInSight(item: Locator): Promise<boolean> {
  return item.evaluate((element) => {
    const panel = element.closest('[data-scrolls]')?.getBoundingClientRect();
    const place = element.getBoundingClientRect();
    return panel !== undefined && place.bottom > panel.top && place.top < panel.bottom;
  });
}

/** Counts the rectangles that are stroked on the canvas of the stage from now on. */
function countBoxes(page: Page): Promise<void> {
  return page.evaluate(() => {
    const counter = Object.assign(window, { drawnBoxes: 0 });
    const [stage] = document.querySelectorAll<HTMLCanvasElement>('[role="group"] > canvas[aria-hidden]');
    const context = stage?.getContext('2d');
    if (context === null || context === undefined) throw new Error('there is no stage');
    const stroke = context.strokeRect.bind(context);
    context.strokeRect = (x, y, width, height) => {
      counter.drawnBoxes += 1;
      stroke(x, y, width, height);
    };
  });
}

/** How far the picture of the stage stands from where it was drawn. */
function shift(page: Page): Promise<{ readonly x: number; readonly y: number; readonly scale: number }> {
  return page.evaluate(() => {
    const [stage] = document.querySelectorAll<HTMLCanvasElement>('[role="group"] > canvas[aria-hidden]');
    const { a, e, f } = new DOMMatrix(stage?.style.transform);
    return { x: e + 160, y: f + 160, scale: a };
  });
}
