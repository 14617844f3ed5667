import { describe, expect, it } from 'vitest';
import {
  cautions,
  changeWords,
  differenceWords,
  figureRows,
  pWords,
  resolvePair,
  shareWords,
  testWords,
} from '../../../renderer/features/compare/figures.ts';
import { type Evaluation, NO_COUNTS, pairedTest, shareOf } from '../../../shared/model/evaluation.ts';
import { agentVersionId, evaluationId } from '../../../shared/model/ids.ts';

function anEvaluation(id: string, agent: string, scopeKey: string): Evaluation {
  return {
    id: evaluationId.parse(`evl_${id.padEnd(16, '0')}`),
    agentVersionId: agentVersionId.parse(`agt_${agent.padEnd(16, '0')}`),
    agentName: agent,
    withTools: true,
    scopeKey,
    scopeWords: scopeKey,
    createdAt: 1,
    finished: true,
    sampleTotal: 1,
    counts: NO_COUNTS,
  };
}

describe('figures of a comparison in words', () => {
  it('shares with their interval, and differences in points', () => {
    expect(shareWords(shareOf(8, 10))).toBe('80.0% (49–94)');
    expect(shareWords(null)).toBe('–');
    expect(differenceWords(shareOf(1, 2), shareOf(3, 4))).toBe('+25.0');
    expect(differenceWords(shareOf(3, 4), shareOf(1, 2))).toBe('−25.0');
    expect(differenceWords(shareOf(1, 2), shareOf(2, 4))).toBe('0.0');
  });

  it('a change with its interval, and better only where the flips say so', () => {
    const rowsOf = (gained: number, lost: number) =>
      figureRows(pairedTest([{ bothRight: 4, bothWrong: 0, gained, lost }]), NO_COUNTS, {
        ...NO_COUNTS,
        episodes: 16,
        usedTool: 16,
      });
    const [accuracy, tools] = rowsOf(0, 12);
    if (accuracy === undefined || tools === undefined) throw new Error('no rows');
    expect(changeWords(accuracy)).toBe('−75.0 (−91 to −42)');
    expect([accuracy.better, tools.better]).toEqual(['a', null]);
    expect(rowsOf(12, 0)[0]?.better).toBe('b');
    expect(rowsOf(4, 2)[0]?.better).toBeNull();
    expect(changeWords({ a: shareOf(1, 2), b: shareOf(1, 2), interval: null })).toBe('0.0');
  });

  it('what does not cover everything is said', () => {
    const [one, other] = [anEvaluation('e1', 'one', 'test'), anEvaluation('e2', 'two', 'test')];
    const test = pairedTest([{ bothRight: 8, bothWrong: 2, gained: 0, lost: 0 }]);
    const counts = { ...NO_COUNTS, episodes: 10 };
    const whole = { a: one, b: other, countsA: counts, countsB: counts, kinds: [] };
    expect(cautions(whole, test)).toEqual([]);
    expect(cautions({ ...whole, b: { ...other, finished: false } }, test)).toEqual([
      'B has not finished: these figures will change.',
    ]);
    expect(cautions({ ...whole, b: { ...other, scopeKey: 'train' } }, test)).toHaveLength(1);
    expect(cautions({ ...whole, countsA: { ...counts, episodes: 13 } }, test)).toEqual([
      'Accuracy is of 10: on the other 3 an episode failed or was stopped, or there is no reference answer.',
    ]);
  });

  it('p to two places that matter', () => {
    expect([0.021484, 1, 0.00003].map(pWords)).toEqual(['= 0.021', '= 1', '< 0.0001']);
  });

  it('the test says no more than it can', () => {
    const of = (gained: number, lost: number) =>
      testWords(pairedTest([{ bothRight: 5, bothWrong: 5, gained, lost }]));
    expect(of(9, 1)).toContain('B is better beyond what chance would explain');
    expect(of(0, 6)).toContain('A is better beyond what chance would explain');
    expect(of(5, 3)).toContain('Chance alone would explain that');
    expect(of(3, 3)).toContain('Neither is ahead');
    expect(of(0, 0)).toBe('Both came out the same on all 10 samples.');
    expect(testWords(pairedTest([]))).toContain('No sample');
  });
});

describe('what an address means', () => {
  const all = [
    anEvaluation('e4', 'two', 'test'),
    anEvaluation('e3', 'one', 'train'),
    anEvaluation('e2', 'one', 'test'),
    anEvaluation('e1', 'two', 'train'),
  ];
  const [e4, e3, e2, e1] = all;
  it('evaluations mean themselves', () => {
    expect(e2 && e4 && resolvePair(all, e2.id, e4.id)).toEqual([e2, e4]);
  });
  it('agents mean their newest ones of the same samples', () => {
    expect(e3 && e4 && resolvePair(all, e3.agentVersionId, e4.agentVersionId)).toEqual([e3, e1]);
    expect(e4 && e2 && resolvePair(all, e4.agentVersionId, e2.id)).toEqual([e4, e2]);
  });
  it('nothing that was measured is no pair, nor one with itself', () => {
    expect(
      resolvePair(
        [],
        evaluationId.parse(`evl_${'0'.repeat(16)}`),
        agentVersionId.parse(`agt_${'0'.repeat(16)}`),
      ),
    ).toBeNull();
    expect(e2 && resolvePair(all, e2.id, e2.id)).toBeNull();
  });
});
