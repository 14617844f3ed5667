import { type SnapshotId, snapshotId } from '../../shared/model/ids.ts';
import { ALL_SAMPLES, type SampleFilter } from '../../shared/model/sample-filter.ts';
import { filterFromParameters, filterToParameters } from './sample-filter-address.ts';

/** Where a person is among the snapshots. */
export type SnapshotsPlace =
  | { readonly kind: 'list' }
  /** The dialog that takes one, of what a filter finds. */
  | { readonly kind: 'new'; readonly filter: SampleFilter }
  | { readonly kind: 'one'; readonly id: SnapshotId }
  | { readonly kind: 'compare'; readonly before: SnapshotId; readonly after: SnapshotId };

export const SNAPSHOT_LIST: SnapshotsPlace = { kind: 'list' };

export function parseSnapshotsPlace(parts: readonly string[], parameters: URLSearchParams): SnapshotsPlace {
  const [first = '', second = ''] = parts;
  if (first === 'new') return { kind: 'new', filter: filterFromParameters(parameters) };
  const one = snapshotId.safeParse(first);
  const other = snapshotId.safeParse(second);
  if (one.success && other.success) return { kind: 'compare', before: one.data, after: other.data };
  return one.success ? { kind: 'one', id: one.data } : SNAPSHOT_LIST;
}

/** The hash of a place; `parseSnapshotsPlace` reads it back. */
export function formatSnapshotsPlace(place: SnapshotsPlace): string {
  switch (place.kind) {
    case 'list':
      return '#/snapshots';
    case 'new': {
      const text = filterToParameters(place.filter).toString();
      return text === '' ? '#/snapshots/new' : `#/snapshots/new?${text}`;
    }
    case 'one':
      return `#/snapshots/${place.id}`;
    case 'compare':
      return `#/snapshots/${place.before}/${place.after}`;
  }
}

export const NEW_SNAPSHOT: SnapshotsPlace = { kind: 'new', filter: ALL_SAMPLES };
