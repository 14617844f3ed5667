import { expect, it } from 'vitest';
import { tempFolder } from '../../../helpers/temp.ts';
import { ACTS, furnish, openDesk } from '../../../helpers/undo-acts.ts';
import { attempt, holdUndo, journaledTables, undoAll } from '../../../helpers/undo-property.ts';

/** Tables whose feature has not added its acts to tests/helpers/undo-acts.ts. */
const NOT_YET: readonly string[] = ['demonstrations', 'snapshots'];

it.each([1, 2, 3, 4])(
  'undone to the very beginning and done again to the end, every byte is as it was (workspace %i)',
  (seed) => {
    holdUndo(tempFolder(), { runs: 50, seed, rolls: 30 });
  },
);

it('that is asked of every journaled table, and every act does something', () => {
  const desk = openDesk(tempFolder());
  furnish(desk);
  const silent = new Set(ACTS);
  for (let seed = 0; seed < 400 && silent.size > 0; seed += 1) {
    for (const act of silent) {
      let at = seed;
      const before = desk.workspace.journal.state(desk.by).undoCount;
      attempt(act, desk, (below) => {
        at = (at * 7919 + 13) % 10_007;
        return below <= 0 ? 0 : at % below;
      });
      if (desk.workspace.journal.state(desk.by).undoCount > before) silent.delete(act);
    }
    if (seed % 10 === 9) undoAll(desk);
  }
  expect([...silent].map(({ name }) => name)).toEqual([]);
  const touched = desk.workspace.database.raw
    .prepare<[], { name: string }>('SELECT DISTINCT name FROM journal')
    .all()
    .map(({ name }) => name);
  expect(journaledTables(desk.workspace).filter((table) => !touched.includes(table))).toEqual(NOT_YET);
  desk.workspace.close();
});
