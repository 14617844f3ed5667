import { assertNever } from '../../../shared/model/assert-never.ts';
import type { BulkEdit } from '../../../shared/model/bulk-edit.ts';
import type { WorkspaceDatabase } from '../database.ts';
import type { CounterRepository } from './counters.ts';
import { createTagRepository } from './tags.ts';

export interface BulkEdits {
  /** One edit of many samples, given by their rows. Inside `write`. @returns how many it changed. */
  apply(edit: BulkEdit, rows: readonly number[], at: number): number;
}

const ROWS = '(SELECT value FROM json_each(@rows))';

export function createBulkEdits(database: WorkspaceDatabase, counters: CounterRepository): BulkEdits {
  const { raw } = database;
  const tags = createTagRepository(database);
  const link = raw.prepare(`INSERT OR IGNORE INTO sample_tags SELECT value, @tag FROM json_each(@rows)`);
  const unlink = raw.prepare(`DELETE FROM sample_tags WHERE tag_seq = @tag AND sample_seq IN ${ROWS}`);
  const split = raw.prepare(`
    UPDATE samples SET split = @split, revision = @revision
    WHERE seq IN ${ROWS} AND removed_at IS NULL AND split <> @split`);
  const kind = raw.prepare(`
    UPDATE samples SET kind = @kind, revision = @revision
    WHERE seq IN ${ROWS} AND removed_at IS NULL AND kind <> @kind`);
  const remove = raw.prepare(
    `UPDATE samples SET removed_at = @at WHERE seq IN ${ROWS} AND removed_at IS NULL`,
  );

  return {
    apply: (edit, list, at) =>
      database.write(() => {
        const rows = JSON.stringify(list);
        switch (edit.kind) {
          case 'add_tag':
            return link.run({ rows, tag: tags.rowOf(edit.tag) }).changes;
          case 'remove_tag':
            return unlink.run({ rows, tag: tags.rowOf(edit.tag) }).changes;
          case 'set_split':
            return split.run({ rows, split: edit.split, revision: counters.nextRevision() }).changes;
          case 'set_kind':
            return kind.run({ rows, kind: edit.sampleKind, revision: counters.nextRevision() }).changes;
          case 'remove':
            return remove.run({ rows, at }).changes;
          default:
            return assertNever(edit);
        }
      }),
  };
}
