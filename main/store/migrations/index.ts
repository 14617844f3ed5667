import { initial } from './0001-initial.ts';
import { journal } from './0002-journal.ts';
import { corrections } from './0010-corrections.ts';
import { reviews } from './0020-reviews.ts';
import { groups } from './0030-groups.ts';
import { curation } from './0040-curation.ts';
import { snapshots } from './0041-snapshots.ts';
import { imageLooks } from './0042-image-looks.ts';
import { runs } from './0050-runs.ts';
import { tableImports } from './0060-table-imports.ts';
import { queueOfGroups } from './0065-queue-of-groups.ts';
import { undoImports } from './0070-undo-imports.ts';
import { queueCells } from './0071-queue-cells.ts';
import { tolerance } from './0072-tolerance.ts';
import type { Migration } from './migration.ts';

/** Every step of the schema, oldest first. */
export const MIGRATIONS: readonly Migration[] = [
  initial,
  journal,
  corrections,
  reviews,
  groups,
  curation,
  snapshots,
  imageLooks,
  runs,
  tableImports,
  queueOfGroups,
  undoImports,
  queueCells,
  tolerance,
];
