import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium, openPage } from '../helpers/chromium.ts';
import { lookInBothThemes } from '../helpers/look.ts';
import { type RunningApp, startApp } from '../helpers/start-app.ts';
import { makeTempFolder, removeFolder } from '../helpers/temp.ts';
import { Studio } from './page-objects/studio.ts';

/** A workspace goes out as a folder, and says what it could not take along. */
describe('export', () => {
  const folder = makeTempFolder('export');
  const target = join(folder, 'everything');
  let app: RunningApp;
  let browser: Browser;
  let studio: Studio;

  beforeAll(async () => {
    app = await startApp({ workspace: join(folder, 'workspace') });
    browser = await launchChromium();
    studio = new Studio((await openPage(browser, app.address, 'dark')).page);
    await studio.demoIn();
  });
  afterAll(async () => {
    await browser?.close();
    await app?.stop();
    removeFolder(folder);
  });

  it('is written from the screen, whole', async () => {
    const { page } = studio;
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Export…' }).click();
    await page.getByRole('heading', { name: 'Export', exact: true }).waitFor();
    await page.getByLabel('Folder').fill(target);
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    const card = page.getByRole('article', { name: 'Export: Everything, without loss' });
    await card.getByText('Written and checked').waitFor({ timeout: 60_000 });
    await card.getByText(/training runs: Runs and weights/).waitFor();
    expect(existsSync(join(target, 'imagent.json'))).toBe(true);
    expect(readdirSync(folder).filter((name) => name.includes('.part'))).toEqual([]);
    await lookInBothThemes(page, 'export');
  });

  it('is not written over what is there', async () => {
    const { page } = studio;
    await page.getByLabel('Folder').fill(target);
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    await page.getByRole('alert').filter({ hasText: 'is there already' }).first().waitFor();
  });
});
