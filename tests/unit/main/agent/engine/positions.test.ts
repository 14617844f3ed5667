import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type PositionRun, positionIds, positionsOf } from '../../../../../main/agent/engine/positions.ts';

interface FixtureRun {
  readonly kind: 'text' | 'image';
  readonly length?: number;
  readonly rows?: number;
  readonly columns?: number;
}

interface PositionCase {
  readonly name: string;
  readonly start: number;
  readonly runs: readonly FixtureRun[];
  readonly positions: readonly (readonly number[])[];
  readonly next: number;
}

const { cases } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../../fixtures/positions.json'), 'utf8'),
) as { readonly cases: readonly PositionCase[] };

function runOf(run: FixtureRun): PositionRun {
  return run.kind === 'text'
    ? { kind: 'text', tokens: run.length ?? 0 }
    : { kind: 'image', gridHeight: run.rows ?? 0, gridWidth: run.columns ?? 0 };
}

describe('positions', () => {
  it.each(cases.map((one) => [one.name, one] as const))('are those of transformers: %s', (_name, one) => {
    const positions = positionsOf(one.runs.map(runOf), one.start);
    expect([positions.time, positions.height, positions.width].map((axis) => [...axis])).toEqual(
      one.positions,
    );
    expect(positions.nextPosition).toBe(one.next);
  });

  it('are the same whether a context is appended at once or run by run', () => {
    const runs: PositionRun[] = [
      { kind: 'text', tokens: 3 },
      { kind: 'image', gridHeight: 2, gridWidth: 5 },
      { kind: 'text', tokens: 4 },
      { kind: 'image', gridHeight: 3, gridWidth: 1 },
    ];
    const whole = positionsOf(runs, 0);
    let next = 0;
    const time: number[] = [];
    const width: number[] = [];
    for (const run of runs) {
      const part = positionsOf([run], next);
      next = part.nextPosition;
      time.push(...part.time);
      width.push(...part.width);
    }
    expect(time).toEqual([...whole.time]);
    expect(width).toEqual([...whole.width]);
    expect(next).toBe(whole.nextPosition);
  });

  it('go to the graph axis by axis', () => {
    const positions = positionsOf([{ kind: 'image', gridHeight: 2, gridWidth: 2 }], 5);
    expect([...positionIds(positions, 1, 3)]).toEqual([5n, 5n, 5n, 6n, 6n, 5n]);
  });
});
