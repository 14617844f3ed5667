import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { StudioError } from '../../../shared/contract/errors.ts';
import { sampleId } from '../../../shared/model/ids.ts';
import type { EpisodeId, ImageId, RunId, SampleId } from '../../../shared/model/ids.ts';
import type { ImageRecord } from '../../../shared/model/image.ts';
import type { RolloutSummary, RolloutView } from '../../../shared/model/run.ts';
import { tokenRuns } from '../../../shared/model/token-mask.ts';
import type { TrainSample } from '../../../shared/trainer-protocol/data.ts';
import type { Rollout } from '../../../shared/trainer-protocol/rollout.ts';
import { RUN_FILES } from '../../../shared/trainer-protocol/run-folder.ts';
import type { ViewSource } from '../../agent/backend.ts';
import { createTokenizer } from '../../agent/engine/tokenizer.ts';
import type { AgentTokenizer } from '../../agent/engine/tokenizer.ts';
import type { Workspace } from '../../store/workspace.ts';
import { rolloutEpisode } from './rollout-episode.ts';
import { insideRun, readRollouts, readRunSamples } from './rollout-file.ts';
import type { TrainingService } from './training-service.ts';

/** The rollouts of runs, as they lie in the run folders: the samples may have been edited or removed since. */
export interface RolloutsService {
  list(id: RunId, step: number): Promise<readonly RolloutSummary[]>;
  /** @throws StudioError not_found */
  get(id: RunId, step: number, line: number): Promise<RolloutView>;
  /** Of a rollout that was asked for: where its pixels come from. Null: not one of ours. */
  viewSource(episode: EpisodeId, view: number): ViewSource | null;
  /** Absolute path of an image of such a rollout. */
  findAsset(assetId: string): string | null;
}

/** Rollouts whose pictures can be asked for; a page shows one at a time. */
const KEPT = 64;

interface Shown {
  readonly rollout: Rollout;
  readonly paths: readonly string[];
}

export function createRolloutsService(deps: {
  readonly workspace: Workspace;
  readonly training: Pick<TrainingService, 'folderOf' | 'config' | 'get'>;
}): RolloutsService {
  const { workspace, training } = deps;
  const shown = new Map<EpisodeId, Shown>();
  const assets = new Map<string, string>();
  let samples: { readonly id: RunId; readonly rows: Promise<ReadonlyMap<string, TrainSample>> } | null = null;
  let tokenizer: { readonly folder: string; readonly value: Promise<AgentTokenizer | null> } | null = null;

  function samplesOf(id: RunId): Promise<ReadonlyMap<string, TrainSample>> {
    if (samples?.id !== id) samples = { id, rows: readRunSamples(training.folderOf(id)) };
    return samples.rows;
  }

  function tokenizerOf(folder: string): Promise<AgentTokenizer | null> {
    if (tokenizer?.folder !== folder) tokenizer = { folder, value: loadTokenizer(folder) };
    return tokenizer.value;
  }

  function fileOf(id: RunId, step: number): string {
    const found = workspace.runs.rollouts(id, step);
    if (found === null) {
      throw new StudioError(
        'not_found',
        `There are no rollouts of step ${step}: it is still being played, or was never done.`,
      );
    }
    return insideRun(training.folderOf(id), found.file);
  }

  /** Remembers where a rollout's pictures lie; the oldest is forgotten. */
  function show(id: EpisodeId, one: Shown): readonly string[] {
    shown.delete(id);
    shown.set(id, one);
    for (const [old, { paths }] of shown) {
      if (shown.size <= KEPT) break;
      shown.delete(old);
      for (const path of paths) assets.delete(assetOf(path));
    }
    return one.paths.map((path) => {
      const asset = assetOf(path);
      assets.set(asset, path);
      return asset;
    });
  }

  return {
    list: async (id, step) => {
      const known = await samplesOf(id);
      const found: RolloutSummary[] = [];
      for await (const { line, rollout } of readRollouts(fileOf(id, step))) {
        found.push(summaryOf(line, rollout, known));
      }
      return found;
    },
    get: async (id, step, line) => {
      const { run } = training.get(id);
      const config = training.config(id);
      const folder = training.folderOf(id);
      const known = await samplesOf(id);
      const all: { readonly line: number; readonly rollout: Rollout }[] = [];
      for await (const one of readRollouts(fileOf(id, step))) all.push(one);
      const rollout = all.find((one) => one.line === line)?.rollout;
      const sample = rollout && known.get(rollout.sample_id);
      if (rollout === undefined || sample === undefined) {
        throw new StudioError('not_found', 'This rollout is not there, or can not be read any more.');
      }
      const episodeId = `eps_${digest('rollout', id, String(step), String(line))}` as EpisodeId;
      const paths = sample.images.map((name) => insideRun(join(folder, RUN_FILES.data), name));
      const assetIds = show(episodeId, { rollout, paths });
      const agent = workspace.agents.get(run.agentVersionId);
      return {
        episode: rolloutEpisode(rollout, {
          id: episodeId,
          sampleId: asSampleId(rollout.sample_id),
          agentVersionId: run.agentVersionId,
          at: run.createdAt,
          config,
          limits: agent?.limits ?? null,
          tokenizer: await tokenizerOf(config.agent_folder),
        }),
        images: paths.map((path, index) => imageOf(path, assetIds[index] ?? '', rollout, index)),
        question: sample.question,
        choices: sample.choices,
        answers: sample.answers,
        step,
        line,
        group: rollout.group,
        index: rollout.index,
        count: all.length,
        advantage: rollout.advantage,
        boxOverlap: rollout.reward?.box_overlap ?? null,
        mask: rollout.mask,
        isDemonstration: rollout.demonstration_id !== null,
        tokens: tokenRuns(rollout.segments, rollout.mask),
        members: all
          .filter((one) => one.rollout.group === rollout.group)
          .map((one) => summaryOf(one.line, one.rollout, known)),
      };
    },
    viewSource: (id, number) => {
      const one = shown.get(id);
      const view = one?.rollout.views.find((candidate) => candidate.number === number);
      const path = view && one?.paths[view.root_image];
      if (view === undefined || path === undefined) return null;
      const [x1, y1, x2, y2] = view.root_box;
      return {
        imagePath: path,
        imageKey: basename(path),
        box: [x1, y1, x2, y2],
        width: view.width,
        height: view.height,
      };
    },
    findAsset: (asset) => assets.get(asset) ?? null,
  };
}

