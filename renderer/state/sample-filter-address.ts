import {
  IN_PLACE,
  type SampleFilter,
  sampleFilter,
  type SampleSort,
  sampleSort,
} from '../../shared/model/sample-filter.ts';

/** Lists of a filter, each under the name of one item: `?tag=night&tag=port`. */
const LISTS = {
  status: 'status',
  standing: 'standings',
  verdict: 'verdicts',
  flag: 'flags',
  tag: 'tags',
  'without-tag': 'withoutTags',
  kind: 'kinds',
  split: 'splits',
  reviewer: 'reviewers',
} as const;

/** Ranges, as `?accuracy=0.2..0.6`; an end may be left out. */
const RANGES = {
  images: 'imageCount',
  accuracy: 'accuracy',
  episodes: 'episodeCount',
  created: 'createdAt',
  reviewed: 'reviewedAt',
} as const;

/** A filter as the parameters of an address, readable and in a fixed order. */
export function filterToParameters(filter: SampleFilter, sort: SampleSort = IN_PLACE): URLSearchParams {
  const parameters = new URLSearchParams();
  if (filter.search !== undefined && filter.search !== '') parameters.set('search', filter.search);
  for (const [name, key] of Object.entries(LISTS)) {
    for (const item of filter[key] ?? []) parameters.append(name, item);
  }
  for (const [name, key] of Object.entries(RANGES)) {
    const range = filter[key];
    if (range !== undefined) parameters.set(name, `${range.from ?? ''}..${range.to ?? ''}`);
  }
  if (sort.key !== IN_PLACE.key || sort.descending) {
    parameters.set('sort', `${sort.descending ? '-' : ''}${sort.key}`);
  }
  return parameters;
}

function rangeOf(text: string): { from?: number; to?: number } | undefined {
  const [from, to, more] = text.split('..');
  if (from === undefined || to === undefined || more !== undefined) return undefined;
  const number = (part: string, key: 'from' | 'to') => (part === '' ? {} : { [key]: Number(part) });
  return { ...number(from, 'from'), ...number(to, 'to') };
}

/** Reads them back. A part that does not make sense is left out; the rest holds. */
export function filterFromParameters(parameters: URLSearchParams): SampleFilter {
  const parts: Record<string, unknown> = {};
  const put = (key: string, value: unknown): void => {
    if (sampleFilter.safeParse({ [key]: value }).success) parts[key] = value;
  };
  const search = parameters.get('search');
  if (search !== null && search !== '') put('search', search.slice(0, 200));
  for (const [name, key] of Object.entries(LISTS)) {
    const items = parameters.getAll(name);
    if (items.length > 0) put(key, items);
  }
  for (const [name, key] of Object.entries(RANGES)) {
    const text = parameters.get(name);
    const range = text === null ? undefined : rangeOf(text);
    if (range !== undefined && Object.keys(range).length > 0) put(key, range);
  }
  return sampleFilter.parse(parts);
}

export function sortFromParameters(parameters: URLSearchParams): SampleSort {
  const text = parameters.get('sort') ?? '';
  const parsed = sampleSort.safeParse({ key: text.replace(/^-/, ''), descending: text.startsWith('-') });
  return parsed.success ? parsed.data : IN_PLACE;
}

export function isEmptyFilter(filter: SampleFilter): boolean {
  return filterToParameters(filter).size === 0;
}
