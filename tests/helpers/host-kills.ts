import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunId } from '../../shared/model/ids.ts';
import { isActive, type Run, type RunState } from '../../shared/model/run.ts';
import { manifest } from '../../shared/trainer-protocol/run-folder.ts';
import { markedProcesses, type ProcessInfo } from './processes.ts';
import { type RunningApp, startApp } from './start-app.ts';
import { type Connected, connectTo, type StudioClient } from './test-host.ts';
import { until } from './until.ts';

/** More steps than any test waits for; a checkpoint after every second, so that kills meet saves. */
const KNOBS = {
  ...{ max_steps: 10_000, prompts_per_step: 1, num_generations: 2, save_every: 2, evaluation_every: 0 },
  ...{ threads: 1, lora: { rank: 2 } },
};
const TRAINER = 'imagent_trainer train';
/** The longest that a host lives after it was asked for something. */
const LONGEST_MS = 2500;

/** `step`: it makes another one first. `stopped`: stop, and its process has ended. */
type Act = 'start' | 'pause' | 'resume' | 'stop' | 'stopped' | 'makeAgent' | 'step' | 'nothing';

export interface KillRound {
  readonly act: Act;
  readonly waitedMs: number;
  /** Whether the run's own process was alive when the host was not. */
  readonly trained: boolean;
  readonly state: string;
  readonly step: number;
}

/** Whole lines of the run's events; what follows the last line feed is not written yet. */
function eventsOf(
  runFolder: string,
): readonly { readonly seq: number; readonly type: string; readonly step?: number }[] {
  const path = join(runFolder, 'events.jsonl');
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
  return lines.map((line) => JSON.parse(line));
}

/** Checkpoints with a manifest whose files are not what it says. A running trainer may take old ones away meanwhile. */
function brokenCheckpoints(runFolder: string): readonly string[] {
  const folder = join(runFolder, 'checkpoints');
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((name) => {
    const path = join(folder, name, 'manifest.json');
    try {
      const { files } = manifest.parse(JSON.parse(readFileSync(path, 'utf8')));
      return files.some(({ name: file, sha256 }) => {
        const bytes = readFileSync(join(folder, name, file));
        return createHash('sha256').update(bytes).digest('hex') !== sha256;
      });
    } catch (error) {
      return existsSync(path) && !(error instanceof Error && 'code' in error && error.code === 'ENOENT');
    }
  });
}

/** Whether it waits for a person, or will at the next moment it can. */
function isHeld(state: RunState): boolean {
  return (
    state.kind === 'running' && (state.wish === 'pause' || (state.phase === 'paused' && state.wish === null))
  );
}

/** The answer may never come: the host is killed with it, or in the middle of what it was asked for. */
function answerless(call: Promise<unknown>): void {
  call.catch(() => {});
}

/**
 * Kills the host again and again while a real trainer runs: in the middle of starting it, pausing it, stopping it,
 * making an agent of a checkpoint. After each kill a new host is started on the same workspace.
 * @param random from 0 to 1
 * @throws what was wrong after a kill, with the round
 */
