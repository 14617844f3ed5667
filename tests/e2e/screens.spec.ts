import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seriousAccessibilityProblems } from '../helpers/axe.ts';
import { keepScreen, launchChromium, openPage, type Theme } from '../helpers/chromium.ts';
import { type RunningApp, startApp } from '../helpers/start-app.ts';
import { makeTempFolder, removeFolder } from '../helpers/temp.ts';
import { Studio } from './page-objects/studio.ts';

/** Every screen, full and small, in both themes: axe finds nothing serious, and a picture of it is kept. */
describe.each<Theme>(['dark', 'light'])('screens, %s', (theme) => {
  const folder = makeTempFolder('screens');
  let app: RunningApp;
  let browser: Browser;
  let studio: Studio;
  let errors: readonly string[];

  beforeAll(async () => {
    app = await startApp({ workspace: join(folder, 'workspace') });
    browser = await launchChromium();
    const open = await openPage(browser, app.address, theme);
    studio = new Studio(open.page);
    errors = open.errors;
    await studio.demoIn();
  });
  afterAll(async () => {
    await browser?.close();
    await app?.stop();
    removeFolder(folder);
  });

  async function look(name: string): Promise<void> {
    expect(await seriousAccessibilityProblems(studio.page)).toEqual([]);
    await keepScreen(studio.page, `${name}-${theme}`);
  }

  it('library: samples, images, the dialog of a new sample', async () => {
    await look('library-samples');
    await studio.page.getByRole('radiogroup', { name: 'What to show' }).getByText('Images').click();
    await studio.page.getByRole('option').first().waitFor();
    await look('library-images');
    await studio.page.getByRole('option').nth(0).click();
    await studio.page
      .getByRole('option')
      .nth(1)
      .click({ modifiers: ['Control'] });
    await studio.page.getByRole('button', { name: 'Make a sample' }).click();
    await studio.page.getByRole('dialog', { name: 'Make a sample' }).getByLabel('Question').waitFor();
    await look('make-sample');
    await studio.page.getByRole('dialog').getByText('Number', { exact: true }).click();
    await studio.page.getByRole('dialog').getByLabel('Tolerance, relative').fill('5%');
    await studio.page.getByRole('dialog').getByLabel('Question').fill('How long?');
    await studio.page.getByRole('dialog').getByRole('button', { name: 'Make', exact: true }).click();
    await studio.page.getByText('Write a number from 0 to 1').waitFor();
    await look('make-sample-number');
    await studio.page.keyboard.press('Escape');
  });

  it('watch: before a run, after it, what the model saw, a small window', async () => {
    await studio.goTo('Library');
    await studio.page.getByRole('radiogroup', { name: 'What to show' }).getByText('Samples').click();
    await studio.watch(/Which has the same pattern/);
    await look('watch-empty');
    await studio.runToTheEnd();
    await look('watch-run');
    await studio.page.keyboard.press('w');
    await studio.seen.waitFor();
    await look('watch-seen');
    await studio.page.keyboard.press('w');
    await studio.page.getByText(/of \d+ tokens carry the loss/).waitFor();
    await look('watch-mask');
    await studio.page.keyboard.press('w');
    await studio.steps.first().waitFor();
    await studio.page.setViewportSize({ width: 1024, height: 700 });
    await look('watch-small');
    await studio.page.setViewportSize({ width: 1440, height: 900 });
  });

  it('agents, settings and the keys', async () => {
    await studio.goTo('Agents');
    await studio.page.getByRole('heading', { name: 'Agents' }).waitFor();
    await look('agents');
    await studio.goTo('Settings');
    await studio.page.getByRole('heading', { name: 'Settings' }).waitFor();
    await look('settings');
    await studio.page.keyboard.press('?');
    await studio.page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await look('keys');
  });

  it('no error reached the console', () => {
    expect(errors).toEqual([]);
  });
});
