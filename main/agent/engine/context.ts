import { BackendError } from '../backend.ts';
import type { KeyValueCache } from './kv-cache.ts';
import type { ImageFeatures, LoadedModel } from './model.ts';
import { type PositionRun, positionIds, positionsOf, runTokens } from './positions.ts';

/** A piece of context that is ready to go through the decoder. */
export type ContextPiece =
  | { readonly kind: 'text'; readonly ids: readonly number[] }
  | { readonly kind: 'image'; readonly features: ImageFeatures };

/** Everything that a context is, apart from the rows of its cache. Values are never changed in place. */
interface ContextState {
  readonly cacheLength: number;
  readonly nextPosition: number;
  /** Sampled, but not yet through the decoder: the last token of a turn waits for what is appended after it. */
  readonly pending: readonly number[];
  /** After the last row of the cache; null when there is none. */
  readonly logits: Float32Array | null;
}

export type ContextCheckpoint = ContextState;

export interface PrefillOptions {
  /** Asked between chunks. */
  readonly signal?: AbortSignal | undefined;
  /** Rows that went through the decoder, of all that this append has to take. */
  readonly onChunk?: (doneRows: number, totalRows: number) => void;
}

/** The text and images that the model has before it, as a cache that can be added to and cut back. */
export interface Context {
  /** Pending tokens included. */
  readonly tokens: number;
  readonly bytes: number;
  /** Adds pieces and runs them. All or nothing. @returns rows that went through the decoder. */
  append(pieces: readonly ContextPiece[], options?: PrefillOptions): Promise<number>;
  /** Adds a sampled token without running it. */
  push(id: number): void;
  /**
   * Runs what is pending and gives the logits for the next token. `guess` says which tokens may well be pushed next:
   * they go through the decoder in the same run, and each that is then pushed has its logits already. A guess that is
   * wrong leaves no trace.
   */
  nextLogits(guess?: readonly number[]): Promise<Float32Array>;
  checkpoint(): ContextCheckpoint;
  /** The checkpoint must be of this context and not older than a rollback to before it. */
  rollback(checkpoint: ContextCheckpoint): void;
  /** A context of its own that goes on from the same place. */
  clone(): Context;
  /** Gives the memory back; nothing may be done with the context after it. */
  release(): void;
}

function runOf(piece: ContextPiece): PositionRun {
  if (piece.kind === 'text') return { kind: 'text', tokens: piece.ids.length };
  const { gridHeight, gridWidth } = piece.features;
  return { kind: 'image', gridHeight, gridWidth };
}

/** Tokens that a piece takes in the context. */
export function pieceTokens(piece: ContextPiece): number {
  return runTokens(runOf(piece));
}

async function embeddingsOf(model: LoadedModel, pieces: readonly ContextPiece[]): Promise<Float32Array> {
  const [first] = pieces;
  if (pieces.length === 1 && first?.kind === 'text') return await model.embed(first.ids);
  const { hidden } = model.folder.config;
  const total = pieces.reduce((sum, piece) => sum + pieceTokens(piece), 0);
  const rows = new Float32Array(total * hidden);
  let at = 0;
  for (const piece of pieces) {
    const part = piece.kind === 'text' ? await model.embed(piece.ids) : piece.features.rows;
    rows.set(part, at);
    at += part.length;
  }
  return rows;
}

