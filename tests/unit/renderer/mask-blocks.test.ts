import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  correctedBlocks,
  countTokens,
  decisionFor,
  entropyClass,
  maskBlocks,
} from '../../../renderer/episode/mask-blocks.ts';
import { replay } from '../../../shared/correction/replay.ts';
import type { Episode } from '../../../shared/model/episode.ts';
import { episodeId, agentVersionId, sampleId } from '../../../shared/model/ids.ts';
import { DEFAULT_LIMITS, GREEDY } from '../../../shared/model/limits.ts';
import type { SampledToken, SeenSegment, Step } from '../../../shared/model/step.ts';
import type { MaskSegment, TokenClass } from '../../../shared/model/token-mask.ts';
import { DEFAULT_MASKED_STATUSES } from '../../../shared/model/token-mask.ts';
import { ROOT } from '../../helpers/project.ts';

interface MaskCase {
  readonly name: string;
  readonly segments: readonly MaskSegment[];
  readonly status: Extract<Episode['state'], { kind: 'ended' }>['status'];
  readonly scored: boolean;
  readonly isDemonstration: boolean;
  readonly statuses: typeof DEFAULT_MASKED_STATUSES;
  readonly expected: {
    readonly dropped: boolean;
    readonly reason: string | null;
    readonly runs: readonly (readonly [TokenClass, number])[];
  };
}

function tokens(count: number): readonly SampledToken[] {
  return Array.from({ length: count }, (_, id) => ({ id, text: 'x', logprob: -0.1, entropy: 0.2 }));
}

/** The steps of an episode whose context has these segments. */
function stepsOf(segments: readonly MaskSegment[]): readonly Step[] {
  const steps: Step[] = [];
  let before: SeenSegment[] = [];
  for (const segment of segments) {
    if (segment.kind === 'turn') {
      steps.push(aTurn(steps.length, before, segment.tokens));
      before = [];
    } else if (segment.view === null) before.push({ kind: 'text', text: 'seen', tokens: segment.tokens });
    else before.push({ kind: 'image', view: segment.view, tokens: segment.tokens });
  }
  return steps;
}

function aTurn(index: number, segments: readonly SeenSegment[], count: number): Step {
  return {
    index,
    segments,
    contextTokens: 1,
    tokens: tokens(count),
    text: 'x'.repeat(count),
    thought: '',
    action: null,
    resultView: null,
    stopReason: 'stop_string',
    timings: { prefillMs: 0, samplingMs: 0 },
  };
}

function anEpisode(steps: readonly Step[], status: MaskCase['status'], scored: boolean): Episode {
  return {
    id: episodeId.parse('eps_0123456789abcdef'),
    sampleId: sampleId.parse('smp_0123456789abcdef'),
    agentVersionId: agentVersionId.parse('agt_0123456789abcdef'),
    startedAt: 1,
    withTools: true,
    sampling: GREEDY,
    limits: DEFAULT_LIMITS,
    state: { kind: 'ended', status, endedAt: 2 },
    views: [],
    steps,
    answer: null,
    verdict: 'unknown',
    reward: scored ? { accuracy: 0, toolFactor: 1, format: 0, total: 0 } : null,
    flags: [],
    error: null,
  };
}

const { cases } = JSON.parse(readFileSync(join(ROOT, 'tests/fixtures/masks.json'), 'utf8')) as {
  readonly cases: readonly MaskCase[];
};
/** Cases with the shape of an episode that the app played; the corpus also has some that no episode can have. */
const shown = cases.filter(({ segments, isDemonstration }) => {
  const firstTurn = segments.findIndex(({ kind }) => kind === 'turn');
  const fits = segments.every(
    ({ kind }, at) => kind === 'turn' || kind === (at < firstTurn ? 'prompt' : 'tool_result'),
  );
  return fits && !isDemonstration && segments.at(-1)?.kind === 'turn';
});

describe('what the mask view shows', () => {
  it('is shown for most of the corpus', () => {
    expect(shown.length).toBeGreaterThan(10);
  });

  it.each(shown)('is what the trainer does: $name', (one) => {
    const steps = stepsOf(one.segments);
    const decision = decisionFor(anEpisode(steps, one.status, one.scored), one.statuses);
    expect(decision).toEqual({ dropped: one.expected.dropped, reason: one.expected.reason });
    const blocks = maskBlocks(steps, decision);
    const expected: Record<TokenClass, number> = {
      prompt: 0,
      trained: 0,
      tool_result: 0,
      dropped_trajectory: 0,
    };
    for (const [tokenClass, count] of one.expected.runs) expected[tokenClass] += count;
    expect(countTokens(blocks)).toEqual(expected);
    const sequence = blocks.filter((block) => block.tokenCount !== 0).map((block) => block.tokenClass);
    expect(sequence.filter((tokenClass, at) => tokenClass !== sequence[at - 1])).toEqual(
      one.expected.runs.map(([tokenClass]) => tokenClass),
    );
  });

  it('of one that still runs nothing is dropped', () => {
    const episode = {
      ...anEpisode([], 'answered', true),
      state: { kind: 'running', phase: 'sampling' },
    } as const;
    expect(decisionFor(episode, DEFAULT_MASKED_STATUSES)).toEqual({ dropped: false, reason: null });
  });

  it('of a correction: what a person wrote trains too, though nobody has counted its tokens', () => {
    const steps = [
      {
        ...aTurn(0, [{ kind: 'text', text: 'prompt', tokens: 7 }], 5),
        text: '<think>a</think>\n<answer>red</answer>',
        thought: 'a',
        action: { kind: 'answer', answer: 'red' },
      },
    ] as const;
    const episode = anEpisode(steps, 'answered', true);
    const sizing = { factor: 28, minPixels: 784, maxPixels: 784, cropMinPixels: 784 };
    const untouched = correctedBlocks(episode, replay(episode, [], sizing));
    expect(countTokens(untouched)).toEqual({ prompt: 7, trained: 5, tool_result: 0, dropped_trajectory: 0 });
    const edited = correctedBlocks(
      episode,
      replay(episode, [{ kind: 'set_answer', step: 'm0', answer: 'blue' }], sizing),
    );
    expect(edited.at(-1)).toMatchObject({ tokenClass: 'trained', tokenCount: null });
    expect(edited.at(-1)?.content).toMatchObject({ kind: 'written', text: expect.stringContaining('blue') });
  });

  it('entropy has six classes and one for unknown', () => {
    expect([null, 0, 0.1, 0.5, 1, 1.5, 4].map(entropyClass)).toEqual([null, 0, 1, 2, 3, 4, 5]);
  });
});
