import type { AssignSplitsInput, SplitPreview, SplitsInput } from '../../../shared/contract/curation.ts';
import type { BulkProgress } from '../../../shared/model/bulk-edit.ts';
import type { SampleSelection } from '../../../shared/model/sample-filter.ts';
import type { Split } from '../../../shared/model/sample.ts';
import type { Workspace } from '../../store/workspace.ts';
import type { BulkService } from './bulk-service.ts';
import { membersOf, setsOf } from './image-sets.ts';
import { dealSets, SHARED_OUT } from './split-plan.ts';

/** Splits by image sets, so that what is tested on was never trained on. */
export interface SplitsService {
  /** How many samples outside of a selection share images with it and are in another split than `split`. */
  sharing(selection: SampleSelection, split: Split): { readonly others: number };
  preview(input: SplitsInput): SplitPreview;
  assign(input: AssignSplitsInput): BulkProgress;
}

export function createSplitsService(workspace: Workspace, bulk: BulkService): SplitsService {
  const search = workspace.sampleSearch;

  function plan({ selection, shares, seed }: SplitsInput) {
    const chosen = search.rowsOf(selection);
    const sets = setsOf(search.imagePairs(), chosen);
    return { chosen, sets, dealt: dealSets(sets, shares, seed) };
  }

  return {
    sharing: (selection, split) => {
      const chosen = search.rowsOf(selection);
      const mine = new Set(chosen);
      const others = membersOf(search.imagePairs(), chosen).filter((row) => !mine.has(row));
      const splits = search.splitsOf(others);
      return { others: others.filter((row) => splits.get(row) !== split).length };
    },
    preview: (input) => {
      const { chosen, sets, dealt } = plan(input);
      const all = sets.flat();
      const before = search.splitsOf(all);
      return {
        counts: {
          train: dealt.train.length,
          validation: dealt.validation.length,
          test: dealt.test.length,
        },
        sets: sets.length,
        largestSet: sets.reduce((most, set) => Math.max(most, set.length), 0),
        alongCount: all.length - chosen.length,
        changed: SHARED_OUT.reduce(
          (sum, split) => sum + dealt[split].filter((row) => before.get(row) !== split).length,
          0,
        ),
      };
    },
    assign: (input) => {
      const { sets, dealt } = plan(input);
      const count = sets.reduce((sum, set) => sum + set.length, 0);
      const label = `Deal ${count.toLocaleString('en')} samples out to splits`;
      return bulk.run(
        input.by,
        label,
        SHARED_OUT.map((split) => ({
          edit: { kind: 'set_split', split, withSharing: false },
          rows: dealt[split],
        })),
      );
    },
  };
}
