import { createHash, randomUUID } from 'node:crypto';
import { newId } from '../../main/store/new-id.ts';
import type { StoredAgent } from '../../main/store/repositories/agents.ts';
import type { StoredImage } from '../../main/store/repositories/images.ts';
import { placeInBatch } from '../../main/store/repositories/page.ts';
import type { Workspace } from '../../main/store/workspace.ts';
import type { Episode } from '../../shared/model/episode.ts';
import type { SampleId } from '../../shared/model/ids.ts';
import { DEFAULT_LIMITS, GREEDY } from '../../shared/model/limits.ts';
import type { Sample, SampleDraft } from '../../shared/model/sample.ts';
import type { Step } from '../../shared/model/step.ts';

/** Rows for tests of the store, with no files behind them. */

export function addImage(
  workspace: Workspace,
  name: string,
  sha256 = createHash('sha256').update(randomUUID()).digest('hex'),
): StoredImage {
  return workspace.write(() =>
    workspace.images.add({
      place: placeInBatch(workspace.counters.nextBatch(), 0),
      sha256,
      name,
      format: 'png',
      width: 60,
      height: 40,
      byteSize: 100,
      importedAt: 1,
      file: `images/${sha256.slice(0, 2)}/${sha256}.png`,
      thumbnail: `thumbnails/${sha256.slice(0, 2)}/${sha256}.webp`,
    }),
  );
}

export function addSample(workspace: Workspace, draft: Partial<SampleDraft> = {}): Sample {
  const imageIds = draft.imageIds ?? [addImage(workspace, 'a.png').id];
  return workspace.write(() =>
    workspace.samples.add(
      {
        question: 'What colour?',
        choices: null,
        answers: ['red'],
        answerKind: 'text',
        kind: 'custom',
        tags: [],
        split: 'none',
        ...draft,
        imageIds,
      },
      placeInBatch(workspace.counters.nextBatch(), 0),
      1,
    ),
  );
}

export function addAgent(workspace: Workspace): StoredAgent {
  const agent: StoredAgent = {
    id: newId.agent(),
    name: 'agent',
    description: '',
    source: { kind: 'folder', folder: 'demo-agent' },
    isDemo: false,
    sizing: { factor: 28, minPixels: 12_544, maxPixels: 12_544, cropMinPixels: 12_544 },
    limits: DEFAULT_LIMITS,
    sampling: GREEDY,
    addedAt: 1,
  };
  workspace.agents.add(agent);
  return agent;
}

export function runningEpisode(workspace: Workspace, sampleId: SampleId): Episode {
  const episode: Episode = {
    id: newId.episode(),
    sampleId,
    agentVersionId: addAgent(workspace).id,
    startedAt: 5,
    withTools: true,
    sampling: GREEDY,
    limits: DEFAULT_LIMITS,
    state: { kind: 'running', phase: 'queued' },
    views: [],
    steps: [],
    answer: null,
    verdict: 'unknown',
    reward: null,
    flags: [],
    error: null,
  };
  workspace.episodes.create(episode);
  return episode;
}

export function aStep(index: number, change: Partial<Step> = {}): Step {
  return {
    index,
    segments: [{ kind: 'text', text: 'system', tokens: 3 }],
    contextTokens: 3,
    tokens: [
      { id: 7, text: 'a "quoted"\n', logprob: -0.1234567890123, entropy: 0.5 },
      { id: -1, text: '', logprob: null, entropy: null },
    ],
    text: 'a "quoted"\n',
    thought: 'look',
    action: { kind: 'look_back', image: 1 },
    resultView: null,
    stopReason: 'stop_string',
    timings: { prefillMs: 1, samplingMs: 2 },
    ...change,
  };
}
