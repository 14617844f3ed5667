import { join } from 'node:path';
import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seriousAccessibilityProblems } from '../helpers/axe.ts';
import { keepScreen, launchChromium, openPage, type Theme } from '../helpers/chromium.ts';
import { type RunningApp, startApp } from '../helpers/start-app.ts';
import { makeTempFolder, removeFolder } from '../helpers/temp.ts';
import { Studio } from './page-objects/studio.ts';

/** Filters, bulk edits, splits, snapshots: what a person does to make a dataset of samples. */
describe.each<Theme>(['dark', 'light'])('curation, %s', (theme) => {
  const folder = makeTempFolder('curation');
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

  const button = (name: string | RegExp): Locator => studio.page.getByRole('button', { name });
  const main = (words: string | RegExp): Locator => studio.page.locator('main').getByText(words).first();
  /** Rows of the table, its head left out. */
  const rows = (): Promise<number> =>
    studio
      .sample(/./)
      .filter({ has: studio.page.getByRole('checkbox') })
      .count();

  async function look(name: string): Promise<void> {
    expect(await seriousAccessibilityProblems(studio.page)).toEqual([]);
    await keepScreen(studio.page, `${name}-${theme}`);
  }

  async function chooseAll(): Promise<void> {
    await studio.page.getByRole('grid', { name: 'Samples' }).focus();
    await studio.page.keyboard.press('Control+a');
    await main(/\d+ chosen/).waitFor();
  }

  it('there are no snapshots at first, and the screen says what they are for', async () => {
    await studio.page.goto(`${new URL(studio.page.url()).origin}/#/snapshots`);
    await studio.page.getByRole('heading', { name: 'No snapshots yet' }).waitFor();
    await look('snapshots-empty');
  });

  it('images that look alike are shown together', async () => {
    await studio.goTo('Library');
    await studio.page.getByRole('radiogroup', { name: 'What to show' }).getByText('Images').click();
    await button('Look alike').click();
    const dialog = studio.page.getByRole('dialog', { name: 'Images that look alike' });
    await dialog.getByText(/Compared by what they show/).waitFor();
    await look('similar-images');
    await studio.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await studio.page.getByRole('radiogroup', { name: 'What to show' }).getByText('Samples').click();
  });

  it('filters combine, stand in the address, and are saved as a view', async () => {
    await studio.goTo('Library');
    await button('Filter').first().click();
    const panel = studio.page.getByRole('group', { name: 'Filter', exact: true });
    await panel.getByLabel('Kind', { exact: true }).first().click();
    const option = studio.page.getByRole('option', { name: /^Compare/ });
    const found = Number(/\((\d+)\)/.exec(await option.innerText())?.[1]);
    await option.click();
    await look('library-filter');
    await studio.page.keyboard.press('Escape');
    await studio.page.keyboard.press('Escape');
    await button('Remove filter Kind: Compare').waitFor();
    await main(`${found} found`).waitFor();
    await expect.poll(rows, { timeout: 30_000 }).toBe(found);
    expect(studio.page.url()).toContain('kind=compare');

    await studio.page.getByRole('searchbox').fill('same');
    await expect.poll(() => studio.page.url(), { timeout: 30_000 }).toContain('search=same');
    await studio.page.getByRole('searchbox').fill('');
    // What is saved is what stands in the address, and that follows the typing a moment later.
    await expect.poll(() => studio.page.url(), { timeout: 30_000 }).not.toContain('search=');
    await button(/^Views/).click();
    await studio.page.getByRole('menuitem', { name: 'Save this view…' }).click();
    await studio.page.getByRole('dialog').getByLabel('Name').fill('Comparisons');
    await studio.page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await button(/^Comparisons$/).waitFor();
    await button('Remove filter Kind: Compare').click();
    await expect.poll(rows, { timeout: 30_000 }).toBeGreaterThan(found);
    await button(/^Views/).click();
    await studio.page.getByRole('menuitem', { name: 'Comparisons' }).click();
    await expect.poll(rows, { timeout: 30_000 }).toBe(found);
  });

  it('a bulk edit reaches all that match, and one undo takes it back', async () => {
    const count = await rows();
    await chooseAll();
    await look('library-bulk');
    await button('Tags').click();
    await studio.page
      .getByRole('combobox', { name: 'Tag' })
      .or(studio.page.getByRole('textbox', { name: 'Tag' }))
      .first()
      .fill('pairs');
    await studio.page.getByRole('button', { name: 'Add', exact: true }).click();
    await studio.page.getByText(`${count} of ${count} samples changed`).waitFor();
    await studio.page.goto(`${new URL(studio.page.url()).origin}/#/library/samples?tag=pairs`);
    await expect.poll(rows, { timeout: 30_000 }).toBe(count);
    await studio.page.keyboard.press('Control+z');
    await studio.page.getByRole('heading', { name: 'No sample matches' }).waitFor();
    await studio.page.keyboard.press('Control+Shift+z');
    await expect.poll(rows, { timeout: 30_000 }).toBe(count);
  });

  it('columns are chosen and sort', async () => {
    await studio.page.goto(`${new URL(studio.page.url()).origin}/#/library/samples`);
    await button('Columns').click();
    for (const name of ['Tags', 'Split'])
      await studio.page.getByRole('group', { name: 'Columns' }).getByLabel(name, { exact: true }).check();
    await studio.page.keyboard.press('Escape');
    await studio.page.getByRole('columnheader', { name: 'Tags' }).waitFor();
    await studio.page.getByRole('columnheader', { name: 'Kind' }).getByRole('button').click();
    await expect.poll(() => studio.page.url(), { timeout: 30_000 }).toContain('sort=-kind');
    await look('library-columns');
  });

  it('splits are dealt out by image sets, after a look at the counts', async () => {
    await chooseAll();
    await button('Set split').click();
    await studio.page.getByRole('menuitem', { name: /By shares/ }).click();
    const dialog = studio.page.getByRole('dialog', { name: 'Splits by shares' });
    await dialog.getByText(/sets? of samples/).waitFor();
    await look('splits-dialog');
    await dialog.getByRole('button', { name: 'Assign splits' }).click();
    await studio.page
      .getByText(/samples changed/)
      .first()
      .waitFor();
  });

  it('a snapshot is taken, looked into, checked, and compared with the next one', async () => {
    const take = async (name: string): Promise<void> => {
      await studio.page.goto(`${new URL(studio.page.url()).origin}/#/snapshots/new`);
      const dialog = studio.page.getByRole('dialog', { name: 'Take a snapshot' });
      await dialog.getByLabel('Name').fill(name);
      await dialog.getByRole('button', { name: 'Take snapshot' }).click();
      await studio.page.getByRole('heading', { name, level: 1 }).waitFor();
      await main(/Training can use \d+ samples/).waitFor();
    };
    await take('First');
    await look('snapshot-check');
    await studio.page
      .getByRole('radiogroup', { name: 'What to show' })
      .getByText(/samples/)
      .click();
    await studio.page.getByText('Which', { exact: false }).first().waitFor();
    await look('snapshot-samples');

    await studio.goTo('Library');
    await studio.sample(/./).nth(1).getByRole('checkbox').check();
    await button('Tags').click();
    await studio.page
      .getByRole('combobox', { name: 'Tag' })
      .or(studio.page.getByRole('textbox', { name: 'Tag' }))
      .first()
      .fill('changed');
    await studio.page.getByRole('button', { name: 'Add', exact: true }).click();
    await studio.page.getByText('1 of 1 samples changed').waitFor();
    await take('Second');

    await studio.goTo('Snapshots');
    await studio.page.goto(`${new URL(studio.page.url()).origin}/#/snapshots`);
    for (const name of ['First', 'Second']) await studio.page.getByLabel(`Compare ${name}`).check();
    await look('snapshots-list');
    await button('Compare two').click();
    await studio.page.getByRole('heading', { name: 'First against Second' }).waitFor();
    await studio.page.getByText('Changed', { exact: true }).waitFor();
    expect(await studio.page.locator('ins').allInnerTexts()).toEqual([expect.stringContaining('changed')]);
    await look('snapshots-compare');
  });

  it('no screen had an error', () => {
    expect(errors).toEqual([]);
  });
});
