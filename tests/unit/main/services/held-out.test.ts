import { expect, it } from 'vitest';
import { createHeldOut, heldOutFilter, notMeasured } from '../../../../main/services/groups/held-out.ts';
import type { Evaluation } from '../../../../shared/model/evaluation.ts';
import { agentVersionId } from '../../../../shared/model/ids.ts';
import type { SampleFilter } from '../../../../shared/model/sample-filter.ts';

const [one, two] = ['a', 'b'].map((letter) => agentVersionId.parse(`agt_${letter.repeat(16)}`)) as [
  ReturnType<typeof agentVersionId.parse>,
  ReturnType<typeof agentVersionId.parse>,
];
const counting =
  (counts: Readonly<Record<string, number>>) =>
  ({ splits }: SampleFilter): number =>
    counts[splits?.[0] ?? 'all'] ?? 0;

it('agents are compared on what no run trains on, where there is such a thing', () => {
  expect(heldOutFilter(counting({ test: 3, validation: 9 }))).toEqual({ splits: ['test'] });
  expect(heldOutFilter(counting({ validation: 9 }))).toEqual({ splits: ['validation'] });
  expect(heldOutFilter(counting({ train: 9 }))).toEqual({});
});

it('an agent that was measured to the end on the same samples is not measured again', () => {
  const measured = (more: Partial<Evaluation>) =>
    ({ agentVersionId: one, scopeKey: 'x', withTools: true, finished: true, ...more }) as Evaluation;
  expect(notMeasured([measured({})], [one, two], 'x')).toEqual([two]);
  for (const other of [{ scopeKey: 'y' }, { withTools: false }, { finished: false }])
    expect(notMeasured([measured(other)], [one, two], 'x')).toEqual([one, two]);
});

it('an agent that is not there any more is left out', async () => {
  const started: unknown[] = [];
  const workspace = {
    sampleSearch: { count: counting({ test: 2 }) },
    agents: { get: (id: unknown) => (id === two ? {} : null) },
  };
  const evaluations = {
    ...{ list: () => [], scopeKeyOf: () => 'x' },
    start: async (input: unknown) => void started.push(input),
  };
  await createHeldOut(workspace as never, evaluations as never)([one, two]);
  expect(started).toEqual([{ agentVersionId: two, filter: { splits: ['test'] }, withTools: true }]);
});
