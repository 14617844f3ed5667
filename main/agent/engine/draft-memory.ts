/**
 * What the turns of an agent were like, to guess how the one under way goes on: an agent writes its calls much alike.
 * A guess costs little (a run of four rows is hardly slower than a run of one, because both read every weight once) and
 * decides nothing: each guessed token is sampled all the same from the logits before it, and what is not drawn is
 * dropped.
 */
export interface DraftMemory {
  /** A turn under way, and from now on one of those that guesses come from. */
  beginTurn(): TurnDrafts;
}

export interface TurnDrafts {
  /** Notes a sampled token. */
  push(id: number): void;
  /** What came after the last tokens when they were last seen; at most `most` ids, mostly none in a new kind of turn. */
  propose(most: number): readonly number[];
}

/** Stands before the first token of a turn, so that a beginning is remembered too. */
const START = -1;
const LONGEST = 4;
const SHORTEST = 2;
/** Endings that are remembered; the oldest are forgotten first. */
const KEPT = 16_384;

interface Place {
  readonly turn: readonly number[];
  readonly next: number;
}

export function createDraftMemory(): DraftMemory {
  // A Map iterates in order of insertion, so its first key is the one that was written longest ago.
  const places = new Map<string, Place>();

  const keyOf = (turn: readonly number[], length: number): string => turn.slice(-length).join(' ');

  const remember = (turn: readonly number[]): void => {
    for (let length = SHORTEST; length <= LONGEST && length <= turn.length; length += 1) {
      const key = keyOf(turn, length);
      places.delete(key);
      places.set(key, { turn, next: turn.length });
    }
    for (const oldest of places.keys()) {
      if (places.size <= KEPT) break;
      places.delete(oldest);
    }
  };

  return {
    beginTurn() {
      const turn: number[] = [START, START];
      // The place before the first token is known from earlier turns; it is noted when that token comes.
      return {
        push(id) {
          remember(turn);
          turn.push(id);
        },
        propose(most) {
          if (most < 1) return [];
          for (let length = Math.min(LONGEST, turn.length); length >= SHORTEST; length -= 1) {
            const place = places.get(keyOf(turn, length));
            if (place !== undefined) return place.turn.slice(place.next, place.next + most);
          }
          return [];
        },
      };
    },
  };
}
