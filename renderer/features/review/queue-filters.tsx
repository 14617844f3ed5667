import { Button, Popover, Select, TextInput } from '@mantine/core';
import { IconFilter } from '@tabler/icons-react';
import { useState } from 'react';
import type { QueueFilter } from '../../../shared/contract/reviews.ts';
import { verdict } from '../../../shared/model/episode.ts';
import { FLAG_WORDS } from '../../../shared/model/review-words.ts';
import { reviewFlag, standing } from '../../../shared/model/review.ts';
import { split } from '../../../shared/model/sample.ts';
import { useCall } from '../../client/hooks.ts';
import { useAgents } from '../../state/agents.ts';
import { kindWords, VERDICT_WORDS as OUTCOME_WORDS } from '../../ui/format.ts';
import classes from './queue.module.css';
import { STANDING_WORDS } from './review-words.ts';

type Name = Exclude<keyof QueueFilter, 'todo' | 'sampleId'>;

/** Which runs the queue holds, beyond what is to do. */
export function QueueFilters(props: {
  readonly filter: QueueFilter;
  readonly onChange: (filter: QueueFilter) => void;
}) {
  const { filter, onChange } = props;
  const { todo, ...chosen } = filter;
  const count = Object.values(chosen).filter((value) => value !== undefined && value !== '').length;
  const { agents } = useAgents();
  const kinds = useCall('samples.list', { limit: 1 }).data?.kinds ?? [];
  const [search, setSearch] = useState(filter.search ?? '');
  const set = (name: Name, value: string | null): void => {
    const { [name]: _old, ...others } = filter;
    onChange(value === null || value === '' ? others : ({ ...others, [name]: value } as QueueFilter));
  };
  return (
    <Popover position="bottom-start" width={270} shadow="md" trapFocus>
      <Popover.Target>
        <Button variant="default" leftSection={<IconFilter size={14} aria-hidden />}>
          Filter{count === 0 ? '' : ` (${count})`}
        </Button>
      </Popover.Target>
      <Popover.Dropdown className={classes['filters'] ?? ''}>
        <TextInput
          label="Question contains"
          value={search}
          maxLength={200}
          onChange={(event) => setSearch(event.currentTarget.value)}
          onBlur={() => set('search', search.trim())}
          onKeyDown={(event) => {
            if (event.key === 'Enter') set('search', search.trim());
          }}
        />
        <Choice
          label="Standing"
          value={filter.standing}
          data={standing.options.map((value) => ({ value, label: STANDING_WORDS[value] }))}
          onChange={(value) => set('standing', value)}
        />
        <Choice
          label="Flag"
          value={filter.flag}
          data={reviewFlag.options.map((value) => ({ value, label: FLAG_WORDS[value].words }))}
          onChange={(value) => set('flag', value)}
        />
        <Choice
          label="Answer"
          value={filter.outcome}
          data={verdict.options.map((value) => ({ value, label: OUTCOME_WORDS[value] }))}
          onChange={(value) => set('outcome', value)}
        />
        <Choice
          label="Kind of question"
          value={filter.kind}
          data={kinds.map(({ kind }) => ({ value: kind, label: kindWords(kind) }))}
          onChange={(value) => set('kind', value)}
        />
        <Choice
          label="Split"
          value={filter.split}
          data={[...split.options]}
          onChange={(value) => set('split', value)}
        />
        <Choice
          label="Agent"
          value={filter.agentVersionId}
          data={agents.map(({ id, name }) => ({ value: id, label: name }))}
          onChange={(value) => set('agentVersionId', value)}
        />
        <Button variant="default" disabled={count === 0} onClick={() => onChange({ todo })}>
          Clear
        </Button>
      </Popover.Dropdown>
    </Popover>
  );
}

function Choice(props: {
  readonly label: string;
  readonly value: string | undefined;
  readonly data: readonly (string | { readonly value: string; readonly label: string })[];
  readonly onChange: (value: string | null) => void;
}) {
  return (
    <Select
      label={props.label}
      placeholder="Any"
      clearable
      // Inside the popover: a click on an option outside of it would close it.
      comboboxProps={{ withinPortal: false }}
      value={props.value ?? null}
      data={[...props.data]}
      onChange={props.onChange}
    />
  );
}
