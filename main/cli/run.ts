import { readFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { basename, resolve } from 'node:path';
import { StudioError } from '../../shared/contract/errors.ts';
import type { EpisodeEvent } from '../../shared/model/episode-event.ts';
import type { Episode } from '../../shared/model/episode.ts';
import { countCalls } from '../../shared/model/episode.ts';
import type { ImageId } from '../../shared/model/ids.ts';
import { sampleDraft } from '../../shared/model/sample.ts';
import type { SampleDraft } from '../../shared/model/sample.ts';
import { AGENT_HELP, AGENT_OPTIONS, chosenSettings, readAgentChoice } from './agent-options.ts';
import type { AgentChoice } from './agent-options.ts';
import { bringIn } from './bring-in.ts';
import { EXIT_FAILURE, EXIT_INTERRUPTED, EXIT_OK, readChoices, readOptions, UsageError } from './command.ts';
import type { Command, Terminal } from './command.ts';
import { endLines, stepLines, viewLine } from './printing.ts';
import { addAgent, checkReadable, withStudio } from './studio.ts';
import type { Studio } from './studio.ts';
import { playSample } from './play.ts';

interface RunArguments {
  readonly images: readonly string[];
  readonly question: string;
  readonly choices: readonly string[] | null;
  readonly answers: readonly string[];
  /** Null: a temporary one. */
  readonly workspace: string | null;
  readonly json: boolean;
  readonly agent: AgentChoice;
}

export const runCommand: Command = {
  name: 'run',
  summary: 'ask an agent about images and watch it look',
  help: `imagent run --image FILE [--image FILE ...] --question TEXT [options]

  --image FILE        an image; give it once for each, in order
  --question TEXT     what is asked
  --choices A,B       choices, or one --choices for each (which may then hold commas)
  --answer TEXT       a right answer, to be told whether the agent found it; may be repeated
${AGENT_HELP}
  --workspace DIR     keep the images and the episode in this workspace; default: a temporary one
  --json              one JSON object a line: views, steps, and last {"type": "result", ...}

Exit code: 0 when the episode came to an end of its own, 1 when it failed, 2 for wrong arguments.
`,
  run: async (args, terminal) => runOne(readArguments(args), terminal),
};

function readArguments(args: readonly string[]): RunArguments {
  const { values } = readOptions(args, {
    ...AGENT_OPTIONS,
    image: { type: 'string', multiple: true },
    question: { type: 'string' },
    choices: { type: 'string', multiple: true },
    answer: { type: 'string', multiple: true },
    workspace: { type: 'string' },
    json: { type: 'boolean', default: false },
  });
  const { image: images = [], question = '' } = values;
  if (images.length < 1 || images.length > 32) {
    throw new UsageError('Give 1 to 32 images: --image FILE for each.');
  }
  if (question.trim() === '') {
    throw new UsageError('Give a question: --question "What is on the sign?"');
  }
  return {
    images,
    question,
    choices: readChoices(values.choices),
    answers: values.answer ?? [],
    workspace: values.workspace === undefined ? null : resolve(values.workspace),
    json: values.json,
    agent: readAgentChoice(values),
  };
}

async function runOne(input: RunArguments, terminal: Terminal): Promise<number> {
  return withStudio({ workspace: input.workspace, terminal }, async (studio) => {
    await checkReadable(input.images);
    const agent = await addAgent(studio, input.agent.source);
    const imageIds = await importImages(studio, input.images, terminal.signal);
    const sample = studio.library.createSample(draftOf(input, imageIds));
    const settings = chosenSettings(input.agent, agent);
    const start = { sampleId: sample.id, agentVersionId: agent.id, ...settings };
    const names = input.images.map((path) => basename(path));
    const episode = await playSample(studio, start, terminal.signal, (event, now) => {
      const line = input.json ? jsonLine(event, now) : humanLine(event, now, names);
      if (line !== null) {
        terminal.out(`${line}\n`);
      }
    });
    terminal.out(`${input.json ? JSON.stringify(result(episode)) : endLines(episode)}\n`);
    return exitCode(episode);
  });
}

function draftOf({ question, choices, answers }: RunArguments, imageIds: readonly ImageId[]): SampleDraft {
  const answerKind = choices === null ? 'text' : 'choice';
  const draft = sampleDraft.safeParse({ question, imageIds, choices, answers, answerKind });
  if (!draft.success) {
    const [issue] = draft.error.issues;
    throw new UsageError(`${issue?.path.join('.') ?? 'question'}: ${issue?.message ?? 'not valid'}`);
  }
  return draft.data;
}

/** The workspace's ids of these files, in order; the same file twice is the same image twice. */
async function importImages(
  studio: Studio,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<readonly ImageId[]> {
  const job = await bringIn(
    studio,
    paths.map((path) => resolve(path)),
    signal,
  );
  const [rejection] = job.rejections;
  if (rejection !== undefined) {
    throw new StudioError('image_broken', `${rejection.name}: ${rejection.message}`);
  }
  if (job.state !== 'finished') {
    throw new StudioError('cancelled', job.error ?? 'The import was stopped.');
  }
  const digests = await Promise.all(
    paths.map(async (path) =>
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex'),
    ),
  );
  const known = idsByDigest(studio);
  return digests.map((digest, at) => {
    const id = known.get(digest);
    if (id === undefined) {
      throw new StudioError('image_broken', `${paths[at]} changed while it was read.`);
    }
    return id;
  });
}

function idsByDigest(studio: Studio): ReadonlyMap<string, ImageId> {
  const ids = new Map<string, ImageId>();
  let cursor: string | null = null;
  do {
    const page: ReturnType<Studio['library']['listImages']> = studio.library.listImages({
      cursor,
      limit: 500,
    });
    for (const image of page.items) {
      ids.set(image.sha256, image.id);
    }
    cursor = page.nextCursor;
  } while (cursor !== null);
  return ids;
}

/** A line for each view and each finished step; tokens and phases are for the screens. */
function jsonLine(event: EpisodeEvent, now: Episode): string | null {
  if (event.type === 'view_added') {
    return JSON.stringify({ type: 'view', ...event.view });
  }
  const step = event.type === 'step_finished' ? now.steps[event.index] : undefined;
  if (step === undefined) {
    return null;
  }
  const { tokens, ...rest } = step;
  return JSON.stringify({ type: 'step', ...rest, tokens: tokens.length });
}

function humanLine(event: EpisodeEvent, now: Episode, names: readonly string[]): string | null {
  if (event.type === 'view_added') {
    return viewLine(event.view, names);
  }
  const step = event.type === 'step_finished' ? now.steps[event.index] : undefined;
  return step === undefined ? null : stepLines(step);
}

function result(episode: Episode): object {
  const { state, answer, verdict, reward, flags, error, steps, views, startedAt } = episode;
  return {
    type: 'result',
    status: state.kind === 'ended' ? state.status : 'failed',
    answer,
    verdict,
    steps: steps.length,
    calls: countCalls(steps),
    views: views.length,
    tokens: steps.reduce((sum, step) => sum + step.tokens.length, 0),
    flags,
    reward,
    error,
    seconds: state.kind === 'ended' ? (state.endedAt - startedAt) / 1000 : null,
  };
}

function exitCode({ state }: Episode): number {
  if (state.kind !== 'ended' || state.status === 'failed') {
    return EXIT_FAILURE;
  }
  return state.status === 'stopped' ? EXIT_INTERRUPTED : EXIT_OK;
}
