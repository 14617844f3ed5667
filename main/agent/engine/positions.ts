/**
 * Multimodal rotary positions (time, height, width). The whole state to carry through an episode is one number,
 * the next free position: text advances it by its length, an image by the longer side of its merged grid. So an
 * image turn can be appended to a cache without looking back. Twin of transformers' `get_rope_index`.
 */

/** One run of the context. Grid sizes are in merged cells: one cell is one token of the language model. */
export type PositionRun =
  | { readonly kind: 'text'; readonly tokens: number }
  | { readonly kind: 'image'; readonly gridHeight: number; readonly gridWidth: number };

export function runTokens(run: PositionRun): number {
  return run.kind === 'text' ? run.tokens : run.gridHeight * run.gridWidth;
}

export interface Positions {
  /** Per row of the context; all of one length. */
  readonly time: Int32Array;
  readonly height: Int32Array;
  readonly width: Int32Array;
  readonly nextPosition: number;
}

/** Positions of the runs, of which the first starts at `start`. */
export function positionsOf(runs: readonly PositionRun[], start: number): Positions {
  const total = runs.reduce((sum, run) => sum + runTokens(run), 0);
  const time = new Int32Array(total);
  const height = new Int32Array(total);
  const width = new Int32Array(total);
  let row = 0;
  let position = start;
  for (const run of runs) {
    if (run.kind === 'text') {
      for (let index = 0; index < run.tokens; index += 1) {
        time[row] = position;
        height[row] = position;
        width[row] = position;
        row += 1;
        position += 1;
      }
      continue;
    }
    for (let y = 0; y < run.gridHeight; y += 1) {
      for (let x = 0; x < run.gridWidth; x += 1) {
        time[row] = position;
        height[row] = position + y;
        width[row] = position + x;
        row += 1;
      }
    }
    position += Math.max(run.gridHeight, run.gridWidth);
  }
  return { time, height, width, nextPosition: position };
}

/** Rows [from, to) as the graph takes them: int64 [3, 1, to - from]. */
export function positionIds(positions: Positions, from: number, to: number): BigInt64Array {
  const rows = to - from;
  const ids = new BigInt64Array(3 * rows);
  const axes = [positions.time, positions.height, positions.width] as const;
  axes.forEach((axis, index) => {
    for (let row = 0; row < rows; row += 1) ids[index * rows + row] = BigInt(axis[from + row] as number);
  });
  return ids;
}
