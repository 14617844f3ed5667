import { z } from 'zod';
import { DEFAULT_COLUMNS, type SampleColumn, sampleColumn } from '../../shared/model/saved-view.ts';
import { createStore, useStore } from './store.ts';

/** Which columns are shown is this page's own matter, until a view is saved with them. */
const PLACE = 'imagent.columns';

function remembered(): readonly SampleColumn[] {
  try {
    const parsed = z.array(sampleColumn).safeParse(JSON.parse(window.localStorage.getItem(PLACE) ?? ''));
    return parsed.success ? parsed.data : DEFAULT_COLUMNS;
  } catch {
    return DEFAULT_COLUMNS;
  }
}

const chosen = createStore<readonly SampleColumn[]>(
  typeof window === 'undefined' ? DEFAULT_COLUMNS : remembered(),
);

/** Columns are always in the order of the enum. */
export function chooseColumns(columns: readonly SampleColumn[]): void {
  const ordered = sampleColumn.options.filter((column) => columns.includes(column));
  window.localStorage.setItem(PLACE, JSON.stringify(ordered));
  chosen.set(() => ordered);
}

export function useColumns(): readonly SampleColumn[] {
  return useStore(chosen, (columns) => columns);
}
