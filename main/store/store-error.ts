import type { ErrorCode } from '../../shared/contract/errors.ts';
import { isStudioError, StudioError } from '../../shared/contract/errors.ts';

const SENTENCES: Readonly<Partial<Record<ErrorCode, string>>> = {
  disk_full: 'Not saved: the disk is full. Free some space, then do it again.',
  workspace_locked: 'Not saved: another program is using this workspace. Close it, then do it again.',
  workspace_damaged:
    'The workspace could not be read or written. Nothing more is saved until the app is started again.',
  path_not_allowed: 'Not saved: the workspace folder is read-only.',
};

function codeOf(native: string): ErrorCode | null {
  if (native === 'ENOSPC' || native === 'EDQUOT' || native === 'SQLITE_FULL') return 'disk_full';
  if (native.startsWith('SQLITE_BUSY') || native.startsWith('SQLITE_LOCKED')) return 'workspace_locked';
  if (native.startsWith('SQLITE_READONLY') || native === 'EROFS') return 'path_not_allowed';
  if (/^SQLITE_(IOERR|CORRUPT|NOTADB|CANTOPEN)/.test(native)) return 'workspace_damaged';
  return null;
}

/**
 * What a failure of SQLite or of the file system means to a person. Errors that are neither come back as they
 * are, so that a fault in our own code is not dressed up as a full disk.
 */
export function toStoreError(error: unknown): unknown {
  if (isStudioError(error)) return error;
  const native = error instanceof Error && 'code' in error ? String(error.code) : '';
  const code = codeOf(native);
  return code === null ? error : new StudioError(code, SENTENCES[code] ?? native, { cause: error });
}
