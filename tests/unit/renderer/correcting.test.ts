import { describe, expect, it } from 'vitest';
import type { CorrectingApi } from '../../../renderer/state/correcting.ts';
import { createCorrecting } from '../../../renderer/state/correcting.ts';
import { failureOf } from '../../../renderer/client/failure.ts';
import type { EditOutcome } from '../../../shared/contract/corrections.ts';
import type { Correction, CorrectionOperation } from '../../../shared/model/correction.ts';
import { correctionId, episodeId, reviewerId } from '../../../shared/model/ids.ts';
import { SIZING } from '../../helpers/corrections.ts';

const by = reviewerId.parse('rev_0000000000000000');
const id = correctionId.parse('cor_0000000000000000');

function thought(text: string): CorrectionOperation {
  return { kind: 'edit_thought', step: 'm0', thought: text };
}

function correction(revision: number, operations: readonly CorrectionOperation[]): Correction {
  return {
    id,
    episodeId: episodeId.parse('eps_0000000000000000'),
    by,
    createdAt: 1,
    revision,
    sizing: SIZING,
    operations,
  };
}

/** A host that keeps one correction. `meddle` is what somebody else does before the next edit arrives. */
function hostOf() {
  let stored: Correction | null = null;
  let fault: 'none' | 'before' | 'after' = 'none';
  const asides: CorrectionOperation[][] = [];
  const failing = (): never => {
    // oxlint-disable-next-line typescript/only-throw-error
    throw failureOf('internal', 'The connection to the app was lost before it answered.');
  };
  const api: CorrectingApi = {
    create: async (operations) => (stored = correction(1, operations)),
    edit: async (known, operations): Promise<EditOutcome> => {
      if (fault === 'before') failing();
      if (stored === null) throw new Error('nothing is stored');
      if (known.revision !== stored.revision) {
        asides.push([...operations]);
        return {
          kind: 'conflict',
          theirs: stored,
          mine: { id: `asd_${'0'.repeat(16)}`, by, at: 1, revision: known.revision, operations },
        };
      }
      stored = correction(stored.revision + 1, [...stored.operations, ...operations]);
      if (fault === 'after') failing();
      return { kind: 'saved', correction: stored, left: [] };
    },
    applyAside: async () => {
      if (stored === null) throw new Error('nothing is stored');
      stored = correction(stored.revision + 1, [...stored.operations, ...asides.flat()]);
      return { kind: 'saved', correction: stored, left: [] };
    },
    get: async () => stored ?? failing(),
  };
  return {
    api,
    asides,
    stored: () => stored,
    meddle: (text: string) => {
      if (stored !== null) stored = correction(stored.revision + 100, [...stored.operations, thought(text)]);
    },
    fail: (when: typeof fault) => {
      fault = when;
    },
  };
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
}

describe('a person’s edits', () => {
  it('are shown at once, go out one by one, and the first begins the correction', async () => {
    const host = hostOf();
    const desk = createCorrecting(host.api);
    desk.edit([thought('a')]);
    desk.edit([thought('b')]);
    expect(desk.store.get().pending).toHaveLength(2);
    await settled();
    expect(desk.store.get()).toMatchObject({ pending: [], failure: null, conflict: null });
    expect(host.stored()?.operations).toEqual([thought('a'), thought('b')]);
  });

  it('that meet somebody else’s are a conflict with both sides, all of mine set aside', async () => {
    const host = hostOf();
    const desk = createCorrecting(host.api);
    desk.edit([thought('a')]);
    await settled();
    host.meddle('theirs');
    desk.edit([thought('b')]);
    desk.edit([thought('c')]);
    await settled();
    const { conflict, pending } = desk.store.get();
    expect(pending).toEqual([]);
    expect(conflict?.base).toEqual([thought('a')]);
    expect(conflict?.theirs.operations).toEqual([thought('a'), thought('theirs')]);
    expect(conflict?.mine.operations).toEqual([thought('b'), thought('c')]);
    expect(host.asides.flat()).toEqual([thought('b'), thought('c')]);
    await desk.putOnTop(conflict?.mine.id ?? '');
    expect(desk.store.get().correction?.operations).toEqual(
      ['a', 'theirs', 'b', 'c'].map((text) => thought(text)),
    );
    expect(desk.store.get().conflict).toBeNull();
  });

  it('that were not taken stay, and go out again when a person says so', async () => {
    const host = hostOf();
    const desk = createCorrecting(host.api);
    desk.edit([thought('a')]);
    await settled();
    host.fail('before');
    desk.edit([thought('b')]);
    await settled();
    expect(desk.store.get().failure?.code).toBe('internal');
    expect(desk.store.get().pending).toEqual([thought('b')]);
    host.fail('none');
    desk.retry();
    await settled();
    expect(desk.store.get()).toMatchObject({ pending: [], failure: null });
    expect(host.stored()?.operations).toEqual([thought('a'), thought('b')]);
  });

  it('whose answer was lost on the way are not made twice', async () => {
    const host = hostOf();
    const desk = createCorrecting(host.api);
    desk.edit([thought('a')]);
    await settled();
    host.fail('after');
    desk.edit([thought('b')]);
    await settled();
    host.fail('none');
    desk.retry();
    await settled();
    expect(host.stored()?.operations).toEqual([thought('a'), thought('b')]);
    expect(desk.store.get()).toMatchObject({ pending: [], failure: null, conflict: null });
  });

  it('are not taken back by an answer that is older than theirs, but by an undo', async () => {
    const host = hostOf();
    let clock = 10;
    const desk = createCorrecting(host.api, () => clock);
    desk.edit([thought('a')]);
    desk.known(null, 99);
    await settled();
    const first = host.stored();
    clock = 20;
    desk.edit([thought('b')]);
    await settled();
    desk.known(first, 15);
    expect(desk.store.get().correction?.operations).toEqual([thought('a'), thought('b')]);
    desk.known(first, 21);
    expect(desk.store.get().correction).toBe(first);
  });
});
