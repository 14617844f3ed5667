import Database from 'better-sqlite3';
import { StudioError } from '../../shared/contract/errors.ts';
import { createFileSync } from './durable-files.ts';
import { toStoreError } from './store-error.ts';

/** SQLite's number for synchronous=FULL: the log is synced at every commit. */
const FULL = 2;

/**
 * The one connection of a workspace. Everything that writes goes through `write`, which returns after COMMIT
 * or throws with nothing written.
 */
export interface WorkspaceDatabase {
  readonly path: string;
  readonly raw: Database.Database;
  /** Runs `change` in one immediate transaction. Nested calls join the outer one. */
  write<T>(change: () => T): T;
  /**
   * As `write`, but returns before the disk has it: it outlives this process, and a power loss only once `synced` has
   * resolved or a later `write` has returned. For what nobody has been told yet.
   */
  writeSoon<T>(change: () => T): T;
  /**
   * Resolves when all that was committed before the call would outlive a power loss. Waits off the event loop, on
   * which a slow disk would stop everything else.
   * @throws StudioError disk_full, workspace_damaged
   */
  synced(): Promise<void>;
  read<T>(query: () => T): T;
  /** Inside `write`: what `change` wrote is taken back when it throws, and the transaction goes on. */
  savepoint<T>(change: () => T): T;
  close(): void;
}

/**
 * Opens the database file, or makes it.
 * @throws StudioError workspace_damaged, workspace_locked, disk_full, path_not_allowed
 */
export function openDatabase(path: string): WorkspaceDatabase {
  let raw: Database.Database | null = null;
  try {
    raw = new Database(path);
    configure(raw);
    return wrap(raw, path);
  } catch (error) {
    raw?.close();
    throw toStoreError(error);
  }
}

function configure(raw: Database.Database): void {
  // better-sqlite3 is compiled so that WAL means synchronous=NORMAL, with which an acknowledged edit may be
  // gone after a power loss.
  raw.pragma('journal_mode = WAL');
  raw.pragma('synchronous = FULL');
  if (process.platform === 'darwin') {
    raw.pragma('fullfsync = 1');
    raw.pragma('checkpoint_fullfsync = 1');
  }
  raw.pragma('foreign_keys = ON');
  raw.pragma('busy_timeout = 5000');
  raw.pragma('trusted_schema = OFF');
  raw.pragma('cell_size_check = ON');
  // Kibibytes: lists of 100,000 samples are scanned in memory.
  raw.pragma('cache_size = -65536');
  raw.pragma('journal_size_limit = 67108864');
}

/**
 * The database as it stands now, whatever is written meanwhile: for what reads so much that it must let others work
 * in between. To be closed soon, because the log can't be emptied while it is open.
 */
export function openReader(path: string): WorkspaceDatabase {
  const raw = new Database(path, { readonly: true, fileMustExist: true });
  raw.pragma('trusted_schema = OFF');
  raw.exec('BEGIN');
  raw.pragma('user_version');
  const reader = wrap(raw, path);
  return {
    ...reader,
    write: () => {
      throw new Error('a reader writes nothing');
    },
  };
}

/** To be asked after a first write: on a fresh file the pragma tells the wanted value before it holds. */
export function assertDurable(database: WorkspaceDatabase): void {
  const synchronous = database.raw.pragma('synchronous', { simple: true });
  const journal = database.raw.pragma('journal_mode', { simple: true });
  if (synchronous !== FULL || journal !== 'wal') {
    throw new StudioError(
      'workspace_damaged',
      `The workspace folder can't keep edits safe: its file system refused journal ${String(journal)}, synchronous ${String(synchronous)}. Use a local disk.`,
    );
  }
}

function wrap(raw: Database.Database, path: string): WorkspaceDatabase {
  // After a failed sync the system may have dropped pages that it still calls clean, so what is in memory can't
  // be trusted any more: nothing is acknowledged until the file was closed and opened again.
  let broken: StudioError | null = null;

  function run<T>(work: () => T): T {
    if (broken !== null) throw new StudioError(broken.code, broken.message);
    try {
      return work();
    } catch (error) {
      const mapped = toStoreError(error);
      if (mapped instanceof StudioError && mapped.code === 'workspace_damaged') broken = mapped;
      throw mapped;
    }
  }

  const write = <T>(change: () => T): T =>
    run(() => (raw.inTransaction ? change() : raw.transaction(change).immediate()));

  const log = createFileSync(`${path}-wal`);

  return {
    path,
    raw,
    write,
    writeSoon(change) {
      if (raw.inTransaction) return write(change);
      raw.pragma('synchronous = NORMAL');
      try {
        return write(change);
      } finally {
        raw.pragma('synchronous = FULL');
      }
    },
    async synced() {
      if (broken !== null) throw new StudioError(broken.code, broken.message);
      try {
        await log.sync();
      } catch (cause) {
        const mapped = toStoreError(cause);
        const message =
          'The disk did not take what was written. Nothing more is saved until the app is started again.';
        broken =
          mapped instanceof StudioError ? mapped : new StudioError('workspace_damaged', message, { cause });
        throw broken;
      }
    },
    read: (query) => run(query),
    // Inside a transaction the library makes this a savepoint.
    savepoint: (change) => raw.transaction(change)(),
    close: () => raw.close(),
  };
}
