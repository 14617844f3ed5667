import { StudioError } from '../../shared/contract/errors.ts';
import type { ReviewerId } from '../../shared/model/ids.ts';
import type { JournalAction, JournalState } from '../../shared/model/journal.ts';
import type { WorkspaceDatabase } from './database.ts';
import { createJournalRules } from './journal-rules.ts';
import { imageOf, shapeOf } from './journal-triggers.ts';

export interface ActionInput {
  readonly by: ReviewerId;
  readonly at: number;
  readonly label: string;
  readonly subject: string | null;
  readonly reason?: string | null;
}

/** An action that was undone or done again, with the tables in which rows changed. */
export interface Replayed {
  readonly action: JournalAction;
  readonly tables: readonly string[];
}

export interface ActionParts {
  /** @throws StudioError conflict when the action was undone between two parts; nothing is written then. */
  run<T>(part: () => T): T;
  /** Null until a part has changed something. */
  number(): number | null;
  /** Says what was done, once it is known. */
  relabel(label: string): void;
}

/**
 * Undo and redo for everything that people do. An action is the rows that it changed, before and after; undoing puts
 * the former back. It needs to know nothing of what the action meant, and covers a bulk edit like any other.
 */
export interface Journal {
  /**
   * Runs `change` in one transaction as one action of a reviewer. What it changes in journaled tables can be undone.
   * An action that changed nothing leaves no trace. Nested calls join the outer action.
   */
  act<T>(action: ActionInput, change: () => T): T;
  /**
   * One action whose change takes several transactions, so that others get a turn between them. What was written when
   * the host dies is undone with it like any whole action. With `from` it goes on in an action that was begun before.
   * Not to be nested.
   */
  actInParts(action: ActionInput, from?: number): ActionParts;
  /** What follows from an action later is part of it, where it still holds, and is undone with it. */
  amend<T>(action: number, change: () => T): T;
  /** Undoes the newest action of a reviewer that holds; null when there is none. @throws StudioError conflict */
  undo(by: ReviewerId, at: number): Replayed | null;
  /** Does the oldest undone action again; null when there is none. @throws StudioError conflict */
  redo(by: ReviewerId): Replayed | null;
  state(by: ReviewerId): JournalState;
  /** Newest first. */
  history(subject: string, limit: number): readonly JournalAction[];
}

interface ActionRow {
  readonly seq: number;
  readonly reviewer_id: ReviewerId;
  readonly at: number;
  readonly label: string;
  readonly subject: string | null;
  readonly reason: string | null;
  readonly undone_at: number | null;
}

interface EntryRow {
  readonly name: string;
  readonly key: string;
  readonly before: string | null;
  readonly after: string | null;
}

const SELECT =
  'SELECT actions.*, reviewers.id AS reviewer_id FROM actions JOIN reviewers ON reviewers.seq = reviewer_seq';
const TO_UNDO = 'reviewer_seq = (SELECT seq FROM reviewers WHERE id = ?) AND undone_at IS NULL';
const TO_REDO =
  'reviewer_seq = (SELECT seq FROM reviewers WHERE id = ?) AND undone_at IS NOT NULL AND superseded = 0';

function toAction(row: ActionRow): JournalAction {
  const { seq, reviewer_id: by, at, label, subject, reason, undone_at: undoneAt } = row;
  return { number: seq, by, at, label, subject, reason, undoneAt };
}

