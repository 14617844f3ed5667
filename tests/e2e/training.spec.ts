import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import { launchChromium, openPage } from '../helpers/chromium.ts';
import { lookInBothThemes } from '../helpers/look.ts';
import { ROOT } from '../helpers/project.ts';
import { freeze, markedProcesses } from '../helpers/processes.ts';
import { type RunningApp, startApp } from '../helpers/start-app.ts';
import { makeTempFolder, removeFolder } from '../helpers/temp.ts';
import { until } from '../helpers/until.ts';
import { Correcting } from './page-objects/correcting.ts';
import { ReviewDesk } from './page-objects/review-desk.ts';
import { Studio } from './page-objects/studio.ts';

const reason = process.platform === 'linux' ? null : 'processes are looked up in /proc';
/**
 * Small, so that a step takes a moment on one core; the agent and the trainer are the real ones. As many steps as
 * there are questions to train on at most, so that each of them has its turn.
 */
const STEPS = 16;
const TINY = {
  ...{ max_steps: STEPS, prompts_per_step: 1, num_generations: 2, save_every: 6, evaluation_every: 0 },
  ...{ temperature: 1.6, learning_rate: 0.001, threads: 1, lora: { rank: 4 } },
};
const TRAINER = 'imagent_trainer train';
/** Questions that training must never see, to compare the agents on. */
const HELD_OUT = 6;
const CORRECTED =
  'Which has the same pattern as the red circle in image 2: the purple star or the purple square in image 1?';
const REJECTED = 'What pattern is on the yellow triangle?';
const ACCEPTED = 'Which image shows vertical on the triangle?';
const LONG = { timeout: 240_000 };

