import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium, type OpenPage, openPage } from '../helpers/chromium.ts';
import { type RunningApp, startApp } from '../helpers/start-app.ts';
import { makeTempFolder, removeFolder } from '../helpers/temp.ts';
import { until } from '../helpers/until.ts';
import { Studio } from './page-objects/studio.ts';

/** One person, one workspace, from the first start on: the acts follow one another, as they do for a person. */
describe('the first whole path', () => {
  let app: RunningApp;
  let browser: Browser;
  let open: OpenPage;
  let studio: Studio;
  const folder = makeTempFolder('main-path');

  beforeAll(async () => {
    app = await startApp({ workspace: join(folder, 'workspace') });
    browser = await launchChromium();
    open = await openPage(browser, app.address);
    studio = new Studio(open.page);
  });
  afterAll(async () => {
    await browser?.close();
    await app?.stop();
    removeFolder(folder);
  });

  it('the first start shows the demo set, ready to run', async () => {
    await studio
      .sample(/What pattern is on/)
      .first()
      .waitFor({ timeout: 60_000 });
    expect(await open.page.getByRole('grid', { name: 'Samples' }).getByRole('row').count()).toBeGreaterThan(
      4,
    );
  });

  it('a run zooms in and answers, and the crop stands on the canvas', async () => {
    await studio.watch(/What pattern is on/);
    await studio.runToTheEnd();
    const actions = await studio.steps.allInnerTexts();
    expect(actions.some((text) => text.includes('Zoom in on image'))).toBe(true);
    expect(actions.at(-1)).toMatch(/Answer: \w+/);
    await studio.outcome('Answered').waitFor();
    const drawn = await studio.drawn();
    expect(drawn.some((line) => /^Image \d+: part of image \d+, source box/.test(line))).toBe(true);
    expect(drawn.some((line) => /^Step 1: box from .* on image \d+, shown as image \d+/.test(line))).toBe(
      true,
    );
  });

  it('scrubbing back takes the crop away, and forth brings it back', async () => {
    await open.page.keyboard.press('Home');
    expect(await studio.moment()).toMatch(/^Step 0 of/);
    expect((await studio.drawn()).every((line) => !line.includes('part of image'))).toBe(true);
    await open.page.keyboard.press('j');
    expect(await studio.moment()).toMatch(/^Step 1 of \d+\. Zoom in/);
    expect((await studio.drawn()).some((line) => line.includes('part of image'))).toBe(true);
    await open.page.keyboard.press('k');
    expect(await studio.moment()).toMatch(/^Step 0 of/);
    await open.page.keyboard.press('End');
  });

  it('shows what the model saw: exact text, each image at its pixels, token counts, both spaces', async () => {
    await open.page.keyboard.press('w');
    await open.page.getByText('Whole context').click();
    const { seen } = studio;
    await until(
      async () => /<\|im_start\|>system[^]*<tool_response>/.test(await seen.innerText()),
      'the whole context is shown',
    );
    const text = await seen.innerText();
    expect(text).toMatch(/<\|im_start\|>system\s+You are a helpful assistant/);
    expect(text).toMatch(/text · \d+ tokens/);
    expect(text).toMatch(/112 × 112 pixels\s+16 tokens/);
    const picture = seen.locator('img[src*="/assets/view/"]').first();
    const sizeOf = () =>
      picture.evaluate((shown: HTMLImageElement) => [shown.naturalWidth, shown.naturalHeight]);
    await until(async () => (await sizeOf())[0] !== 0, 'the first view is loaded');
    expect(await sizeOf()).toEqual([112, 112]);
    // The third panel is the mask; after it come the steps again.
    await open.page.keyboard.press('w');
    await open.page.getByText(/of \d+ tokens carry the loss/).waitFor();
    await open.page.keyboard.press('w');
    await studio.steps.first().waitFor();
  });

  it('look backs re-enter as images of their own', async () => {
    await studio.goTo('Library');
    await studio.watch(/Which has the same pattern/);
    await studio.runToTheEnd();
    const drawn = await studio.drawn();
    expect(drawn.some((line) => /^Image \d+: image \d+ shown again/.test(line))).toBe(true);
  });

  it('another seed makes another run, and both stay', async () => {
    await open.page.keyboard.press('Control+Shift+Enter');
    await studio.stop.waitFor();
    await open.page.getByRole('button', { name: 'Run again' }).waitFor({ timeout: 120_000 });
    await studio.outcome(/seed 1/).waitFor();
    await open.page.getByRole('combobox', { name: 'Runs of this sample' }).click();
    expect(await open.page.getByRole('option').count()).toBe(2);
    await open.page.keyboard.press('Escape');
  });

  it('Stop ends a run in the middle, and what it had is kept', async () => {
    await studio.start();
    await studio.liveStep.waitFor();
    await studio.stop.click();
    await studio.outcome('You stopped this run.').waitFor();
    expect(await studio.steps.count()).toBeGreaterThan(1);
  });

  it('a reload in the middle of a run finds it going on', async () => {
    await studio.start();
    await studio.liveStep.waitFor();
    await open.page.reload();
    await studio.stop.waitFor();
    await studio.liveStep.waitFor();
    await open.page.getByRole('button', { name: 'Run again' }).waitFor({ timeout: 120_000 });
    expect(await studio.steps.last().innerText()).toMatch(/Answer: /);
  });

  it('a folder is imported with what is broken in it named, and a sample of two of its photographs runs', async () => {
    const photographs = join(folder, 'photographs');
    mkdirSync(join(photographs, 'inner'), { recursive: true });
    await noisyPhotograph(1600, 1063).jpeg().toFile(join(photographs, 'harbour.jpg'));
    await noisyPhotograph(700, 1900)
      .webp()
      .toFile(join(photographs, 'inner', 'tower.webp'));
    writeFileSync(join(photographs, 'torn.png'), Buffer.from('89504e470d0a1a0a0000', 'hex'));
    await studio.goTo('Library');
    await studio.importPath(photographs);
    const imports = open.page.getByRole('region', { name: 'Imports' });
    await imports.getByText('2 new images').waitFor();
    await imports.getByRole('button', { name: '1 not imported' }).click();
    await open.page.getByRole('dialog').getByText('torn.png').waitFor();
    await open.page.keyboard.press('Escape');
    await studio.makeSample(['harbour.jpg', 'tower.webp'], 'Which image shows a harbour?', '1');
    await studio.runToTheEnd();
    // It knows only its own world: any clean end will do, a failure will not.
    expect(await open.page.getByText('The run failed.').count()).toBe(0);
  });

  it('no error reached the console in all this', () => {
    expect(open.errors).toEqual([]);
  });
});

/** A picture with the statistics of a photograph: large soft forms under fine noise. */
function noisyPhotograph(width: number, height: number) {
  const cells = { width: 8, height: 6, channels: 3 as const };
  const bytes = Buffer.from(Array.from({ length: 8 * 6 * 3 }, (_, index) => (index * 97 + 31) % 256));
  return sharp(bytes, { raw: cells }).resize(width, height, { kernel: 'cubic', fit: 'fill' });
}