export function createJournal(database: WorkspaceDatabase): Journal {
  const { raw } = database;
  const current = raw.prepare<[], { action_seq: number | null }>('SELECT action_seq FROM journal_open');
  const open = raw.prepare<[number | bigint | null]>('UPDATE journal_open SET action_seq = ?');
  const insert = raw.prepare(`
    INSERT INTO actions (reviewer_seq, at, label, subject, reason)
    SELECT seq, @at, @label, @subject, @reason FROM reviewers WHERE id = @by`);
  const hasEntries = raw.prepare<[number | bigint], unknown>(
    'SELECT 1 FROM journal WHERE action_seq = ? LIMIT 1',
  );
  const stillHolds = raw.prepare<[number | bigint], unknown>(
    'SELECT 1 FROM actions WHERE seq = ? AND undone_at IS NULL',
  );
  const drop = raw.prepare<[number | bigint]>('DELETE FROM actions WHERE seq = ?');
  const relabel = raw.prepare<[string, number]>('UPDATE actions SET label = ? WHERE seq = ?');
  const supersede = raw.prepare<[string]>(`UPDATE actions SET superseded = 1 WHERE ${TO_REDO}`);
  const nextUndo = raw.prepare<[string], ActionRow>(
    `${SELECT} WHERE ${TO_UNDO} ORDER BY actions.seq DESC LIMIT 1`,
  );
  const nextRedo = raw.prepare<[string], ActionRow>(
    `${SELECT} WHERE ${TO_REDO} ORDER BY actions.seq LIMIT 1`,
  );
  const countUndo = raw.prepare<[string], { n: number }>(
    `SELECT count(*) AS n FROM actions WHERE ${TO_UNDO}`,
  );
  const countRedo = raw.prepare<[string], { n: number }>(
    `SELECT count(*) AS n FROM actions WHERE ${TO_REDO}`,
  );
  const bySubject = raw.prepare<[string, number], ActionRow>(
    `${SELECT} WHERE subject = ? ORDER BY actions.seq DESC LIMIT ?`,
  );
  const entriesOf = raw.prepare<[number], EntryRow>(
    'SELECT * FROM journal WHERE action_seq = ? ORDER BY seq',
  );
  const mark = raw.prepare<[number | null, number]>('UPDATE actions SET undone_at = ? WHERE seq = ?');
  const writers = new Map<string, RowWriter>();
  const rules = createJournalRules(raw);

  function writerOf(table: string): RowWriter {
    const known = writers.get(table) ?? createRowWriter(database, table);
    writers.set(table, known);
    return known;
  }

  function put(entry: EntryRow, from: string | null, to: string | null): void {
    if (!writerOf(entry.name).replace(entry.key, from, to)) {
      throw new StudioError(
        'conflict',
        'The same thing was changed since, by somebody else or in another window. Look at it as it is now; nothing was undone.',
      );
    }
  }

  function begin({ by, at, label, subject, reason }: ActionInput): number {
    const { changes, lastInsertRowid } = insert.run({ by, at, label, subject, reason: reason ?? null });
    if (changes !== 1) throw new StudioError('not_found', 'This reviewer is not in the workspace.');
    return Number(lastInsertRowid);
  }

  /** Runs a change as part of an action; false when it changed nothing so far. */
  function record<T>(seq: number, change: () => T): readonly [T, boolean] {
    open.run(seq);
    const result = change();
    open.run(null);
    return [result, hasEntries.get(seq) !== undefined];
  }

  /** A row that something else came to refer to cannot be taken away: found at the end, when every entry is put. */
  function replay(way: 'undone' | 'done again', change: () => Replayed | null): Replayed | null {
    try {
      return database.write(change);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      if (!code.startsWith('SQLITE_CONSTRAINT')) throw error;
      const why =
        code === 'SQLITE_CONSTRAINT_FOREIGNKEY'
          ? 'Something that was made since depends on it, such as a run of a new sample. It stays'
          : 'The same thing is in the workspace again, such as an image or a row that was imported anew';
      throw new StudioError('conflict', `${why}; nothing was ${way}.`, { cause: error });
    }
  }

  /** Rows put back may not fit what others did to different rows meanwhile. */
  function checkRules(seq: number, tables: readonly string[], way: 'undone' | 'done again'): void {
    const broken = rules.broken(seq, tables);
    if (broken !== null) throw new StudioError('conflict', `${broken} Nothing was ${way}.`);
  }

  return {
    act: (action, change) =>
      database.write(() => {
        if (current.get()?.action_seq !== null) return change();
        const seq = begin(action);
        const [result, changed] = record(seq, change);
        if (changed) supersede.run(action.by);
        else drop.run(seq);
        return result;
      }),
    amend: (action, change) =>
      database.write(() => {
        if (current.get()?.action_seq !== null || stillHolds.get(action) === undefined) return change();
        return record(action, change)[0];
      }),
    actInParts: (action, from) => {
      let seq: number | null = from ?? null;
      return {
        run: (part) =>
          database.write(() => {
            if (seq !== null && stillHolds.get(seq) === undefined)
              throw new StudioError(
                'conflict',
                'This was undone while it went on. The rest was left as it is.',
              );
            const own = seq ?? begin(action);
            const [result, changed] = record(own, part);
            if (seq === null && changed) {
              supersede.run(action.by);
              seq = own;
            } else if (!changed && seq === null) drop.run(own);
            return result;
          }),
        number: () => seq,
        relabel: (label) =>
          database.write(() => {
            if (seq !== null) relabel.run(label, seq);
          }),
      };
    },
    undo: (by, at) =>
      replay('undone', () => {
        const action = nextUndo.get(by);
        if (!action) return null;
        raw.pragma('defer_foreign_keys = ON');
        const entries = entriesOf.all(action.seq).toReversed();
        for (const entry of entries) put(entry, entry.after, entry.before);
        const tables = tablesOf(entries);
        checkRules(action.seq, tables, 'undone');
        mark.run(at, action.seq);
        return { action: toAction({ ...action, undone_at: at }), tables };
      }),
    redo: (by) =>
      replay('done again', () => {
        const action = nextRedo.get(by);
        if (!action) return null;
        raw.pragma('defer_foreign_keys = ON');
        const entries = entriesOf.all(action.seq);
        for (const entry of entries) put(entry, entry.before, entry.after);
        const tables = tablesOf(entries);
        checkRules(action.seq, tables, 'done again');
        mark.run(null, action.seq);
        return { action: toAction({ ...action, undone_at: null }), tables };
      }),
    state: (by) =>
      database.read(() => {
        const undo = nextUndo.get(by);
        const redo = nextRedo.get(by);
        return {
          undo: undo ? toAction(undo) : null,
          redo: redo ? toAction(redo) : null,
          undoCount: countUndo.get(by)?.n ?? 0,
          redoCount: countRedo.get(by)?.n ?? 0,
        };
      }),
    history: (subject, limit) => database.read(() => bySubject.all(subject, limit).map(toAction)),
  };
}

