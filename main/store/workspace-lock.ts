import { readFileSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { StudioError } from '../../shared/contract/errors.ts';
import { replaceFile } from './durable-files.ts';
import { toStoreError } from './store-error.ts';

/** Held while a host has the workspace open. */
export interface WorkspaceLock {
  release(): void;
}

/**
 * One host at a time. The lock itself is an exclusive transaction on a file of its own: the system drops it when
 * the process dies, however it dies, so a stale lock can't exist and no pid has to be guessed about. Who holds
 * it stands beside it, to be told to the next who asks.
 * @throws StudioError workspace_locked
 */
export function lockWorkspace(folder: string, startedAt: number): WorkspaceLock {
  const holderPath = join(folder, 'workspace.holder.json');
  let lock: Database.Database | null = null;
  try {
    lock = new Database(join(folder, 'workspace.lock'), { timeout: 0 });
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock?.close();
    const mapped = toStoreError(error);
    if (!(mapped instanceof StudioError) || mapped.code !== 'workspace_locked') throw mapped;
    throw new StudioError(
      'workspace_locked',
      `This workspace is open in another IMAgent Studio (${describeHolder(holderPath)}). Close that one, or use another folder with --workspace.`,
      { cause: error },
    );
  }
  const held = lock;
  replaceFile(holderPath, JSON.stringify({ pid: process.pid, startedAt, host: hostname() }));
  return {
    release: () => {
      if (!held.open) return;
      rmSync(holderPath, { force: true });
      held.exec('ROLLBACK');
      held.close();
    },
  };
}

function describeHolder(path: string): string {
  try {
    const holder: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof holder !== 'object' || holder === null || !('pid' in holder) || !('startedAt' in holder)) {
      return 'unknown';
    }
    return `process ${Number(holder.pid)}, since ${new Date(Number(holder.startedAt)).toISOString()}`;
  } catch {
    return 'unknown';
  }
}
