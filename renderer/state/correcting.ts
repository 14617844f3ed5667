/** One person at one correction: edits go out one by one as they are made, and none is lost on the way. */
import type { EditOutcome, SetAside } from '../../shared/contract/corrections.ts';
import type { Correction, CorrectionOperation } from '../../shared/model/correction.ts';
import type { CorrectionId } from '../../shared/model/ids.ts';
import type { Failure } from '../client/failure.ts';
import { toFailure } from '../client/failure.ts';
import { createStore, type Store } from './store.ts';

/** Two versions that began as one: nobody's is lost, and a person says which stands. */
export interface EditConflict {
  /** What both began from, as this page knew it. */
  readonly base: readonly CorrectionOperation[];
  readonly theirs: Correction;
  readonly mine: SetAside;
}

export interface CorrectingState {
  /** As the host has it; null before the first edit. */
  readonly correction: Correction | null;
  /** Made here, and not yet acknowledged. They are shown already. */
  readonly pending: readonly CorrectionOperation[];
  readonly conflict: EditConflict | null;
  /** Why the first of the pending edits was not taken. */
  readonly failure: Failure | null;
}

export interface CorrectingApi {
  readonly create: (operations: readonly CorrectionOperation[]) => Promise<Correction>;
  readonly edit: (correction: Correction, operations: readonly CorrectionOperation[]) => Promise<EditOutcome>;
  readonly applyAside: (correction: Correction, setAside: string) => Promise<EditOutcome>;
  readonly get: (id: CorrectionId) => Promise<Correction>;
}

export interface Correcting {
  readonly store: Store<CorrectingState>;
  /**
   * What the host answered at a time. Ignored while edits are on their way, and where the answer to an edit came since:
   * that one is newer. (Revisions can't tell: an undo brings an older one back.)
   */
  readonly known: (correction: Correction | null, at: number) => void;
  readonly edit: (operations: readonly CorrectionOperation[]) => void;
  /** Sends what was not taken again. */
  readonly retry: () => void;
  /** Gives up what was not taken. */
  readonly drop: () => void;
  /** Leaves theirs as it is; mine stays set aside. */
  readonly keepTheirs: () => void;
  /** @returns why some edits could not be put on top */
  readonly putOnTop: (setAside: string) => Promise<readonly string[]>;
}

const NOTHING: CorrectingState = { correction: null, pending: [], conflict: null, failure: null };

export function createCorrecting(api: CorrectingApi, now: () => number = Date.now): Correcting {
  const store = createStore<CorrectingState>(NOTHING);
  let sending = false;
  let answeredAt = 0;

  const change = (part: Partial<CorrectingState>): void => store.set((state) => ({ ...state, ...part }));

  async function send(): Promise<void> {
    if (sending) return;
    sending = true;
    try {
      for (;;) {
        const { pending, correction, conflict } = store.get();
        const [first] = pending;
        if (first === undefined || conflict !== null) return;
        await sendOne(correction, first);
      }
    } catch (error) {
      change({ failure: toFailure(error) });
    } finally {
      sending = false;
    }
  }

  async function sendOne(correction: Correction | null, first: CorrectionOperation): Promise<void> {
    if (correction === null) {
      const made = await api.create([first]);
      answeredAt = now();
      store.set((state) => ({ ...state, correction: made, pending: state.pending.slice(1) }));
      return;
    }
    const outcome = await api.edit(correction, [first]);
    answeredAt = now();
    if (outcome.kind === 'saved') {
      store.set((state) => ({
        ...state,
        correction: outcome.correction,
        pending: state.pending.slice(1),
      }));
      return;
    }
    // What was made after the lost edit was made on the same stale version, and is set aside with it.
    const rest = store.get().pending.slice(1);
    const also = rest.length === 0 ? null : await api.edit(correction, rest);
    const mine: SetAside =
      also?.kind === 'conflict'
        ? { ...outcome.mine, operations: [...outcome.mine.operations, ...also.mine.operations] }
        : outcome.mine;
    change({
      correction: outcome.theirs,
      pending: [],
      conflict: { base: correction.operations, theirs: outcome.theirs, mine },
    });
  }

  /** Whether the host has the first pending edit already: its answer may have been lost with the connection. */
  async function wasTaken(): Promise<boolean> {
    const { correction, pending } = store.get();
    if (correction === null) return false;
    const now = await api.get(correction.id);
    const isTaken =
      now.operations.length === correction.operations.length + 1 &&
      JSON.stringify(now.operations.at(-1)) === JSON.stringify(pending[0]);
    if (isTaken) store.set((state) => ({ ...state, correction: now, pending: state.pending.slice(1) }));
    return isTaken;
  }

  return {
    store,
    known: (correction, at) => {
      const { pending, conflict } = store.get();
      if (!sending && pending.length === 0 && conflict === null && at > answeredAt) change({ correction });
    },
    edit: (operations) => {
      store.set((state) => ({ ...state, pending: [...state.pending, ...operations] }));
      if (store.get().failure === null) void send();
    },
    retry: () => {
      void wasTaken()
        .catch(() => false)
        .then(() => {
          change({ failure: null });
          return send();
        });
    },
    drop: () => change({ pending: [], failure: null }),
    keepTheirs: () => change({ conflict: null }),
    putOnTop: async (setAside) => {
      const { correction } = store.get();
      if (correction === null) return [];
      const outcome = await api.applyAside(correction, setAside);
      answeredAt = now();
      if (outcome.kind === 'saved') {
        change({ correction: outcome.correction, conflict: null });
        return outcome.left;
      }
      // Changed once more: shown again, with what is there now.
      store.set((state) => ({
        ...state,
        correction: outcome.theirs,
        conflict: {
          base: state.conflict?.base ?? outcome.theirs.operations,
          theirs: outcome.theirs,
          mine: outcome.mine,
        },
      }));
      return [];
    },
  };
}