export async function killHosts(
  workspace: string,
  kills: number,
  random: () => number,
): Promise<readonly KillRound[]> {
  const apps: RunningApp[] = [];
  const rounds: KillRound[] = [];
  const alive = (): readonly ProcessInfo[] => apps.flatMap(({ mark }) => markedProcesses(mark));
  const trainers = (): readonly ProcessInfo[] => alive().filter(({ command }) => command.includes(TRAINER));
  const folderOf = (id: RunId): string => join(workspace, 'runs', id);
  const stepsDone = (id: RunId): number =>
    eventsOf(folderOf(id)).filter(({ type }) => type === 'step_finished').length;

  async function open(): Promise<{ readonly app: RunningApp; readonly connected: Connected }> {
    const app = await startApp({ workspace });
    apps.push(app);
    return { app, connected: await connectTo(app.address) };
  }

  /** Until the host says what is so, and then that all of it is. */
  async function check(client: StudioClient, id: RunId, round: string): Promise<Run> {
    const now = async (): Promise<Run> => (await client.runs.get.query({ id })).run;
    const agrees = async (): Promise<boolean> => {
      const { state, step } = await now();
      const steps = eventsOf(folderOf(id)).filter(({ type }) => type === 'step_finished');
      return isActive(state) === (trainers().length === 1) && step === (steps.at(-1)?.step ?? 0);
    };
    await until(agrees, `${round}: the host says how its run stands`, 120_000);
    const own = new Set(markedProcesses(apps.at(-1)?.mark ?? '').map(({ pid }) => pid));
    const orphans = (): readonly ProcessInfo[] =>
      alive().filter(({ pid, command }) => !own.has(pid) && !command.includes(TRAINER));
    await until(() => orphans().length === 0, `${round}: nothing of the killed host is left`, 60_000);
    const run = await now();
    const problems = [
      trainers().length > 1 ? `${trainers().length} trainers` : '',
      run.state.kind === 'failed' ? `the run failed: ${JSON.stringify(run.state)}` : '',
      run.badLines > 0 ? `${run.badLines} bad lines` : '',
      (await client.runs.list.query()).length === 1 ? '' : 'not one run',
      eventsOf(folderOf(id)).every(({ seq }, index) => seq === index + 1) ? '' : 'a gap in the events',
      ...brokenCheckpoints(folderOf(id)).map((name) => `${name} is not what its manifest says`),
    ].filter((problem) => problem !== '');
    if (problems.length > 0) throw new Error(`${round}: ${problems.join('; ')}`);
    return run;
  }

  function chooseAct({ state }: Run, checkpoints: number): Act {
    const pick = (...acts: readonly Act[]): Act => acts[Math.floor(random() * acts.length)] ?? 'nothing';
    if (!isActive(state)) return checkpoints > 0 ? pick('start', 'start', 'start', 'makeAgent') : 'start';
    if (isHeld(state)) return pick('resume', 'resume', 'stop');
    if (state.kind === 'running' && state.wish === 'stop') return pick('stopped', 'nothing');
    return pick('pause', 'stop', 'stopped', 'nothing', 'step', 'step');
  }

  /** Asks for it; resolves when the time until the kill begins. */
  async function begin(client: StudioClient, id: RunId, act: Act, step: number): Promise<void> {
    switch (act) {
      case 'nothing':
        return;
      case 'step': {
        const before = stepsDone(id);
        // Or it ends or pauses: what was asked for before the last kill may have reached it.
        const isOver = async (): Promise<boolean> =>
          stepsDone(id) > before ||
          trainers().length === 0 ||
          isHeld((await client.runs.get.query({ id })).run.state);
        return await until(isOver, 'the run makes another step', 240_000);
      }
      case 'stopped':
        // It may have ended by itself meanwhile.
        await client.runs.stop.mutate({ id }).catch(() => {});
        return await until(() => trainers().length === 0, 'the run stops', 240_000);
      case 'makeAgent':
        return answerless(client.runs.makeAgent.mutate({ id, step, name: `Of step ${step}` }));
      default:
        return answerless(client.runs[act].mutate({ id }));
    }
  }

  try {
    let { app, connected } = await open();
    await until(
      async () => (await connected.client.samples.list.query({ limit: 1 })).total >= 16,
      'the demo set',
    );
    const agents = await connected.client.agents.list.query();
    const { id } = await connected.client.runs.create.mutate({
      source: { kind: 'samples' },
      agentVersionId: agents[0]!.id,
      knobs: KNOBS,
    });
    for (let kill = 1; kill <= kills; kill += 1) {
      const { run, checkpoints } = await connected.client.runs.get.query({ id });
      const act = kill === 1 ? 'start' : chooseAct(run, checkpoints.length);
      await begin(connected.client, id, act, checkpoints[0]?.step ?? 0);
      const waitedMs = Math.round(LONGEST_MS * random() ** 2);
      await new Promise((resolve) => setTimeout(resolve, waitedMs));
      process.kill(app.pid, 'SIGKILL');
      await app.ended;
      const trained = trainers().length > 0;
      await connected.close();
      ({ app, connected } = await open());
      const after = await check(connected.client, id, `kill ${kill}, ${waitedMs} ms after "${act}"`);
      rounds.push({ act, waitedMs, trained, state: after.state.kind, step: after.step });
    }
    await finish(connected.client, id);
    await connected.close();
    await app.stop();
    await until(() => alive().length === 0, 'every process has ended', 60_000);
  } finally {
    for (const { pid } of alive()) process.kill(pid, 'SIGKILL');
  }
  return rounds;

  /** The run is brought to an end as a person does, and its history has every step once, in order. */
  async function finish(client: StudioClient, id: RunId): Promise<void> {
    const state = async () => (await client.runs.get.query({ id })).run.state;
    if (!isActive(await state())) await client.runs.start.mutate({ id });
    const before = stepsDone(id);
    if (isHeld(await state())) await client.runs.resume.mutate({ id });
    await until(() => stepsDone(id) > before, 'the run makes another step', 240_000);
    await client.runs.stop.mutate({ id });
    await until(async () => (await state()).kind === 'stopped', 'the run stops', 120_000);
    await check(client, id, 'at the end');
  }
}
