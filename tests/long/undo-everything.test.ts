import { it } from 'vitest';
import { tempFolder } from '../helpers/temp.ts';
import { holdUndo } from '../helpers/undo-property.ts';

const RUNS = 1000;
const WORKSPACES = 20;

it.each(Array.from({ length: WORKSPACES }, (_none, index) => index))(
  `${RUNS / WORKSPACES} random sequences of every kind of edit, undone and done again to the byte (workspace %i)`,
  async (workspace) => {
    await holdUndo(tempFolder(), { runs: RUNS / WORKSPACES, seed: 1000 + workspace, rolls: 60 });
  },
);
