import { describe, expect, it } from 'vitest';
import type { Rollout } from '../../../shared/model/group.ts';
import { bestRollout, DEFAULT_GROUP_SETTINGS, judgeGroup } from '../../../shared/model/what-if.ts';

type Member = Pick<Rollout, 'status' | 'reward' | 'validCalls' | 'withTools' | 'sampledTokens'>;

function member(accuracy: number, validCalls: number, change: Partial<Member> = {}): Member {
  const toolFactor = accuracy === 1 && validCalls > 0 ? 1.5 : 1;
  return {
    status: 'answered',
    validCalls,
    withTools: true,
    sampledTokens: 10,
    reward: { accuracy, toolFactor, format: 1, total: accuracy * toolFactor + 0.5 },
    ...change,
  };
}

const WITH_TOOL = member(1, 2);
const WITHOUT_CALL = member(1, 0);
const WRONG = member(0, 1);
const NO_ANSWER = member(0, 0, {
  status: 'no_answer',
  reward: { accuracy: 0, toolFactor: 1, format: 0, total: 0 },
});

function withGain(toolGain: number) {
  return { ...DEFAULT_GROUP_SETTINGS, reward: { ...DEFAULT_GROUP_SETTINGS.reward, toolGain } };
}

describe('a group under other settings', () => {
  it('as it was run: mean, deviation and advantages by hand', () => {
    const judged = judgeGroup([WITH_TOOL, WITHOUT_CALL, WRONG, NO_ANSWER], DEFAULT_GROUP_SETTINGS);
    // 2, 1.5 and 0.5; the fourth is masked and outside the baseline.
    const mean = 4 / 3;
    const std = Math.sqrt(((2 - mean) ** 2 + (1.5 - mean) ** 2 + (0.5 - mean) ** 2) / 2);
    expect(judged.mean).toBeCloseTo(mean, 12);
    expect(judged.std).toBeCloseTo(std, 12);
    expect(judged.rollouts.map(({ advantage }) => advantage)).toEqual([
      expect.closeTo((2 - mean) / (std + 1e-4), 12),
      expect.closeTo((1.5 - mean) / (std + 1e-4), 12),
      expect.closeTo((0.5 - mean) / (std + 1e-4), 12),
      0,
    ]);
    expect(judged.rollouts[3]?.mask).toEqual({ dropped: true, reason: 'no_answer' });
    expect(judged.allEqual).toBe(false);
  });

  it('a tool gain of 0 makes right answers equal, one of 1 sets them further apart', () => {
    const right = [WITH_TOOL, WITHOUT_CALL];
    expect(judgeGroup(right, withGain(0)).allEqual).toBe(true);
    expect(judgeGroup(right, withGain(1)).rollouts.map(({ reward }) => reward?.total)).toEqual([2.5, 1.5]);
  });

  it('whether the masked count in the baseline, and which statuses are masked', () => {
    const all = [WITHOUT_CALL, NO_ANSWER];
    expect(judgeGroup(all, DEFAULT_GROUP_SETTINGS)).toMatchObject({ mean: 1.5, allEqual: true });
    expect(judgeGroup(all, { ...DEFAULT_GROUP_SETTINGS, maskedInBaseline: true })).toMatchObject({
      mean: 0.75,
      allEqual: false,
      rollouts: [{ mask: { dropped: false } }, { mask: { dropped: true }, advantage: 0 }],
    });
    const unmasked = judgeGroup(all, { ...DEFAULT_GROUP_SETTINGS, maskedStatuses: [] });
    expect(unmasked.rollouts[1]?.mask.dropped).toBe(false);
    expect(unmasked.rollouts[1]?.advantage).toBeLessThan(0);
  });

  it('rollouts without tools and those that run take no part', () => {
    const running = member(0, 0, { status: null, reward: null });
    const judged = judgeGroup(
      [WITH_TOOL, { ...WRONG, withTools: false }, running, WITHOUT_CALL],
      DEFAULT_GROUP_SETTINGS,
    );
    expect(judged.mean).toBe(1.75);
    expect(judged.rollouts.map(({ advantage }) => advantage)).toEqual([
      expect.any(Number),
      null,
      null,
      expect.any(Number),
    ]);
    expect(judged.rollouts[3]?.advantage).toBeLessThan(0);
  });

  it('one that nobody could score is dropped, and says so', () => {
    const judged = judgeGroup([member(0, 0, { reward: null }), WRONG], DEFAULT_GROUP_SETTINGS);
    expect(judged.rollouts[0]).toMatchObject({ mask: { dropped: true, reason: 'unscored' }, advantage: 0 });
  });
});

describe('the best rollout', () => {
  it('has the highest reward, of equal ones the fewest tokens, and is right', () => {
    const shorter = member(1, 1, { sampledTokens: 4 });
    const members = [WRONG, WITH_TOOL, WITHOUT_CALL, shorter];
    expect(bestRollout(members, judgeGroup(members, DEFAULT_GROUP_SETTINGS))).toBe(3);
    expect(bestRollout([WRONG], judgeGroup([WRONG], DEFAULT_GROUP_SETTINGS))).toBeNull();
  });
});
