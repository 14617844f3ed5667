/** Whole episodes with a scripted agent: the trainer's rollout and this loop must tell the same story. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { GenerateResult } from '../../../../main/agent/backend.ts';
import type { EpisodeInput } from '../../../../main/agent/episode-input.ts';
import { runEpisode } from '../../../../main/agent/loop.ts';
import type { EpisodeEvent } from '../../../../shared/model/episode-event.ts';
import { DEFAULT_LIMITS, GREEDY } from '../../../../shared/model/limits.ts';
import type { EpisodeLimits } from '../../../../shared/model/limits.ts';
import type { AnswerKind } from '../../../../shared/model/sample.ts';
import { scriptedBackend } from '../../../helpers/scripted-backend.ts';

interface EpisodeCase {
  readonly name: string;
  readonly images: readonly { readonly width: number; readonly height: number }[];
  readonly question: string;
  readonly choices: readonly string[] | null;
  readonly answers: readonly string[];
  readonly answerKind: AnswerKind;
  readonly tools: boolean;
  readonly limits: Partial<EpisodeLimits>;
  readonly script: readonly {
    readonly text: string;
    readonly end: GenerateResult['end'];
    readonly endsWithTurnEnd: boolean;
  }[];
  readonly contextText: string;
  readonly expected: {
    readonly status: string;
    readonly answer: string | null;
    readonly views: unknown;
    readonly turns: readonly string[];
    readonly flags: readonly string[];
    readonly right: boolean;
    readonly reward: unknown;
  };
}

const path = new URL('../../../fixtures/episodes.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(path, 'utf8')) as { cases: readonly EpisodeCase[] };

/** All text of the context, the model's own included, with images as `[image n]`. */
function contextText(events: readonly EpisodeEvent[], isEndSampled: readonly boolean[]): string {
  const pieces = events.flatMap((event) => {
    if (event.type === 'step_started') {
      return event.segments.map((one) => (one.kind === 'text' ? one.text : `[image ${one.view}]`));
    }
    return event.type === 'step_finished'
      ? [event.text + (isEndSampled[event.index] === true ? '<|im_end|>' : '')]
      : [];
  });
  return pieces.join('');
}

async function play(one: EpisodeCase): Promise<readonly EpisodeEvent[]> {
  const { images, question, choices, answers, answerKind } = one;
  const input: EpisodeInput = {
    images: images.map((size, at) => ({ path: `/images/${at}.png`, key: `${at}`, ...size })),
    question,
    choices,
    reference: { answers, answerKind, choices },
  };
  const limits = { ...DEFAULT_LIMITS, ...one.limits, maxEpisodeTokens: 100_000 };
  const settings = { withTools: one.tools, sampling: GREEDY, limits };
  const events: EpisodeEvent[] = [];
  for await (const event of runEpisode(
    scriptedBackend(one.script),
    input,
    settings,
    new AbortController().signal,
  )) {
    events.push(event);
  }
  return events;
}

describe('an episode that', () => {
  test('is told twice has cases to tell', () => {
    expect(cases.length).toBeGreaterThan(20);
  });

  test.each(cases)('$name', async (one) => {
    const events = await play(one);
    const { expected } = one;
    const finished = events.at(-1);
    expect(finished).toMatchObject({
      type: 'finished',
      status: expected.status,
      answer: expected.answer,
      verdict: expected.right ? 'right' : 'wrong',
      flags: expected.flags,
      reward: expected.reward,
    });
    expect(events.flatMap((event) => (event.type === 'view_added' ? [event.view] : []))).toEqual(
      expected.views,
    );
    expect(events.flatMap((event) => (event.type === 'step_finished' ? [event.text] : []))).toEqual(
      expected.turns,
    );
    expect(
      contextText(
        events,
        one.script.map((turn) => turn.endsWithTurnEnd),
      ),
    ).toBe(one.contextText);
  });
});
