import { resolve } from 'node:path';
import { StudioError } from '../../shared/contract/errors.ts';
import type { Sample } from '../../shared/model/sample.ts';
import { AGENT_HELP, AGENT_OPTIONS, chosenSettings, readAgentChoice } from './agent-options.ts';
import type { AgentChoice } from './agent-options.ts';
import { bringIn } from './bring-in.ts';
import { EXIT_FAILURE, EXIT_INTERRUPTED, EXIT_OK, readOptions, UsageError, wholeNumber } from './command.ts';
import type { Command, Terminal } from './command.ts';
import { evalFigures } from './figures.ts';
import type { Evaluated } from './figures.ts';
import { playSample } from './play.ts';
import { figuresTable, progressLine } from './printing.ts';
import { addAgent, checkReadable, withStudio } from './studio.ts';
import type { Studio } from './studio.ts';

interface EvalArguments {
  readonly samples: string;
  readonly limit: number | undefined;
  readonly json: boolean;
  readonly agent: AgentChoice;
}

export const evalCommand: Command = {
  name: 'eval',
  summary: 'run a file of samples and print how often the agent is right',
  help: `imagent eval --samples FILE.jsonl [options]

  --samples FILE      samples as JSON lines: question, images (paths relative to the file), choices,
                      answers, answer_kind, tolerance (relative, for numbers), kind
  --limit N           only the first N samples
${AGENT_HELP}
  --json              the figures as one JSON object

Exit code: 0 when every sample was run, 1 when the file or the agent can't be used, 2 for wrong arguments.
`,
  run: async (args, terminal) => evaluate(readArguments(args), terminal),
};

function readArguments(args: readonly string[]): EvalArguments {
  const { values } = readOptions(args, {
    ...AGENT_OPTIONS,
    samples: { type: 'string' },
    limit: { type: 'string' },
    json: { type: 'boolean', default: false },
  });
  if (values.samples === undefined) {
    throw new UsageError('Give a file of samples: --samples FILE.jsonl');
  }
  const limit = wholeNumber('limit', values.limit, 1, 1_000_000);
  return { samples: resolve(values.samples), limit, json: values.json, agent: readAgentChoice(values) };
}

async function evaluate(input: EvalArguments, terminal: Terminal): Promise<number> {
  return withStudio({ workspace: null, terminal }, async (studio) => {
    await checkReadable([input.samples]);
    const agent = await addAgent(studio, input.agent.source);
    const samples = (await importSamples(studio, input.samples, terminal)).slice(0, input.limit);
    const settings = chosenSettings(input.agent, agent);
    const progress = createProgress(samples.length, terminal);
    const evaluated: Evaluated[] = [];
    const startedAt = performance.now();
    for (const sample of samples) {
      if (terminal.signal.aborted) {
        break;
      }
      const start = { sampleId: sample.id, agentVersionId: agent.id, ...settings };
      const episode = await playSample(studio, start, terminal.signal, () => {});
      evaluated.push({ sample, episode });
      if (evaluated.length === 1 && episode.error !== null) {
        // An agent that can't be run at all would fail the same way on every sample.
        throw new StudioError('internal', episode.error.message);
      }
      progress(evaluated);
    }
    const figures = evalFigures(evaluated, (performance.now() - startedAt) / 1000);
    const agentName = { agent: agent.name, tools: settings.withTools, samples: input.samples };
    terminal.out(`${input.json ? JSON.stringify({ ...figures, ...agentName }) : figuresTable(figures)}\n`);
    if (terminal.signal.aborted) {
      return EXIT_INTERRUPTED;
    }
    return figures.status_counts.failed === undefined ? EXIT_OK : EXIT_FAILURE;
  });
}

/** The samples of the file, in its order. Rows that can't be used are told, and the rest goes on. */
async function importSamples(studio: Studio, path: string, terminal: Terminal): Promise<readonly Sample[]> {
  const job = await bringIn(studio, [path], terminal.signal);
  for (const { name, message } of job.rejections) {
    terminal.err(`${name}: ${message}\n`);
  }
  const samples: Sample[] = [];
  let cursor: string | null = null;
  do {
    const page: ReturnType<Studio['library']['listSamples']> = studio.library.listSamples({
      cursor,
      limit: 500,
    });
    samples.push(...page.items.map((row) => row.sample));
    cursor = page.nextCursor;
  } while (cursor !== null);
  if (samples.length === 0) {
    throw new StudioError('bad_input', `${path} holds no sample that can be run.`);
  }
  return samples;
}

/** Redraws one line of standard error; silent where that is not a terminal. */
function createProgress(total: number, terminal: Terminal): (evaluated: readonly Evaluated[]) => void {
  const startedAt = performance.now();
  return (evaluated) => {
    if (!terminal.isInteractive) {
      return;
    }
    const done = evaluated.length;
    const right = evaluated.filter(({ episode }) => episode.verdict === 'right').length;
    const secondsLeft = ((performance.now() - startedAt) / 1000 / done) * (total - done);
    terminal.err(`${progressLine(done, total, right, secondsLeft)}${done === total ? '\n' : ''}`);
  };
}