function contextFrom(model: LoadedModel, cache: KeyValueCache, start: ContextState): Context {
  const { hidden, maxPositions, vocabularySize } = model.folder.config;
  let state = start;
  /** Guessed tokens whose rows stand in the cache behind those of the state, and the logits after each. */
  let ahead: readonly { readonly id: number; readonly logits: Float32Array }[] = [];
  const dropAhead = (): void => {
    if (ahead.length > 0) cache.truncate(state.cacheLength);
    ahead = [];
  };

  /** Runs pieces in chunks; the cache grows with every chunk, the state only at the end. */
  const prefill = async (pieces: readonly ContextPiece[], options: PrefillOptions): Promise<number> => {
    const positions = positionsOf(pieces.map(runOf), state.nextPosition);
    const total = positions.time.length;
    if (total === 0) return 0;
    if (positions.nextPosition > maxPositions || state.cacheLength + total > maxPositions) {
      throw new BackendError('context_full', `the context would pass the model's ${maxPositions} positions`);
    }
    const embeddings = await embeddingsOf(model, pieces);
    let { logits } = state;
    for (let from = 0, to = 0; from < total; from = to) {
      if (options.signal?.aborted === true)
        throw new BackendError('aborted', 'stopped while the context was read');
      to = Math.min(total, from + model.chunkRows(cache.length));
      const rows = embeddings.subarray(from * hidden, to * hidden);
      logits = await model.decode(cache, rows, positionIds(positions, from, to));
      options.onChunk?.(to, total);
    }
    state = { cacheLength: cache.length, nextPosition: positions.nextPosition, pending: [], logits };
    return total;
  };

  /** Runs what is pending, and the guessed tokens behind it. */
  const runPending = async (guess: readonly number[]): Promise<void> => {
    const { pending } = state;
    const fits = state.nextPosition + pending.length + guess.length <= maxPositions;
    if (guess.length === 0 || !model.takesGuesses || !fits) {
      await prefill([{ kind: 'text', ids: pending }], {});
      return;
    }
    const ids = [...pending, ...guess];
    const positions = positionsOf([{ kind: 'text', tokens: ids.length }], state.nextPosition);
    const rows = positionIds(positions, 0, ids.length);
    const all = await model.decode(cache, await model.embed(ids), rows, guess.length + 1);
    const after = (place: number): Float32Array =>
      all.subarray(place * vocabularySize, (place + 1) * vocabularySize);
    state = {
      cacheLength: state.cacheLength + pending.length,
      nextPosition: state.nextPosition + pending.length,
      pending: [],
      logits: after(0),
    };
    ahead = guess.map((id, index) => ({ id, logits: after(index + 1) }));
  };

  const withPending = (pieces: readonly ContextPiece[]): readonly ContextPiece[] =>
    state.pending.length === 0 ? pieces : [{ kind: 'text', ids: state.pending }, ...pieces];

  return {
    get tokens() {
      return state.cacheLength + state.pending.length;
    },
    get bytes() {
      return cache.bytes;
    },
    async append(pieces, options = {}) {
      dropAhead();
      try {
        return await prefill(withPending(pieces), options);
      } catch (error) {
        cache.truncate(state.cacheLength);
        throw error;
      }
    },
    push(id) {
      const [first, ...rest] = ahead;
      if (first?.id === id) {
        const { cacheLength, nextPosition } = state;
        state = {
          cacheLength: cacheLength + 1,
          nextPosition: nextPosition + 1,
          pending: [],
          logits: first.logits,
        };
        ahead = rest;
        return;
      }
      dropAhead();
      state = { ...state, pending: [...state.pending, id] };
    },
    async nextLogits(guess = []) {
      if (state.pending.length > 0) {
        try {
          await runPending(guess);
        } catch (error) {
          cache.truncate(state.cacheLength);
          throw error;
        }
      }
      if (state.logits === null) throw new BackendError('internal', 'an empty context has no next token');
      return state.logits;
    },
    checkpoint: () => state,
    rollback(checkpoint) {
      dropAhead();
      if (checkpoint.cacheLength > cache.length) {
        throw new BackendError('checkpoint_invalid', 'the context was rolled back to before this checkpoint');
      }
      cache.truncate(checkpoint.cacheLength);
      state = checkpoint;
    },
    release: () => cache.release(),
    clone() {
      dropAhead();
      return contextFrom(model, cache.clone(), state);
    },
  };
}

export function createContext(model: LoadedModel): Context {
  return contextFrom(model, model.newCache(), { cacheLength: 0, nextPosition: 0, pending: [], logits: null });
}
