import { expect, it } from 'vitest';
import { appRouter } from '../../../../main/router.ts';
import { TOPIC_OF_TABLE } from '../../../../main/services/journal/journal-service.ts';
import { tempFolder } from '../../../helpers/temp.ts';
import { ACTS, furnish, openDesk } from '../../../helpers/undo-acts.ts';
import { attempt, holdUndo, journaledTables, undoAll } from '../../../helpers/undo-property.ts';
import { UNDOING } from '../../../helpers/undo-registry.ts';

it.each([1, 2, 3, 4])(
  'undone to the very beginning and done again to the end, every byte is as it was (workspace %i)',
  async (seed) => {
    await holdUndo(tempFolder(), { runs: 50, seed, rolls: 30 });
  },
);

it('that is asked of every journaled table, and every act does something', async () => {
  const desk = openDesk(tempFolder());
  furnish(desk);
  const silent = new Set(ACTS);
  for (let seed = 0; seed < 400 && silent.size > 0; seed += 1) {
    for (const act of silent) {
      let at = seed;
      const before = desk.workspace.journal.state(desk.by).undoCount;
      await attempt(act, desk, (below) => {
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
  const tables = journaledTables(desk.workspace);
  expect(tables.filter((table) => !touched.includes(table))).toEqual([]);
  // Lists that show such a table are told to read again after an undo.
  expect(Object.keys(TOPIC_OF_TABLE).toSorted()).toEqual(tables);
  await desk.close();
});

it('every mutation of the router is an act of this test, or says why it is none', () => {
  // Flat at run time: a path to a procedure.
  const procedures = appRouter._def.procedures as unknown as Readonly<
    Record<string, { readonly _def: { readonly type: string } }>
  >;
  const mutations = Object.entries(procedures)
    .filter(([, procedure]) => procedure._def.type === 'mutation')
    .map(([path]) => path);
  expect(mutations.length).toBeGreaterThan(40);
  expect(Object.keys(UNDOING).toSorted()).toEqual(mutations.toSorted());
  const named = Object.values(UNDOING).flatMap((one) => ('acts' in one ? one.acts : []));
  expect([...new Set(named)].toSorted()).toEqual(ACTS.map(({ name }) => name).toSorted());
});