function summaryOf(line: number, rollout: Rollout, known: ReadonlyMap<string, TrainSample>): RolloutSummary {
  const calls = rollout.turns.filter(({ action }) =>
    ['zoom_in', 'look_back', 'bad_call'].includes(action.kind),
  );
  return {
    line,
    group: rollout.group,
    index: rollout.index,
    sampleId: rollout.sample_id,
    question: known.get(rollout.sample_id)?.question ?? '',
    status: rollout.status,
    answer: rollout.answer,
    verdict: rollout.correct === null ? 'unknown' : rollout.correct ? 'right' : 'wrong',
    reward: rollout.reward?.total ?? null,
    advantage: rollout.advantage,
    masked: rollout.mask.dropped ? (rollout.mask.reason ?? 'masked') : null,
    turns: rollout.turns.length,
    calls: calls.length,
    lookBacks: calls.filter(({ action }) => action.kind === 'look_back').length,
    tokens: rollout.turns.reduce((sum, { token_ids }) => sum + token_ids.length, 0),
    isDemonstration: rollout.demonstration_id !== null,
  };
}

function digest(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 24);
}

function assetOf(path: string): string {
  return `ast_${createHash('sha256').update(path).digest('hex').slice(0, 32)}`;
}

/** A sample of a run may come from anywhere; its name then stands for it. */
function asSampleId(text: string): SampleId {
  const parsed = sampleId.safeParse(text);
  return parsed.success ? parsed.data : (`smp_${digest('sample', text)}` as SampleId);
}

/** An image of the run folder as the page knows images. Its size is that of the view of all of it. */
function imageOf(path: string, asset: string, rollout: Rollout, index: number): ImageRecord {
  const whole = rollout.views.find((view) => view.origin === 'input' && view.root_image === index);
  const [, , width, height] = whole?.root_box ?? [0, 0, 1, 1];
  return {
    id: `img_${digest('image', path)}` as ImageId,
    sha256: '',
    name: `Image ${index + 1}`,
    format: 'png',
    width: Math.max(1, Math.round(width)),
    height: Math.max(1, Math.round(height)),
    byteSize: 0,
    importedAt: 0,
    assets: { full: asset, thumbnail: asset },
  };
}

async function loadTokenizer(folder: string): Promise<AgentTokenizer | null> {
  try {
    const read = async (name: string): Promise<object> =>
      JSON.parse(await readFile(join(folder, name), 'utf8'));
    return createTokenizer(await read('tokenizer.json'), await read('tokenizer_config.json'));
  } catch {
    return null;
  }
}
