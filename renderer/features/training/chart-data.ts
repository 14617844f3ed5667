import type { RunSeries } from '../../../shared/contract/runs.ts';
import type { ChartLine, ChartSpec } from './chart-specs.ts';

export interface ShownLine extends ChartLine {
  readonly last: number | null;
}

type Column = readonly (number | null)[];

/** Columns as uPlot wants them: the steps, then of each line its means, greatest and least values. */
export interface ChartData {
  readonly lines: readonly ShownLine[];
  readonly columns: readonly Column[];
  /** So few points that a line alone would not show them. */
  readonly isShort: boolean;
  /** The chart for who does not see it. */
  readonly words: string;
}

const FEW_POINTS = 12;

/** A line without a value is left out. Pure. */
export function chartData(spec: ChartSpec, series: RunSeries | undefined): ChartData {
  const found = spec.lines.flatMap((line) => {
    const values = series?.series.find(({ name }) => name === line.name);
    return values === undefined || values.step.length === 0 ? [] : [{ line, values }];
  });
  const steps = [...new Set(found.flatMap(({ values }) => values.step))].toSorted((a, b) => a - b);
  const rowOf = new Map(steps.map((step, row) => [step, row]));
  const spread = (at: readonly number[], values: readonly number[]): Column => {
    const column: (number | null)[] = Array.from({ length: steps.length }, () => null);
    for (const [index, step] of at.entries()) column[rowOf.get(step) ?? 0] = values[index] ?? null;
    return column;
  };
  const lines = found.map(({ line, values }) => ({ ...line, last: values.mean.at(-1) ?? null }));
  return {
    lines,
    columns: [
      steps,
      ...found.flatMap(({ values: { step, mean, max, min } }) => [
        spread(step, mean),
        spread(step, max),
        spread(step, min),
      ]),
    ],
    isShort: steps.length <= FEW_POINTS,
    words:
      lines.length === 0
        ? 'No values yet.'
        : `${lines
            .map(({ label, last }) => `${label} ${last === null ? 'unknown' : spec.format(last)}`)
            .join(', ')} at step ${steps.at(-1) ?? 0}.`,
  };
}
