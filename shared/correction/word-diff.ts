/** What a thought lost and gained, word by word. */
export interface WordChange {
  readonly kind: 'same' | 'removed' | 'added';
  readonly text: string;
}

/** Beyond this many comparisons a changed stretch is shown as a whole: nobody reads it word by word. */
const MAX_CELLS = 4_000_000;

/** The pieces in order; those that are not `added` are `before`, those that are not `removed` are `after`. */
export function diffWords(before: string, after: string): readonly WordChange[] {
  const old = wordsOf(before);
  const fresh = wordsOf(after);
  const head = commonLength(old, fresh);
  const tail = commonLength(old.slice(head).toReversed(), fresh.slice(head).toReversed());
  const same = (words: readonly string[]): readonly WordChange[] =>
    words.map((text) => ({ kind: 'same', text }));
  return joined([
    ...same(old.slice(0, head)),
    ...middle(old.slice(head, old.length - tail), fresh.slice(head, fresh.length - tail)),
    ...same(old.slice(old.length - tail)),
  ]);
}

/** Words with the spaces before them, so that joining them gives the text again. */
function wordsOf(text: string): readonly string[] {
  return text.match(/\s*\S+|\s+$/gu) ?? [];
}

function commonLength(one: readonly string[], other: readonly string[]): number {
  const differs = one.findIndex((word, at) => word !== other[at]);
  return differs < 0 ? Math.min(one.length, other.length) : differs;
}

/** The longest common subsequence, by the table of its lengths. */
function middle(old: readonly string[], fresh: readonly string[]): readonly WordChange[] {
  const columns = fresh.length + 1;
  if ((old.length + 1) * columns > MAX_CELLS) {
    return [...old.map(removed), ...fresh.map(added)];
  }
  const lengths = new Uint32Array((old.length + 1) * columns);
  const length = (row: number, column: number): number => lengths[row * columns + column] ?? 0;
  for (let row = old.length - 1; row >= 0; row -= 1) {
    for (let column = fresh.length - 1; column >= 0; column -= 1) {
      lengths[row * columns + column] =
        old[row] === fresh[column]
          ? length(row + 1, column + 1) + 1
          : Math.max(length(row + 1, column), length(row, column + 1));
    }
  }
  const changes: WordChange[] = [];
  let row = 0;
  let column = 0;
  while (row < old.length || column < fresh.length) {
    const gone = old[row];
    const come = fresh[column];
    if (gone !== undefined && gone === come) {
      changes.push({ kind: 'same', text: gone });
      row += 1;
      column += 1;
    } else if (
      gone !== undefined &&
      (come === undefined || length(row + 1, column) >= length(row, column + 1))
    ) {
      changes.push(removed(gone));
      row += 1;
    } else {
      changes.push(added(come ?? ''));
      column += 1;
    }
  }
  return changes;
}

function removed(text: string): WordChange {
  return { kind: 'removed', text };
}

function added(text: string): WordChange {
  return { kind: 'added', text };
}

/** Neighbours of one kind become one piece; within a changed stretch what was removed stands before what was added. */
function joined(changes: readonly WordChange[]): readonly WordChange[] {
  const pieces: WordChange[] = [];
  let gone = '';
  let come = '';
  const flush = (): void => {
    if (gone !== '') pieces.push(removed(gone));
    if (come !== '') pieces.push(added(come));
    gone = '';
    come = '';
  };
  for (const { kind, text } of changes) {
    if (kind === 'removed') gone += text;
    else if (kind === 'added') come += text;
    else {
      flush();
      const last = pieces.at(-1);
      if (last?.kind === 'same') pieces[pieces.length - 1] = { kind: 'same', text: last.text + text };
      else pieces.push({ kind: 'same', text });
    }
  }
  flush();
  return pieces;
}
