import { Button, Group, Modal, MultiSelect, Select, Switch } from '@mantine/core';
import { useState } from 'react';
import type { AgentVersionId } from '../../../shared/model/ids.ts';
import type { SampleFilter } from '../../../shared/model/sample-filter.ts';
import { type Split, split as splits } from '../../../shared/model/sample.ts';
import { useCall, useClient } from '../../client/hooks.ts';
import { type Failure, toFailure } from '../../client/failure.ts';
import { useAgents } from '../../state/agents.ts';
import { formatCount, formatPlural, kindWords } from '../../ui/format.ts';
import { ErrorNotice } from '../../ui/parts.tsx';
import classes from './compare.module.css';

/** Dialog: agent versions, each once on every sample of a split or kind. */
export function EvaluateDialog(props: {
  readonly opened: boolean;
  /** The agents that are asked for; none: the current one. */
  readonly wanted: readonly AgentVersionId[];
  readonly onClose: () => void;
}) {
  const { opened, wanted, onClose } = props;
  return (
    <Modal opened={opened} onClose={onClose} size="lg" title="Evaluate agent versions">
      {opened ? <Fields wanted={wanted} onClose={onClose} /> : null}
    </Modal>
  );
}

const SPLIT_WORDS: Readonly<Record<Split, string>> = {
  train: 'Train',
  validation: 'Validation',
  test: 'Test',
  none: 'No split',
};

function Fields({ wanted, onClose }: { wanted: readonly AgentVersionId[]; onClose: () => void }) {
  const client = useClient();
  const { agents, current } = useAgents();
  const [ids, setIds] = useState<readonly string[] | null>(null);
  const [split, setSplit] = useState<Split | null>(null);
  const [kind, setKind] = useState<string | null>(null);
  const [withTools, setWithTools] = useState(true);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const filter: SampleFilter = {
    ...(split === null ? {} : { splits: [split] }),
    ...(kind === null ? {} : { kinds: [kind] }),
  };
  const found = useCall('samples.list', { limit: 1, filter }, { keepWhileLoading: true }).data;
  const initial = wanted.length > 0 || current === null ? wanted : [current.id];
  const chosen = ids ?? initial;
  const count = found?.total ?? 0;

  const submit = async (): Promise<void> => {
    setBusy(true);
    setFailure(null);
    try {
      for (const id of chosen) {
        await client.mutate('evaluations.start', {
          agentVersionId: id as AgentVersionId,
          filter,
          withTools,
        });
      }
      onClose();
    } catch (error) {
      setFailure(toFailure(error));
      setBusy(false);
    }
  };
  return (
    <form
      className={classes['form']}
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <MultiSelect
        size="xs"
        label="Agent versions"
        description="Several are run one after another, on the same samples."
        data={agents.map(({ id, name }) => ({ value: id, label: name }))}
        value={[...chosen]}
        onChange={setIds}
      />
      <Group grow gap="sm">
        <Select
          label="Split"
          placeholder="All splits"
          clearable
          clearButtonProps={{ 'aria-label': 'All splits' }}
          data={splits.options.map((value) => ({ value, label: SPLIT_WORDS[value] }))}
          value={split}
          onChange={(value) => setSplit(splits.safeParse(value).data ?? null)}
        />
        <Select
          label="Kind of question"
          placeholder="All kinds"
          clearable
          clearButtonProps={{ 'aria-label': 'All kinds' }}
          data={(found?.kinds ?? []).map((one) => ({ value: one.kind, label: kindWords(one.kind) }))}
          value={kind}
          onChange={setKind}
        />
      </Group>
      <Switch
        label="Offer the tools"
        description="Without them it must answer from what it sees at first."
        checked={withTools}
        onChange={(event) => setWithTools(event.currentTarget.checked)}
      />
      {failure === null ? null : <ErrorNotice failure={failure} />}
      <Group justify="space-between" gap="md" wrap="nowrap">
        <span className={classes['quiet']} aria-live="polite">
          {formatPlural(count, 'sample')}, {formatCount(count * chosen.length)} episodes at temperature 0, in
          the background.
        </span>
        <Group gap="xs" wrap="nowrap">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={busy} disabled={count === 0 || chosen.length === 0}>
            Evaluate
          </Button>
        </Group>
      </Group>
    </form>
  );
}
