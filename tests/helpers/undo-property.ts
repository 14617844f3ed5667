import fc from 'fast-check';
import { expect } from 'vitest';
import type { Workspace } from '../../main/store/workspace.ts';
import { isStudioError } from '../../shared/contract/errors.ts';
import type { Act, Desk, Roll } from './undo-acts.ts';
import { ACTS, furnish, openDesk } from './undo-acts.ts';

/** Every table whose rows people's edits are journaled for. */
export function journaledTables({ database }: Workspace): readonly string[] {
  return database.raw
    .prepare<[], { name: string }>(
      "SELECT substr(name, 9, length(name) - 15) AS name FROM sqlite_schema WHERE type = 'trigger' AND name GLOB 'journal_*_update' ORDER BY name",
    )
    .all()
    .map(({ name }) => name);
}

/** Registers: a row that is not shown stays, for others to refer to, and is as good as not there. */
const SHOWN: Readonly<Record<string, string>> = {
  agents: 'removed_at IS NULL',
  images: 'removed_at IS NULL',
  snapshots: 'made_at IS NOT NULL',
};

/** All of their bytes. */
function bytesOf(workspace: Workspace): string {
  return JSON.stringify(
    journaledTables(workspace).map((table) => [
      table,
      workspace.database.raw
        .prepare(`SELECT * FROM ${table} WHERE ${SHOWN[table] ?? '1'} ORDER BY 1, 2`)
        .raw()
        .all(),
    ]),
  );
}

/** Does acts at random; what is refused did nothing. Returns how many were done. */
async function doActs(desk: Desk, rolls: readonly number[]): Promise<number> {
  let at = 0;
  const roll = (below: number): number => {
    const value = rolls[at % rolls.length] ?? 0;
    at += 1;
    return below <= 0 ? 0 : (value + at) % below;
  };
  const before = desk.workspace.journal.state(desk.by).undoCount;
  while (at < rolls.length) {
    const act = ACTS[roll(ACTS.length)];
    if (act !== undefined) await attempt(act, desk, roll);
  }
  return desk.workspace.journal.state(desk.by).undoCount - before;
}

export function undoAll({ journal, by }: Desk): number {
  let count = 0;
  while (journal.undo(by) !== null) count += 1;
  return count;
}

function redoAll({ journal, by }: Desk): number {
  let count = 0;
  while (journal.redo(by) !== null) count += 1;
  return count;
}

/** Does one act; one that is refused did nothing. */
export async function attempt(act: Act, desk: Desk, roll: Roll): Promise<void> {
  try {
    await act.run(desk, roll);
  } catch (error) {
    if (!isStudioError(error) && !(error instanceof Error && error.message.startsWith('no '))) throw error;
  }
}

/**
 * Random acts, undone to the very beginning, done again to the end, and undone once more: every byte of every
 * journaled table is as it was each time, also with restarts in between.
 */
export async function holdUndo(
  folder: string,
  options: { readonly runs: number; readonly seed: number; readonly rolls: number },
): Promise<void> {
  const { runs, seed, rolls: most } = options;
  let desk = openDesk(folder);
  furnish(desk);
  const beginning = bytesOf(desk.workspace);
  let done = 0;
  const restart = async (): Promise<void> => {
    await desk.close();
    desk = openDesk(folder);
  };
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(10_000), { minLength: 5, maxLength: most }),
      fc.nat(19),
      async (rolls, restartAt) => {
        const acts = await doActs(desk, rolls);
        done += acts;
        const end = bytesOf(desk.workspace);
        if (restartAt === 0) await restart();
        expect(undoAll(desk)).toBe(acts);
        expect(bytesOf(desk.workspace)).toBe(beginning);
        // Nothing was done now, so that what could be done again is of the run before.
        if (acts === 0) return;
        if (restartAt === 1) await restart();
        expect(redoAll(desk)).toBe(acts);
        expect(bytesOf(desk.workspace)).toBe(end);
        if (restartAt === 2) await restart();
        expect(undoAll(desk)).toBe(acts);
        expect(bytesOf(desk.workspace)).toBe(beginning);
      },
    ),
    { numRuns: runs, seed, endOnFailure: true },
  );
  await desk.close();
  // A generator whose edits are all refused would show nothing.
  expect(done).toBeGreaterThan(runs);
}
