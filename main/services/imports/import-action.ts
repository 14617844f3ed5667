import type { ChangeTopic } from '../../../shared/contract/procedures.ts';
import type { ReviewerId } from '../../../shared/model/ids.ts';
import type { ImportJob } from '../../../shared/model/import-job.ts';
import type { Workspace } from '../../store/workspace.ts';

/** Who imports, and what it is called; `by` is null for what the app brings by itself, which nobody undoes. */
export interface ImportedBy {
  readonly by: ReviewerId | null;
  readonly source: string;
}

/** An import as one action of the journal, whose changes take many transactions. */
export interface ImportAction {
  /** One transaction. @throws StudioError conflict where the import was undone meanwhile; nothing is written then. */
  write<T>(change: () => T): T;
  /** Says what came of it. */
  ended(job: Pick<ImportJob, 'importedImages' | 'importedSamples'>): void;
}

export function createImportAction(
  deps: {
    readonly workspace: Workspace;
    readonly now: () => number;
    readonly notify: (topic: ChangeTopic) => void;
  },
  batch: number,
  { by, source }: ImportedBy,
): ImportAction {
  const { workspace, notify } = deps;
  if (by === null) return { write: (change) => workspace.write(change), ended: () => {} };
  const label = `Import "${source}"`;
  const known = workspace.importActions.of(batch);
  const parts = workspace.journal.actInParts({ by, at: deps.now(), label, subject: null }, known?.action);
  let isLinked = known !== null;
  return {
    write: (change) =>
      workspace.write(() => {
        const result = parts.run(change);
        const action = parts.number();
        if (!isLinked && action !== null) {
          workspace.importActions.link(batch, action);
          isLinked = true;
          notify('journal');
        }
        return result;
      }),
    ended: ({ importedImages, importedSamples }) => {
      const what = [
        ...(importedSamples === 0 ? [] : [plural(importedSamples, 'sample')]),
        ...(importedImages === 0 ? [] : [plural(importedImages, 'image')]),
      ];
      if (what.length > 0) parts.relabel(`${label} (${what.join(', ')})`);
      notify('journal');
    },
  };
}

function plural(count: number, noun: string): string {
  return count === 1 ? `one ${noun}` : `${count.toLocaleString('en')} ${noun}s`;
}

/** What an import of these files is called: by the file or folder where it is one. */
export function nameOfPaths(paths: readonly string[]): string {
  const [first, ...others] = new Set(paths);
  if (first === undefined || others.length > 0) return `${others.length + 1} files`;
  return first.split(/[\\/]/u).findLast((part) => part !== '') ?? first;
}
