import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder of its own for one test, removed when the test ends. */
export function tempFolder(name = 'test'): string {
  const folder = makeTempFolder(name);
  onTestFinished(() => removeFolder(folder));
  return folder;
}

/** The same for a whole file: the caller removes it. */
export function makeTempFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `imagent-${name}-`));
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
