import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium, type OpenPage, openPage } from '../helpers/chromium.ts';
import { makeEmptyWorkspace } from '../helpers/empty-workspace.ts';
import { bombPng, goodPng } from '../helpers/hostile-images.ts';
import { lookInBothThemes } from '../helpers/look.ts';
import { type RunningApp, startApp } from '../helpers/start-app.ts';
import { makeTempFolder, removeFolder } from '../helpers/temp.ts';
import { Studio } from './page-objects/studio.ts';

/** Places that nobody has been to yet, each with what it says while there is nothing. */
const EMPTY: Readonly<Record<string, string>> = {
  'library/samples': 'No samples yet',
  'library/images': 'No images yet',
  watch: 'There is no sample to watch yet',
  groups: 'No groups yet',
  review: 'Nothing to review yet',
  snapshots: 'No snapshots yet',
  training: 'Nothing was trained here yet',
  'training/new': 'New run',
  'training/experiments': 'Experiments',
  agents: 'No agents yet',
  compare: 'No evaluations yet',
  correct: 'No run is chosen to correct',
  mask: 'No run is chosen',
  export: 'Export',
  import: 'Import a table',
  settings: 'Settings',
};
/** Addresses of what is gone, or was never there. */
const GONE = [
  'mask/eps_0000000000000000',
  'watch/smp_0000000000000000',
  'groups/grp_0000000000000000',
  'review/eps_0000000000000000',
  'correct/eps_0000000000000000',
  'snapshots/snp_0000000000000000',
  'training/run_0000000000000000',
];

/** What the other specs do not come to: every screen with nothing in it, and with what no screen was drawn for. */
describe('every screen', () => {
  const folder = makeTempFolder('every-screen');
  let app: RunningApp;
  let browser: Browser;
  let open: OpenPage;
  let studio: Studio;

  beforeAll(async () => {
    makeEmptyWorkspace(join(folder, 'workspace'));
    app = await startApp({ workspace: join(folder, 'workspace') });
    browser = await launchChromium();
    open = await openPage(browser, app.address);
    studio = new Studio(open.page);
    await open.page.setViewportSize({ width: 1100, height: 700 });
    await open.page.getByRole('navigation', { name: 'Main' }).waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await app?.stop();
    removeFolder(folder);
  });

  const main = (): Locator => open.page.locator('main');
  const look = (name: string): Promise<void> => lookInBothThemes(open.page, name);
  async function go(place: string): Promise<void> {
    await open.page.evaluate((hash) => {
      window.location.hash = hash;
    }, `#/${place}`);
  }
  const fileOf = (place: string): string =>
    place.replaceAll(/[/_]|0000000000000000/gu, '-').replace(/-+$/u, '');

  it.each(Object.entries(EMPTY))('%s says what it is for while it is empty', async (place, words) => {
    await go(place);
    await main().getByRole('heading', { name: words }).first().waitFor();
    await look(`empty-${fileOf(place)}`);
  });

  it.each(GONE)('%s says that it is not there, and leads on', async (place) => {
    await go(place);
    await main().getByRole('alert').first().waitFor();
    await look(`gone-${fileOf(place)}`);
  });

  it('the dialogs that need nothing', async () => {
    const { page } = open;
    await go('agents');
    await page.getByRole('button', { name: 'Add an agent' }).first().click();
    await page.getByRole('dialog', { name: 'Add an agent' }).waitFor();
    await look('dialog-add-agent');
    await page.getByText('OpenAI-compatible server').click();
    await page.getByLabel('Address').fill('nonsense');
    await look('dialog-add-server');
    await page.keyboard.press('Escape');
    await go('snapshots/new');
    await page.getByRole('dialog', { name: 'Take a snapshot' }).getByLabel('Name').waitFor();
    await look('dialog-take-snapshot');
    await page.keyboard.press('Escape');
    await go('library/samples');
    await page.getByRole('button', { name: 'Import', exact: true }).first().click();
    await page.getByRole('menuitem', { name: 'A path on this machine' }).waitFor();
    await look('menu-import');
    await page.getByRole('menuitem', { name: 'A path on this machine' }).click();
    await page.getByRole('dialog').getByLabel('File or folder').waitFor();
    await look('dialog-import-path');
    await page.keyboard.press('Escape');
  });

  it('shows what was written to break it as the text that it is, and names what it could not take', async () => {
    const { page } = open;
    const set = join(folder, 'set');
    mkdirSync(set);
    const markup = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
    const name = '\u202egnp.<b>bold.png';
    writeFileSync(join(set, 'a.png'), await goodPng('#468'));
    writeFileSync(join(set, name), await goodPng('#864'));
    writeFileSync(join(set, 'bomb.png'), bombPng(60_000, 60_000));
    const row = (question: string, image: string): string =>
      JSON.stringify({
        question,
        images: [image],
        answers: [markup],
        choices: [markup, 'x'.repeat(900)],
        tags: [markup.slice(0, 60)],
      });
    writeFileSync(
      join(set, 'samples.jsonl'),
      [
        row(`markup ${markup}`, name),
        row(`unbroken ${'w'.repeat(3000)}`, 'a.png'),
        '{"question": ',
        row('gone?', 'gone.png'),
      ].join('\n'),
    );
    await studio.importPath(set);
    const card = page.getByRole('region', { name: 'Imports' });
    await card.getByText('Import finished').waitFor({ timeout: 60_000 });
    await studio.sample(/unbroken/).waitFor();
    await look('hostile-library');
    await card.getByRole('button', { name: /not imported/ }).click();
    await page.getByRole('dialog', { name: /^Not imported: 3 items/ }).waitFor();
    await look('hostile-import-list');
    await page.keyboard.press('Escape');
    await studio.watch(/markup/);
    await main().getByText('<img src=x onerror=').first().waitFor();
    await look('hostile-watch');
    expect(await page.locator('img[src="x"], main script').count()).toBe(0);
    expect(await page.title()).toContain('IMAgent Studio');
  });

  it('the dialogs over what is there', async () => {
    const { page } = open;
    await studio.goTo('Library');
    await studio
      .sample(/unbroken/)
      .getByRole('checkbox')
      .check();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByRole('dialog', { name: /^Delete / }).waitFor();
    await look('dialog-delete-samples');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /^Views/ }).click();
    await page.getByRole('menuitem', { name: 'Save this view…' }).click();
    await page.getByRole('dialog').getByLabel('Name').waitFor();
    await look('dialog-save-view');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Reviewer 1' }).click();
    await page.getByRole('menuitem', { name: 'Add a reviewer' }).click();
    await page.getByRole('dialog', { name: 'Add a reviewer' }).getByLabel('Name').waitFor();
    await look('dialog-add-reviewer');
    await page.keyboard.press('Escape');
    await go('library/images');
    await page.getByRole('option').first().dblclick();
    await page.getByRole('dialog').locator('img').waitFor();
    await look('dialog-image');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.getByRole('option').first().click();
    await page.keyboard.press('Delete');
    await page.getByRole('dialog', { name: /^Delete 1 image/ }).waitFor();
    await look('dialog-delete-image');
    await page.keyboard.press('Escape');
  });

  it('no error reached the console', () => {
    expect(open.errors).toEqual([]);
  });
});
