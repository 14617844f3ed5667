import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium, openPage } from '../helpers/chromium.ts';
import { lookInBothThemes } from '../helpers/look.ts';
import { type RunningApp, startApp } from '../helpers/start-app.ts';
import { makeTempFolder, removeFolder } from '../helpers/temp.ts';
import { writePng } from '../helpers/test-host.ts';
import { Studio } from './page-objects/studio.ts';

/** A table from elsewhere becomes samples: opened by its path, its columns said, the rows seen, imported. */
describe('import of a table', () => {
  const folder = makeTempFolder('import-table');
  const set = join(folder, 'set');
  let app: RunningApp;
  let browser: Browser;
  let studio: Studio;

  beforeAll(async () => {
    mkdirSync(join(set, 'pictures'), { recursive: true });
    await writePng(join(set, 'pictures', 'left.png'), '#a33', 320, 240);
    await writePng(join(set, 'pictures', 'right.png'), '#33a', 320, 240);
    const row = (number: number, images: string): string =>
      `wizard ${number}: which picture is red?;${images};left|right;A;colour`;
    writeFileSync(
      join(set, 'questions.csv'),
      [
        'what_is_asked;pics;options;right_one;category',
        row(1, '["pictures/left.png", "pictures/right.png"]'),
        row(2, 'pictures/gone.png'),
        row(3, 'pictures/right.png'),
      ].join('\n'),
    );
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

  const choose = async (label: string, option: RegExp): Promise<void> => {
    await studio.page.getByRole('combobox', { name: label, exact: true }).click();
    await studio.page.getByRole('option', { name: option }).click();
  };

  it('names a file that is no table', async () => {
    const { page } = studio;
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await page.getByRole('menuitem', { name: 'A table of questions' }).click();
    await page.getByRole('heading', { name: 'Import a table' }).waitFor();
    await lookInBothThemes(page, 'import-table-open');
    await page.getByLabel('File or folder').fill(join(set, 'nowhere.csv'));
    await page.getByRole('button', { name: 'Open', exact: true }).click();
    await page.getByRole('alert').filter({ hasText: 'could not be read' }).waitFor();
  });

  it('says of columns that it does not know what they are, and shows rows as they are chosen', async () => {
    const { page } = studio;
    await page.getByLabel('File or folder').fill(join(set, 'questions.csv'));
    await page.getByRole('button', { name: 'Open', exact: true }).click();
    await page.getByText('The columns were not recognised').waitFor();
    await choose('Question', /^what_is_asked/);
    await choose('Choices', /A list in one column/);
    await choose('Column of the choices', /^options/);
    await choose('Answer', /^right_one/);
    await choose('Kind of question', /^category/);
    const rows = page.getByRole('region', { name: 'The first rows, as they will be read' });
    await rows.getByText('wizard 1: which picture is red?').waitFor();
    await rows.getByText('Will be left out: pictures/gone.png: The image is not there.').waitFor();
    await expect.poll(() => rows.getByRole('row').filter({ hasText: 'left | right' }).count()).toBe(2);
    await lookInBothThemes(page, 'import-table-map');
  });

  it('imports the rows that can be read, and lists the others', async () => {
    const { page } = studio;
    await page.getByRole('button', { name: 'Import all rows' }).click();
    const card = page.getByRole('region', { name: 'Imports' });
    await card.getByText('Import finished').waitFor({ timeout: 60_000 });
    await studio.sample(/wizard 1/).waitFor();
    await studio.sample(/wizard 3/).waitFor();
    expect(await studio.sample(/wizard 2/).count()).toBe(0);
  });

  it('remembers what was imported before', async () => {
    const { page } = studio;
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await page.getByRole('menuitem', { name: 'A table of questions' }).click();
    const before = page.getByRole('region', { name: 'Tables imported before' });
    await before.getByText('questions.csv').waitFor();
    await before.getByText(/Finished · 3 rows · 2 samples · 1 left out/).waitFor();
    await lookInBothThemes(page, 'import-table-past');
  });
});