/** The loop of the product: runs reviewed, a run on them, the app closed in the middle of it, a better agent? */
describe.skipIf(reason !== null)(`training${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  const folder = makeTempFolder('training');
  const workspace = join(folder, 'workspace');
  const apps: RunningApp[] = [];
  let browser: Browser;
  let page: Page;
  let studio: Studio;

  async function open(): Promise<void> {
    const app = await startApp({ workspace });
    apps.push(app);
    const opened = await openPage(browser, app.address);
    page = opened.page;
    studio = new Studio(page);
  }
  /** Rows of a file of the run folder, whole lines only. */
  function runId(): string {
    return existsSync(join(workspace, 'runs')) ? (readdirSync(join(workspace, 'runs'))[0] ?? '') : '';
  }
  function rows<T>(...path: readonly string[]): readonly T[] {
    const file = join(workspace, 'runs', runId(), ...path);
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
    return lines.map((line) => JSON.parse(line) as T);
  }
  const events = () => rows<{ readonly type: string; readonly seq: number }>('events.jsonl');
  const stepsDone = (): number => events().filter(({ type }) => type === 'step_finished').length;
  const marked = (words: string) =>
    apps.flatMap(({ mark }) => markedProcesses(mark)).filter(({ command }) => command.includes(words));
  const state = (words: string | RegExp): Locator =>
    page.locator('main').getByText(words, { exact: true }).first();
  const button = (name: string | RegExp): Locator => page.getByRole('button', { name });
  /** "Step 12 of 40", as the run's own screen says it. */
  async function step(): Promise<number> {
    const words = await page.getByRole('region', { name: 'How it stands' }).innerText();
    return Number(/Step (\d+) of/.exec(words)?.[1] ?? Number.NaN);
  }
  async function look(name: string): Promise<void> {
    await lookInBothThemes(page, name);
  }

  beforeAll(async () => {
    browser = await launchChromium();
    await open();
    await studio.demoIn();
  });
  // Each goes on where the one before it ended.
  let isBroken = false;
  let letGo = (): void => {};
  beforeEach(({ skip }) => {
    skip(isBroken, 'an earlier step failed');
    onTestFailed(() => {
      isBroken = true;
    });
  });
  afterAll(async () => {
    await browser?.close();
    for (const app of apps) await app.stop();
    for (const { pid } of apps.flatMap(({ mark }) => markedProcesses(mark))) process.kill(pid, 'SIGKILL');
    removeFolder(folder);
  });

  /** Test questions that come with the demo, as a file of their own. */
  function heldOut(): string {
    const from = join(ROOT, 'assets', 'demo-set', 'practice');
    const to = join(folder, 'held-out');
    const lines = readFileSync(join(from, 'samples.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly split: string; readonly images: readonly string[] })
      .filter(({ split }) => split === 'test')
      .slice(0, HELD_OUT);
    mkdirSync(to);
    for (const image of lines.flatMap(({ images }) => images)) cpSync(join(from, image), join(to, image));
    writeFileSync(join(to, 'samples.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    return to;
  }
  const place = (hash: string): string => `${new URL(page.url()).origin}/${hash}`;
  /** Plays a question to its end and opens the run for correction. */
  async function played(question: string): Promise<string> {
    await studio.goTo('Library');
    await studio.watch(question);
    await studio.runToTheEnd();
    const desk = new Correcting(page);
    await desk.open();
    return /#\/correct\/(eps_\w+)/.exec(page.url())?.[1] ?? '';
  }
  async function say(episodeId: string, keys: string, reviewed: number): Promise<void> {
    await page.goto(place(`#/review/${episodeId}`));
    const review = new ReviewDesk(page);
    await review.ready();
    await page.keyboard.press(keys);
    await review.waitForReviewed(reviewed);
  }

  it('runs are reviewed: one is corrected and goes on from there, one accepted, one rejected', async () => {
    await studio.importPath(heldOut());
    const accepted = await played(ACCEPTED);
    const rejected = await played(REJECTED);
    const corrected = await played(CORRECTED);
    const desk = new Correcting(page);
    const left = desk.side('Left edge');
    await left.fill(String(Number(await left.inputValue()) + 4));
    await left.blur();
    await desk.saved(1).waitFor();
    await button(/^Run from here/)
      .first()
      .click();
    await desk.saved(2).waitFor(LONG);
    await say(corrected, 'Control+Enter', 1);
    await say(accepted, 'Control+Enter', 2);
    await say(rejected, 'Control+Backspace', 3);
  });

  it('a snapshot is taken of what they said', async () => {
    await page.goto(place('#/snapshots/new'));
    const dialog = page.getByRole('dialog', { name: 'Take a snapshot' });
    await dialog.getByLabel('Name').fill('Reviewed');
    await dialog.getByRole('button', { name: 'Take snapshot' }).click();
    await page.getByRole('heading', { name: 'Reviewed', level: 1 }).waitFor();
    await page.getByRole('radiogroup', { name: 'What to show' }).getByText('1 demonstration').waitFor();
  });

  it('has what training needs, and says so', async () => {
    await studio.goTo('Training');
    await button('What training needs').click();
    await page.getByRole('list', { name: 'Checks' }).waitFor(LONG);
    await expect.poll(() => page.getByRole('img', { name: 'Missing' }).count()).toBe(0);
    await look('training-needs');
  });

  it('starts on the snapshot with a configuration from a file, and its steps arrive', async () => {
    const file = join(folder, 'tiny.json');
    writeFileSync(file, JSON.stringify(TINY));
    await studio.goTo('Training');
    await button('Runs').click();
    await button('New run').first().click();
    await page.getByLabel('Configuration file').setInputFiles(file);
    await expect
      .poll(() => page.getByRole('textbox', { name: 'Steps', exact: true }).inputValue())
      .toBe(String(STEPS));
    expect(await page.getByRole('combobox', { name: 'Data' }).inputValue()).toMatch(/^Reviewed \(/);
    await look('training-form');
    await button('Start training').click();
    await page.getByRole('region', { name: 'How it stands' }).waitFor(LONG);
    await until(() => stepsDone() >= 3, 'three steps are done', 240_000);
    const questions = rows<{ readonly question: string }>('data', 'train.jsonl').map(
      ({ question }) => question,
    );
    expect(questions).toContain(CORRECTED);
    expect(questions).toContain(ACCEPTED);
    expect(questions).not.toContain(REJECTED);
    expect(questions.length).toBeLessThanOrEqual(STEPS);
    expect(rows('data', 'demonstrations.jsonl')).toHaveLength(1);
    // It stays where it is until it has been found again: nothing here is a race.
    letGo = freeze(apps[0]?.mark ?? '', TRAINER);
    await expect.poll(step, LONG).toBeGreaterThanOrEqual(3);
    await look('training-running');
  });

  it('goes on when the app is killed, is found again, and stops when it is asked to', async () => {
    const [trainer] = marked(TRAINER);
    process.kill(apps[0]?.pid ?? 0, 'SIGKILL');
    await apps[0]?.ended;
    await page.close();
    expect(marked(TRAINER).map(({ pid }) => pid)).toEqual([trainer?.pid]);
    await open();
    await studio.goTo('Training');
    await page.getByRole('link', { name: /^Beginner on/ }).waitFor();
    await look('training-list');
    await page.getByRole('link', { name: /^Beginner on/ }).click();
    await button('Stop').waitFor(LONG);
    const before = await step();
    expect(before).toBeGreaterThanOrEqual(3);
    await button('Stop').click();
    letGo();
    await state('Stopped').waitFor(LONG);
    expect(await step()).toBeGreaterThanOrEqual(before);
    await until(() => marked(TRAINER).length === 0, 'its process has ended');
    await look('training-stopped');
  });

  it('goes on from its checkpoint to the end, with one curve', async () => {
    await button(/^Go on from step/).click();
    await state('Finished').waitFor(LONG);
    expect(await step()).toBe(STEPS);
    await until(() => marked(TRAINER).length === 0, 'its process has ended');
    await look('training-finished');
    await page.getByRole('tab', { name: 'Log' }).click();
    await page
      .getByRole('table', { name: 'Events' })
      .getByText(/^Went on from the checkpoint of step/)
      .waitFor();
    await look('training-log');
    await page.getByRole('tab', { name: 'Configuration' }).click();
    await page.getByRole('tabpanel', { name: 'Configuration' }).waitFor();
    await look('training-configuration');
  });

  it('shows any rollout of any step as it was', async () => {
    await page.getByRole('tab', { name: 'Rollouts' }).click();
    await page.getByRole('link', { name: 'Rollout 2' }).first().waitFor();
    await look('training-rollouts');
    await page.getByRole('link', { name: 'Rollout 2' }).first().click();
    await page.getByRole('list', { name: 'Steps of the run' }).waitFor();
    await page.getByText('Mask', { exact: true }).click();
    await page.getByText(/^Written by the agent/).waitFor();
    await look('training-rollout');
    await button('Rollouts').click();
  });

  it('had the corrected run in the group of its question, for the one rollout less', async () => {
    const files = readdirSync(join(workspace, 'runs', runId(), 'rollouts')).toSorted();
    const members = files.flatMap((file, at) =>
      rows<{ readonly demonstration_id: string | null }>('rollouts', file).map((one) => ({
        ...one,
        step: at + 1,
      })),
    );
    const demonstrated = members.filter((one) => one.demonstration_id !== null);
    expect(demonstrated.length).toBeGreaterThan(0);
    const at = demonstrated[0]?.step ?? 0;
    expect(members.filter((one) => one.step === at)).toHaveLength(TINY.num_generations);
    await page.getByRole('textbox', { name: 'Step' }).fill(String(at));
    await page.keyboard.press('Enter');
    const group = page.getByRole('region', { name: CORRECTED });
    await group.getByRole('link', { name: 'Demonstration' }).waitFor();
    await look('training-demonstration');
  });

  it('comes back as an agent that samples what PyTorch samples', async () => {
    await page.getByRole('tab', { name: 'Checkpoints' }).click();
    await button(`Make an agent of step ${STEPS}`).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('Trained agent');
    await look('dialog-make-agent');
    await dialog.getByRole('button', { name: 'Make an agent' }).click();
    await page.getByText('Is an agent').waitFor(LONG);
    await look('training-checkpoints');
    await button('Show it').click();
    await page.getByRole('heading', { name: 'Trained agent' }).waitFor();
    await page.getByText(/20 of 20 greedy episodes have the same tokens here as in PyTorch/).waitFor();
    await look('training-agent');
  });

  it('is compared with its parent on the questions that were held out', async () => {
    await page.getByRole('link', { name: 'Compare with its parent' }).click();
    await expect.poll(() => page.url()).toContain('#/compare');
    await button('Evaluate…').click();
    const dialog = page.getByRole('dialog', { name: 'Evaluate agent versions' });
    await dialog.getByText('Trained agent').waitFor();
    await dialog.getByRole('combobox', { name: 'Split' }).click();
    await page.getByRole('option', { name: 'Test' }).click();
    await dialog.getByText(`${HELD_OUT} samples, ${2 * HELD_OUT} episodes`, { exact: false }).waitFor();
    await dialog.getByRole('button', { name: 'Evaluate' }).click();
    const both = page.getByRole('table', { name: 'Both on the same samples' });
    await both.getByText(`${HELD_OUT} samples of both`).waitFor(LONG);
    await both
      .getByRole('row', { name: /^Accuracy/ })
      .getByText(/\(\d+.*\d+\)/)
      .first()
      .waitFor();
    await page.getByRole('table', { name: 'By kind' }).waitFor();
    await page.getByRole('combobox', { name: 'Which samples' }).click();
    await page.getByRole('option', { name: 'All', exact: true }).click();
    await page.getByRole('region', { name: 'Episode A' }).getByRole('listitem').first().waitFor();
    await page.getByRole('region', { name: 'Episode B' }).getByRole('listitem').first().waitFor();
    await look('training-compare');
  });

  it('leaves no process behind', async () => {
    expect(events().map(({ seq }) => seq)).toEqual(events().map((_, index) => index + 1));
    await browser.close();
    for (const app of apps) await app.stop();
    await until(() => marked('').length === 0, 'every process has ended').catch(() =>
      expect(marked('').map(({ command }) => command)).toEqual([]),
    );
  });
});
