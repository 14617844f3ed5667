import { MultiSelect, NumberInput, TextInput } from '@mantine/core';
import type { SampleFilter } from '../../../shared/model/sample-filter.ts';
import { useCall } from '../../client/hooks.ts';
import { useReviewers } from '../../state/reviewer.ts';
import { formatCount, kindWords } from '../../ui/format.ts';
import {
  type Choice,
  FIXED_CHOICES,
  LIST_WORDS,
  type ListKey,
  RANGE_WORDS,
  type RangeKey,
  withPart,
} from '../../ui/sample-filter-words.ts';
import classes from './filters.module.css';

const DAY_MS = 86_400_000;

/** Every part of a filter as a field. A change holds at once. */
export function FilterPanel({
  filter,
  onChange,
}: {
  filter: SampleFilter;
  onChange: (filter: SampleFilter) => void;
}) {
  const facets = useCall('curation.facets', undefined).data;
  const { reviewers } = useReviewers();
  const set = (key: keyof SampleFilter, value: unknown): void => onChange(withPart(filter, key, value));
  const tags = (facets?.tags ?? []).map(({ tag, count }) => ({
    value: tag,
    label: `${tag} (${formatCount(count)})`,
  }));
  const kinds = (facets?.kinds ?? []).map(({ kind, count }) => ({
    value: kind,
    label: `${kindWords(kind)} (${formatCount(count)})`,
  }));
  const people = reviewers.map(({ id, name }) => ({ value: id, label: name }));
  const list = (key: ListKey, data: readonly Choice[] = FIXED_CHOICES[key] ?? []) => (
    <MultiSelect
      key={key}
      size="xs"
      label={LIST_WORDS[key]}
      data={[...known(data, filter[key] ?? [])]}
      value={[...(filter[key] ?? [])]}
      onChange={(values) => set(key, values)}
      clearable
      searchable={data.length > 8}
      clearButtonProps={{ 'aria-label': `Clear ${LIST_WORDS[key]}` }}
      comboboxProps={{ withinPortal: false }}
      placeholder={(filter[key] ?? []).length === 0 ? 'Any' : ''}
    />
  );
  return (
    <div className={classes['panel']} role="group" aria-label="Filter">
      {list('status')}
      {list('standings')}
      {list('verdicts')}
      {list('flags')}
      {list('kinds', kinds)}
      {list('splits')}
      {list('tags', tags)}
      {list('withoutTags', tags)}
      {list('reviewers', people)}
      <Range filter={filter} of="accuracy" scale={100} unit="%" max={100} onChange={set} />
      <Range filter={filter} of="imageCount" onChange={set} />
      <Range filter={filter} of="episodeCount" onChange={set} />
      <Dates filter={filter} of="createdAt" onChange={set} />
      <Dates filter={filter} of="reviewedAt" onChange={set} />
    </div>
  );
}

/** A value that is asked for is shown also where nothing has it any more. */
function known(data: readonly Choice[], values: readonly string[]): readonly Choice[] {
  const there = new Set(data.map(({ value }) => value));
  return [...data, ...values.filter((value) => !there.has(value)).map((value) => ({ value, label: value }))];
}

function Range(props: {
  filter: SampleFilter;
  of: RangeKey;
  scale?: number;
  unit?: string;
  max?: number;
  onChange: (key: RangeKey, value: unknown) => void;
}) {
  const { filter, of, scale = 1, unit = '', max = 100_000, onChange } = props;
  const range = filter[of] ?? {};
  const put = (end: 'from' | 'to', text: number | string): void => {
    const { [end]: _before, ...rest } = range;
    onChange(of, typeof text === 'number' ? { ...rest, [end]: text / scale } : rest);
  };
  const field = (end: 'from' | 'to', words: string) => (
    <NumberInput
      aria-label={`${RANGE_WORDS[of]}, ${words}`}
      placeholder={words}
      value={range[end] === undefined ? '' : Math.round(range[end] * scale)}
      min={0}
      max={max}
      suffix={unit}
      allowDecimal={false}
      onChange={(value) => put(end, value)}
    />
  );
  return (
    <div role="group" aria-label={RANGE_WORDS[of]}>
      <div className={classes['label']}>{RANGE_WORDS[of]}</div>
      <div className={classes['pair']}>
        {field('from', 'from')}
        {field('to', 'to')}
      </div>
    </div>
  );
}

function dayText(time: number | undefined): string {
  if (time === undefined) return '';
  const date = new Date(time);
  const two = (part: number): string => String(part).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

function Dates(props: {
  filter: SampleFilter;
  of: 'createdAt' | 'reviewedAt';
  onChange: (key: RangeKey, value: unknown) => void;
}) {
  const { filter, of, onChange } = props;
  const range = filter[of] ?? {};
  const put = (end: 'from' | 'to', text: string): void => {
    const { [end]: _before, ...rest } = range;
    const start = new Date(`${text}T00:00:00`).getTime();
    // The whole day belongs to it.
    onChange(
      of,
      Number.isNaN(start) ? rest : { ...rest, [end]: end === 'from' ? start : start + DAY_MS - 1 },
    );
  };
  return (
    <div role="group" aria-label={RANGE_WORDS[of]}>
      <div className={classes['label']}>{RANGE_WORDS[of]}</div>
      <div className={classes['pair']}>
        {(['from', 'to'] as const).map((end) => (
          <TextInput
            key={end}
            type="date"
            aria-label={`${RANGE_WORDS[of]}, ${end}`}
            value={dayText(range[end])}
            onChange={(event) => put(end, event.currentTarget.value)}
          />
        ))}
      </div>
    </div>
  );
}
