import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium, openPage } from '../helpers/chromium.ts';
import { lookInBothThemes } from '../helpers/look.ts';
import { markedProcesses } from '../helpers/processes.ts';
import { type RunningApp, startApp } from '../helpers/start-app.ts';
import { makeTempFolder, removeFolder } from '../helpers/temp.ts';
import { until } from '../helpers/until.ts';
import { Studio } from './page-objects/studio.ts';

const reason = process.platform === 'linux' ? null : 'processes are looked up in /proc';
const LONG = { timeout: 240_000 };

/** An experiment of the paper from the screen, as small as it gets, with the real trainer. */
describe.skipIf(reason !== null)(`experiments${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  const folder = makeTempFolder('experiments');
  let app: RunningApp;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    app = await startApp({ workspace: join(folder, 'workspace') });
    browser = await launchChromium();
    page = (await openPage(browser, app.address)).page;
    await new Studio(page).demoIn();
  });
  afterAll(async () => {
    await browser?.close();
    await app?.stop();
    for (const { pid } of app === undefined ? [] : markedProcesses(app.mark)) process.kill(pid, 'SIGKILL');
    removeFolder(folder);
  });

  async function look(name: string): Promise<void> {
    await lookInBothThemes(page, name);
  }

  it('is started from the form, goes on to the end, and shows its table and curves', async () => {
    await new Studio(page).goTo('Training');
    await page.getByRole('button', { name: 'Experiments' }).click();
    const form = page.getByRole('region', { name: 'New experiment' });
    await form.getByRole('combobox', { name: 'Experiment' }).click();
    await page.getByRole('option', { name: 'GRPO from the weak base' }).click();
    await form.getByLabel('Seeds').fill('5');
    await form.getByText('Sizes').click();
    const sizes = {
      ...{ 'Steps of a run': 2, 'Questions of a step': 1, 'Rollouts of a question': 2 },
      ...{ 'Unseen samples': 4, 'Steps that weaken the base': 1 },
    };
    for (const [label, value] of Object.entries(sizes)) await form.getByLabel(label).fill(String(value));
    await form
      .getByText(
        'experiment learn --out DIR --seeds 5 --steps 2 --prompts 1 --group 2 --test-samples 4 --weak-steps 1 --threads 1',
      )
      .waitFor();
    await look('experiment-form');
    await form.getByRole('button', { name: 'Start' }).click();
    const card = page.getByRole('region', { name: /^GRPO from the weak base, / });
    await card.getByText('Works', { exact: true }).waitFor();
    await look('experiment-working');
    await card.getByText('Done', { exact: true }).waitFor(LONG);
    const row = card.getByRole('table', { name: 'Settings against each other' }).getByRole('row').nth(1);
    await expect.poll(() => row.innerText()).toMatch(/^GRPO\s+1\s+/);
    await card.getByRole('figure', { name: /^Accuracy of the rollouts/ }).waitFor();
    await look('experiment-done');
  });

  it('leaves no process behind', async () => {
    await browser.close();
    await app.stop();
    await until(() => markedProcesses(app.mark).length === 0, 'every process has ended');
  });
});
