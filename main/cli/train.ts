import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { StudioError } from '../../shared/contract/errors.ts';
import type { AgentVersion } from '../../shared/model/agent-version.ts';
import { isActive } from '../../shared/model/run.ts';
import type { Run, RunSource } from '../../shared/model/run.ts';
import { defaultWorkspacePath } from '../workspace-path.ts';
import { EXIT_FAILURE, EXIT_OK, readOptions, UsageError } from './command.ts';
import type { Command, Terminal } from './command.ts';
import { withStudio } from './studio.ts';
import type { Studio } from './studio.ts';

interface TrainArguments {
  readonly workspace: string;
  readonly snapshot: string | undefined;
  readonly agent: string | undefined;
  readonly name: string | undefined;
  readonly knobs: Readonly<Record<string, unknown>>;
  readonly follow: boolean;
}

const ASSETS = fileURLToPath(new URL('../../assets', import.meta.url));
const POLL_MS = 400;

export const trainCommand: Command = {
  name: 'train',
  summary: 'train an agent of a workspace by GRPO; the run goes on when the command has ended',
  help: `imagent train [options]

  --snapshot NAME|ID  what to train on; default: the samples as they are now
  --agent NAME|ID     which agent gets better; default: the one that runs next in the app
  --set KEY=VALUE     a setting of the run, as config.json has it; may be given again.
                      A member of a group after a dot: --set lora.rank=8
  --name NAME         what the run is called
  --follow            print each step until the run has ended; Ctrl+C leaves it running
  --workspace DIR     folder of the workspace (${defaultWorkspacePath()}); close the app first

Exit code: 0 when the run was started (with --follow: has ended well), 1 when it failed, 2 for wrong arguments.
`,
  run: async (args, terminal) => train(readArguments(args), terminal),
};

function readArguments(args: readonly string[]): TrainArguments {
  const { values } = readOptions(args, {
    snapshot: { type: 'string' },
    agent: { type: 'string' },
    name: { type: 'string' },
    set: { type: 'string', multiple: true },
    follow: { type: 'boolean', default: false },
    workspace: { type: 'string' },
  });
  return {
    workspace: resolve(values.workspace ?? defaultWorkspacePath()),
    snapshot: values.snapshot,
    agent: values.agent,
    name: values.name,
    knobs: readSettings(values.set ?? []),
    follow: values.follow,
  };
}

/** `lora.rank=8` to nested; a value that is not JSON is a text. @throws UsageError */
export function readSettings(settings: readonly string[]): Readonly<Record<string, unknown>> {
  const knobs: Record<string, unknown> = {};
  for (const setting of settings) {
    const at = setting.indexOf('=');
    const [group = '', member, ...more] = setting.slice(0, Math.max(0, at)).split('.');
    if (group === '' || member === '' || more.length > 0) {
      throw new UsageError(`--set takes KEY=VALUE, such as max_steps=100 or lora.rank=8, not "${setting}".`);
    }
    const value = readValue(setting.slice(at + 1));
    knobs[group] =
      member === undefined ? value : { ...(knobs[group] as object | undefined), [member]: value };
  }
  return knobs;
}

function readValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function train(input: TrainArguments, terminal: Terminal): Promise<number> {
  return withStudio({ workspace: input.workspace, assetsPath: ASSETS, terminal }, async (studio) => {
    const agent = await findAgent(studio, input.agent);
    const run = await studio.training.create({
      ...(input.name === undefined ? {} : { name: input.name }),
      source: findSource(studio, input.snapshot),
      agentVersionId: agent.id,
      knobs: input.knobs,
    });
    await studio.training.start(run.id);
    terminal.out(`${run.id}\n`);
    terminal.err(`"${run.name}" trains in ${studio.training.folderOf(run.id)}\n`);
    return input.follow ? await follow(studio, run, terminal) : EXIT_OK;
  });
}

async function findAgent(studio: Studio, wanted: string | undefined): Promise<AgentVersion> {
  const agents = await studio.agents.list();
  const chosen = studio.settings.get().agentVersionId;
  const found =
    wanted === undefined
      ? (agents.find(({ id }) => id === chosen) ?? agents[0])
      : agents.find(({ id, name }) => id === wanted || name === wanted);
  if (found !== undefined) return found;
  const names = agents.map(({ name }) => `"${name}"`).join(', ');
  throw new StudioError(
    'not_found',
    wanted === undefined
      ? 'This workspace has no agent. Open it in the app once, or name another with --workspace.'
      : `There is no agent "${wanted}". There are: ${names || 'none'}.`,
  );
}

function findSource(studio: Studio, wanted: string | undefined): RunSource {
  if (wanted === undefined) return { kind: 'samples' };
  const snapshots = studio.snapshots.list();
  const found = snapshots.find(({ id, name }) => id === wanted || name === wanted);
  if (found !== undefined) return { kind: 'snapshot', id: found.id };
  const names = snapshots.map(({ name }) => `"${name}"`).join(', ');
  throw new StudioError('not_found', `There is no snapshot "${wanted}". There are: ${names || 'none'}.`);
}

function percent(share: number | undefined): string {
  return share === undefined ? '-' : `${(share * 100).toFixed(1)} %`;
}

/** Prints every step once. Leaving does not end the run. */
async function follow(studio: Studio, { id }: Run, terminal: Terminal): Promise<number> {
  let printed = 0;
  for (;;) {
    const { run } = studio.training.get(id);
    const names = ['reward', 'accuracy', 'tool_rate'];
    const { series } = studio.training.series(id, names, Math.max(1, run.step + 1));
    const at = (name: string, step: number): number | undefined => {
      const found = series.find((one) => one.name === name);
      return found?.mean[found.step.indexOf(step)];
    };
    for (; printed < run.step; printed += 1) {
      const step = printed + 1;
      const share = (name: string): string => percent(at(name, step));
      const reward = at('reward', step)?.toFixed(3) ?? 'unscored';
      terminal.out(
        `step ${step}/${run.maxSteps}  reward ${reward}  accuracy ${share('accuracy')}  tools ${share('tool_rate')}\n`,
      );
    }
    if (!isActive(run.state)) return ended(run, terminal);
    if (terminal.signal.aborted) {
      terminal.err('No longer followed; the run goes on. The app, or "imagent train", finds it again.\n');
      return EXIT_OK;
    }
    await sleep(POLL_MS, undefined, { signal: terminal.signal }).catch(() => undefined);
  }
}

function ended({ state, evaluation }: Run, terminal: Terminal): number {
  if (state.kind === 'failed') {
    terminal.err(`Failed: ${state.failure.message}\n`);
    return EXIT_FAILURE;
  }
  if (state.kind === 'interrupted') {
    terminal.err('Its process is gone. It can go on from its last whole checkpoint.\n');
    return EXIT_FAILURE;
  }
  const score = evaluation === null ? '' : `, ${(evaluation * 100).toFixed(1)} % on the validation samples`;
  terminal.err(`${state.kind === 'finished' ? 'Finished' : 'Stopped'}${score}.\n`);
  return EXIT_OK;
}
