import type { JudgeTest } from '../../../shared/contract/judge.ts';

export interface JudgeWords {
  readonly state: 'good' | 'warn' | 'bad';
  readonly title: string;
  readonly text: string;
}

/** What a test of a judge comes to: it decides, it decides badly, or it does not answer. Pure. */
export function judgeWords({ seconds, cases }: JudgeTest): JudgeWords {
  const silent = cases.find(({ said }) => said === null);
  if (silent !== undefined) {
    return {
      state: 'bad',
      title: 'No verdict.',
      text: silent.problem ?? 'It did not answer.',
    };
  }
  const mistaken = cases.find(({ said, wanted }) => said !== wanted);
  if (mistaken !== undefined) {
    return {
      state: 'warn',
      title: 'It answers, but not rightly.',
      text: `For “${mistaken.reference}” it called the answer “${mistaken.answer}” ${mistaken.said === true ? 'right' : 'wrong'}. A larger model judges better.`,
    };
  }
  return {
    state: 'good',
    title: 'It works.',
    text: `Both verdicts are as they should be, in ${seconds < 1 ? 'less than a second' : `${seconds.toFixed(1)} s`}.`,
  };
}
