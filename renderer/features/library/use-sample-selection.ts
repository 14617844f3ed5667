import { type KeyboardEvent, type MouseEvent, useState } from 'react';
import type { SampleId } from '../../../shared/model/ids.ts';
import type { SampleFilter, SampleSelection } from '../../../shared/model/sample-filter.ts';
import type { ListSelection } from './use-list-selection.ts';

/** Rows that are chosen: one by one, or all that the filter finds but a few. */
export interface ChosenSamples {
  readonly count: number;
  readonly isAll: boolean;
  readonly has: (id: SampleId) => boolean;
  readonly selection: SampleSelection;
  readonly chooseAll: () => void;
  readonly clear: () => void;
  readonly toggle: (index: number, id: SampleId) => void;
  readonly onRowClick: (event: MouseEvent, index: number) => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
}

const NONE: ReadonlySet<SampleId> = new Set();

/** Puts "all that match" above a list's own choosing: by the filter and not by ids, so that 100,000 are as quick as one. */
export function useSampleSelection(options: {
  readonly list: ListSelection;
  readonly listKey: string;
  readonly filter: SampleFilter;
  readonly total: number;
  readonly idAt: (index: number) => SampleId | undefined;
}): ChosenSamples {
  const { list, listKey, filter, total, idAt } = options;
  const [all, setAll] = useState<{ readonly listKey: string; readonly except: ReadonlySet<SampleId> } | null>(
    null,
  );
  const isAll = all !== null && all.listKey === listKey;
  const except = isAll ? all.except : NONE;
  const { chosen, active } = list.selection;
  const chooseAll = (): void => setAll({ listKey, except: NONE });
  const turn = (id: SampleId): void => {
    const next = new Set(except);
    if (!next.delete(id)) next.add(id);
    setAll({ listKey, except: next });
  };
  const clear = (): void => {
    setAll(null);
    list.clear();
  };
  return {
    isAll,
    count: isAll ? Math.max(0, total - except.size) : chosen.size,
    has: (id) => (isAll ? !except.has(id) : chosen.has(id)),
    selection: isAll
      ? { kind: 'filter', filter, except: [...except] }
      : { kind: 'ids', ids: [...chosen] as SampleId[] },
    chooseAll,
    clear,
    toggle: (index, id) => (isAll ? turn(id) : list.toggle(index)),
    onRowClick: (event, index) => {
      const id = idAt(index);
      if (isAll && (event.ctrlKey || event.metaKey) && id !== undefined) return turn(id);
      setAll(null);
      list.onRowClick(event, index);
    },
    onKeyDown: (event) => {
      if (event.target !== event.currentTarget) return;
      const control = event.ctrlKey || event.metaKey;
      const id = active < 0 ? undefined : idAt(active);
      if (control && event.key.toLowerCase() === 'a') {
        event.preventDefault();
        return chooseAll();
      }
      if (isAll && event.key === ' ' && id !== undefined) {
        event.preventDefault();
        return turn(id);
      }
      if (isAll && event.key === 'Escape') {
        event.preventDefault();
        return clear();
      }
      // Moving with the keys chooses the row, as it does without a choice of all.
      if (isAll && !control && /^(Arrow|Page|Home|End)/.test(event.key)) setAll(null);
      list.onKeyDown(event);
    },
  };
}
