import type { Verdict } from '../../shared/model/episode.ts';
import { FLAG_WORDS } from '../../shared/model/review-words.ts';
import { reviewFlag } from '../../shared/model/review.ts';
import type { SampleFilter, SampleStanding, SampleStatus } from '../../shared/model/sample-filter.ts';
import { sampleStanding, sampleStatus } from '../../shared/model/sample-filter.ts';
import type { Split } from '../../shared/model/sample.ts';
import { split } from '../../shared/model/sample.ts';
import { kindWords, VERDICT_WORDS } from './format.ts';

const STATUS_WORDS: Readonly<Record<SampleStatus, string>> = {
  never_run: 'Never run',
  unreviewed: 'Run, not reviewed',
  reviewed: 'Reviewed',
};

export const STANDING_WORDS: Readonly<Record<SampleStanding, string>> = {
  accepted: 'Accepted',
  to_fix: 'To fix',
  rejected: 'Rejected',
  unsure: 'Unsure',
  skipped: 'Skipped',
  disputed: 'Disputed',
};

export const SPLIT_WORDS: Readonly<Record<Split, string>> = {
  train: 'Train',
  validation: 'Validation',
  test: 'Test',
  none: 'No split',
};

export interface Choice {
  readonly value: string;
  readonly label: string;
}

function choices<Value extends string>(
  values: readonly Value[],
  words: (value: Value) => string,
): readonly Choice[] {
  return values.map((value) => ({ value, label: words(value) }));
}

const VERDICTS: readonly Verdict[] = ['right', 'wrong', 'unknown'];

export type ListKey =
  | 'status'
  | 'standings'
  | 'verdicts'
  | 'flags'
  | 'tags'
  | 'withoutTags'
  | 'kinds'
  | 'splits'
  | 'reviewers';
export type RangeKey = 'imageCount' | 'accuracy' | 'episodeCount' | 'createdAt' | 'reviewedAt';

export const LIST_WORDS: Readonly<Record<ListKey, string>> = {
  status: 'Status',
  standings: 'Review',
  verdicts: 'Newest answer',
  flags: 'Flags',
  tags: 'Has tags',
  withoutTags: 'Lacks tags',
  kinds: 'Kind',
  splits: 'Split',
  reviewers: 'Reviewed by',
};

export const RANGE_WORDS: Readonly<Record<RangeKey, string>> = {
  imageCount: 'Images',
  accuracy: 'Accuracy',
  episodeCount: 'Runs',
  createdAt: 'Made',
  reviewedAt: 'Reviewed',
};

/** What can be chosen in a list whose items are always the same. */
export const FIXED_CHOICES: Readonly<Partial<Record<ListKey, readonly Choice[]>>> = {
  status: choices(sampleStatus.options, (one) => STATUS_WORDS[one]),
  standings: choices(sampleStanding.options, (one) => STANDING_WORDS[one]),
  verdicts: choices(VERDICTS, (one) => VERDICT_WORDS[one]),
  flags: choices(reviewFlag.options, (one) => FLAG_WORDS[one].words),
  splits: choices(split.options, (one) => SPLIT_WORDS[one]),
};

const day = (time: number): string => new Date(time).toLocaleDateString(undefined, { dateStyle: 'medium' });
const share = (value: number): string => `${Math.round(value * 100)}%`;
const plain = (value: number): string => String(value);
const UNIT: Readonly<Record<RangeKey, (value: number) => string>> = {
  imageCount: plain,
  accuracy: share,
  episodeCount: plain,
  createdAt: day,
  reviewedAt: day,
};

/** One part of a filter as a chip says it. */
export interface FilterChip {
  readonly key: ListKey | RangeKey;
  readonly text: string;
}

function rangeText(
  key: RangeKey,
  range: { readonly from?: number | undefined; readonly to?: number | undefined },
): string {
  const words = UNIT[key];
  if (range.from !== undefined && range.to !== undefined) {
    return range.from === range.to ? words(range.from) : `${words(range.from)} to ${words(range.to)}`;
  }
  return range.from === undefined ? `at most ${words(range.to ?? 0)}` : `at least ${words(range.from)}`;
}

/** The filter in words, a chip a part. The search has a field of its own and is left out. */
export function chipsOf(filter: SampleFilter, reviewerName: (id: string) => string): readonly FilterChip[] {
  const label = (key: ListKey, value: string): string => {
    if (key === 'reviewers') return reviewerName(value);
    if (key === 'kinds') return kindWords(value);
    return FIXED_CHOICES[key]?.find((one) => one.value === value)?.label ?? value;
  };
  const lists = (Object.keys(LIST_WORDS) as ListKey[]).flatMap((key): readonly FilterChip[] => {
    const values = filter[key];
    if (values === undefined) return [];
    const joint = key === 'tags' ? ' and ' : ' or ';
    return [{ key, text: `${LIST_WORDS[key]}: ${values.map((value) => label(key, value)).join(joint)}` }];
  });
  const ranges = (Object.keys(RANGE_WORDS) as RangeKey[]).flatMap((key): readonly FilterChip[] => {
    const range = filter[key];
    return range === undefined ? [] : [{ key, text: `${RANGE_WORDS[key]}: ${rangeText(key, range)}` }];
  });
  return [...lists, ...ranges];
}

/** The filter with one part set, or without it where nothing is left of it. */
export function withPart(filter: SampleFilter, key: keyof SampleFilter, value: unknown): SampleFilter {
  const { [key]: _before, ...rest } = filter;
  const isNothing =
    value === undefined ||
    (Array.isArray(value) && value.length === 0) ||
    (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
  return isNothing ? rest : { ...rest, [key]: value };
}
