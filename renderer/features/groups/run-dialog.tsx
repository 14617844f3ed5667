import { Button, Group, Modal, NumberInput, Select } from '@mantine/core';
import { useState } from 'react';
import type { SampleFilter } from '../../../shared/model/sample-filter.ts';
import type { Split } from '../../../shared/model/sample.ts';
import { split as splits } from '../../../shared/model/sample.ts';
import { MAX_GROUP_SIZE } from '../../../shared/model/rollout-job.ts';
import { useCall, useMutation } from '../../client/hooks.ts';
import { useAgents } from '../../state/agents.ts';
import { closeRunDialog, type RunRequest, runRequestStore } from '../../state/rollout-jobs.ts';
import { GROUPS, navigate } from '../../state/route.ts';
import { useStore } from '../../state/store.ts';
import { formatCount, formatPlural, kindWords } from '../../ui/format.ts';
import { ErrorNotice } from '../../ui/parts.tsx';
import classes from './groups.module.css';

/** Dialog: rollouts of one sample, of chosen ones, or of every one of a filter. Mounted once, for every screen. */
export function RunGroupsDialog() {
  const request = useStore(runRequestStore, (state) => state);
  return (
    <Modal opened={request !== null} onClose={closeRunDialog} size="lg" title="Run groups of rollouts">
      {request === null ? null : <Fields request={request} />}
    </Modal>
  );
}

const SPLIT_WORDS: Readonly<Record<Split, string>> = {
  train: 'Train',
  validation: 'Validation',
  test: 'Test',
  none: 'No split',
};

/** A number from a field that may be empty or half-written. */
function numberOf(value: string | number, fallback: number): number {
  const number = typeof value === 'number' ? value : Number.parseFloat(value);
  return Number.isFinite(number) ? number : fallback;
}

/** A filter with one of its parts set, or (null) left out. */
function withPart<Part extends 'kinds' | 'splits'>(
  filter: SampleFilter,
  part: Part,
  value: NonNullable<SampleFilter[Part]> | null,
): SampleFilter {
  const { [part]: _before, ...rest } = filter;
  return value === null ? rest : { ...rest, [part]: value };
}

/** Parts of a filter that the dialog does not show but keeps. */
function hiddenParts({ kinds, splits: _splits, ...rest }: SampleFilter): number {
  return Object.keys(rest).length + ((kinds?.length ?? 0) > 1 ? 1 : 0);
}

function Fields({ request }: { request: RunRequest }) {
  const { agents, current } = useAgents();
  const [agentId, setAgentId] = useState<string | null>(null);
  const [size, setSize] = useState<string | number>(8);
  const [without, setWithout] = useState<string | number>(0);
  const [temperature, setTemperature] = useState<string | number>(1);
  const [seed, setSeed] = useState<string | number>(0);
  const [minutes, setMinutes] = useState<string | number>('');
  const [filter, setFilter] = useState<SampleFilter>(request.kind === 'filter' ? request.filter : {});
  const found = useCall('samples.list', { limit: 1, filter }, { keepWhileLoading: true }).data;
  const agent = agents.find(({ id }) => id === agentId) ?? current;
  const count = request.kind === 'samples' ? request.ids.length : (found?.total ?? 0);
  const rollouts = count * (numberOf(size, 8) + numberOf(without, 0));
  const start = useMutation('jobs.start', {
    onSuccess: ({ job, groupId }) => {
      closeRunDialog();
      navigate(groupId === null ? { ...GROUPS, jobId: job.id } : { ...GROUPS, id: groupId });
    },
  });
  const submit = (): void => {
    const cap = numberOf(minutes, 0);
    start.mutate({
      scope:
        request.kind === 'samples' ? { kind: 'samples', ids: [...request.ids] } : { kind: 'filter', filter },
      ...(agent === null ? {} : { agentVersionId: agent.id }),
      size: numberOf(size, 8),
      sizeWithout: numberOf(without, 0),
      sampling: { temperature: numberOf(temperature, 1), topP: 1, topK: 0, seed: numberOf(seed, 0) },
      capMs: cap > 0 ? Math.round(cap * 60_000) : null,
    });
  };
  return (
    <form
      className={classes['form']}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {request.kind === 'samples' ? null : (
        <Group grow gap="sm">
          <Select
            label="Kind of question"
            placeholder="All kinds"
            clearable
            clearButtonProps={{ 'aria-label': 'All kinds' }}
            data={(found?.kinds ?? []).map((one) => ({ value: one.kind, label: kindWords(one.kind) }))}
            value={filter.kinds?.[0] ?? null}
            onChange={(kind) => setFilter(withPart(filter, 'kinds', kind === null ? null : [kind]))}
          />
          <Select
            label="Split"
            placeholder="All splits"
            clearable
            clearButtonProps={{ 'aria-label': 'All splits' }}
            data={splits.options.map((value) => ({ value, label: SPLIT_WORDS[value] }))}
            value={filter.splits?.[0] ?? null}
            onChange={(value) => {
              const split = splits.safeParse(value).data;
              setFilter(withPart(filter, 'splits', split === undefined ? null : [split]));
            }}
          />
        </Group>
      )}
      {hiddenParts(filter) === 0 ? null : (
        <p className={classes['quiet']}>Only samples that also pass the filter of the Library.</p>
      )}
      <Group grow gap="sm" align="flex-start">
        <NumberInput
          label="Rollouts a sample"
          description="With tools. GRPO compares them with each other."
          min={1}
          max={MAX_GROUP_SIZE}
          allowDecimal={false}
          value={size}
          data-autofocus
          onChange={setSize}
        />
        <NumberInput
          label="Without tools"
          description="For comparison: what the tools are good for."
          min={0}
          max={MAX_GROUP_SIZE}
          allowDecimal={false}
          value={without}
          onChange={setWithout}
        />
      </Group>
      <Group grow gap="sm" align="flex-start">
        <NumberInput
          label="Temperature"
          description="Training samples at 1. At 0 all rollouts are the same."
          min={0}
          max={4}
          step={0.1}
          decimalScale={2}
          value={temperature}
          onChange={setTemperature}
        />
        <NumberInput
          label="Seed"
          description="The same seed gives the same rollouts."
          min={0}
          max={0xffff_ffff}
          allowDecimal={false}
          value={seed}
          onChange={setSeed}
        />
        <NumberInput
          label="Time limit, minutes"
          description="Pauses by itself then. Empty: none."
          min={0}
          value={minutes}
          onChange={setMinutes}
        />
      </Group>
      <Select
        label="Agent"
        data={agents.map(({ id, name }) => ({ value: id, label: name }))}
        value={agent?.id ?? null}
        allowDeselect={false}
        onChange={setAgentId}
      />
      {agent?.problem ? <p className={classes['problem']}>{agent.problem}</p> : null}
      {start.error === null ? null : <ErrorNotice failure={start.error} />}
      <Group justify="space-between" gap="md" wrap="nowrap">
        <span className={classes['quiet']} aria-live="polite">
          {formatPlural(count, 'sample')}, {formatCount(rollouts)} rollouts. They run in the background, and
          your own runs go before them.
        </span>
        <Group gap="xs" wrap="nowrap">
          <Button variant="default" onClick={closeRunDialog}>
            Cancel
          </Button>
          <Button
            type="submit"
            loading={start.isPending}
            disabled={count === 0 || agent === null || agent.problem !== null}
          >
            Run
          </Button>
        </Group>
      </Group>
    </form>
  );
}
