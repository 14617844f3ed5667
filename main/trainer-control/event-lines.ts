/** Lines of a file that another process is writing, cut out of its bytes with bounded memory. */

/** A line without its line feed. `end` is the offset after it: where a reader that knows this line goes on. */
export type CutLine =
  | { readonly kind: 'line'; readonly bytes: Buffer; readonly end: number }
  | { readonly kind: 'too_long'; readonly length: number; readonly end: number };

export interface LineCutter {
  /** The lines that these bytes complete. What is after the last line feed waits. */
  push(bytes: Buffer): readonly CutLine[];
  /** Offset of the next byte that is wanted. */
  readonly next: () => number;
}

const LINE_FEED = 10;

/** @param start offset of the first byte, which begins a line */
export function createLineCutter(start: number, maxLine: number): LineCutter {
  let next = start;
  let waiting: Buffer[] = [];
  let length = 0;

  function finish(end: number): CutLine {
    const line: CutLine =
      length > maxLine
        ? { kind: 'too_long', length, end }
        : { kind: 'line', bytes: Buffer.concat(waiting), end };
    waiting = [];
    length = 0;
    return line;
  }

  function keep(part: Buffer): void {
    length += part.length;
    if (length > maxLine) waiting = [];
    // A copy: the reader's buffer is used again.
    else if (part.length > 0) waiting.push(Buffer.from(part));
  }

  return {
    next: () => next,
    push: (bytes) => {
      const lines: CutLine[] = [];
      let from = 0;
      for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, from)) {
        keep(bytes.subarray(from, at));
        from = at + 1;
        lines.push(finish(next + from));
      }
      keep(bytes.subarray(from));
      next += bytes.length;
      return lines;
    },
  };
}