function tablesOf(entries: readonly EntryRow[]): readonly string[] {
  return [...new Set(entries.map(({ name }) => name))];
}

interface RowWriter {
  /** Makes the row with this key from `from` to `to` (null: no row). False, and nothing done, where it is not `from`. */
  replace(key: string, from: string | null, to: string | null): boolean;
}

function createRowWriter({ raw }: WorkspaceDatabase, table: string): RowWriter {
  const shape = shapeOf(raw, table);
  const where = shape.key.map((name, at) => `${name} = json_extract(@key, '$[${at}]')`).join(' AND ');
  const value = (name: string): string => `json_extract(@row, '$.${name}')`;
  const find = raw.prepare<[{ key: string }], { image: string }>(
    `SELECT ${imageOf(shape, table)} AS image FROM ${table} WHERE ${where}`,
  );
  const remove = raw.prepare<[{ key: string }]>(`DELETE FROM ${table} WHERE ${where}`);
  const insert = raw.prepare<[{ row: string }]>(
    `INSERT INTO ${table} (${shape.columns.join(', ')}) VALUES (${shape.columns.map(value).join(', ')})`,
  );
  const update = raw.prepare<[{ key: string; row: string }]>(
    `UPDATE ${table} SET ${shape.columns.map((name) => `${name} = ${value(name)}`).join(', ')} WHERE ${where}`,
  );
  return {
    replace: (key, from, to) => {
      if ((find.get({ key })?.image ?? null) !== from) return false;
      if (to === null) remove.run({ key });
      else if (from === null) insert.run({ row: to });
      else update.run({ key, row: to });
      return true;
    },
  };
}
