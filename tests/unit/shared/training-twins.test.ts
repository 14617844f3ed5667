/** What carries loss, and how much: the corpora that the trainer reads too (`tests/trainer/corpora`). */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { groupAdvantages } from '../../../shared/model/advantage.ts';
import type { AdvantageSettings, GroupMember } from '../../../shared/model/advantage.ts';
import type { EpisodeStatus } from '../../../shared/model/episode.ts';
import {
  DEFAULT_MASKED_STATUSES,
  maskDecision,
  maskSegmentsOf,
  tokenRuns,
} from '../../../shared/model/token-mask.ts';
import type { MaskFacts, MaskSegment } from '../../../shared/model/token-mask.ts';
import compareTwo from '../../fixtures/episodes/compare-two.json' with { type: 'json' };
import { readRecording } from '../../helpers/recorded-episode.ts';

function corpus<Case>(name: string): readonly Case[] {
  const path = new URL(`../../fixtures/${name}.json`, import.meta.url);
  const { cases } = JSON.parse(readFileSync(path, 'utf8')) as { cases: readonly Case[] };
  expect(cases.length).toBeGreaterThan(80);
  return cases;
}

interface MaskCase extends MaskFacts {
  readonly name: string;
  readonly segments: readonly MaskSegment[];
  readonly statuses: readonly EpisodeStatus[];
  readonly expected: object;
}

test('a token carries loss where it does in training', () => {
  for (const one of corpus<MaskCase>('masks')) {
    const decision = maskDecision(one, one.statuses);
    const runs = tokenRuns(one.segments, decision).map(({ tokenClass, tokens }) => [tokenClass, tokens]);
    expect({ name: one.name, ...decision, runs }).toEqual({ name: one.name, ...one.expected });
  }
});

interface AdvantageCase extends AdvantageSettings {
  readonly name: string;
  readonly groups: readonly (readonly GroupMember[])[];
  readonly expected: object;
}

test('an advantage is what it is in training, to the last bit', () => {
  for (const one of corpus<AdvantageCase>('advantages')) {
    const found = groupAdvantages(one.groups, one);
    expect({ name: one.name, found }).toEqual({ name: one.name, found: one.expected });
  }
});

describe('an episode of the app in the terms of the mask', () => {
  const { episode: played } = readRecording(compareTwo);

  test('its segments hold all its tokens, the sampled ones as turns', () => {
    const segments = maskSegmentsOf(played.steps);
    const turns = segments.filter((segment) => segment.kind === 'turn');
    expect(turns.map((turn) => turn.tokens)).toEqual(played.steps.map((step) => step.tokens.length));
    const last = played.steps.at(-1);
    const all = segments.reduce((total, segment) => total + segment.tokens, 0);
    expect(all).toBe((last?.contextTokens ?? 0) + (last?.tokens.length ?? 0));
    expect(segments[0]).toMatchObject({ kind: 'prompt', turn: null });
  });

  test('a dropped one carries no loss anywhere', () => {
    const facts = { status: 'too_long', scored: true, isDemonstration: false } as const;
    const runs = tokenRuns(maskSegmentsOf(played.steps), maskDecision(facts, DEFAULT_MASKED_STATUSES));
    expect(runs.map((run) => run.tokenClass)).not.toContain('trained');
    expect(runs.map((run) => run.tokenClass)).toContain('dropped_trajectory');
  });
});
