import { availableParallelism, cpus, totalmem } from 'node:os';

/** One measured number. `goal` is what the project set itself; a figure that misses it is still printed. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** How many measurements the value is the median (or, where it says so, the worst) of. */
  readonly of: number;
  readonly goal?: string;
  readonly met?: boolean;
  /** What others publish about the like. */
  readonly peers?: string;
}

export interface Report {
  readonly bench: string;
  readonly machine: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly figures: readonly Figure[];
}

export function machine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  return `${availableParallelism()} x ${model}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}`;
}

export function median(values: readonly number[]): number {
  const ordered = values.toSorted((a, b) => a - b);
  const middle = ordered.length >> 1;
  const upper = ordered[middle] ?? Number.NaN;
  return ordered.length % 2 === 1 ? upper : ((ordered[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The value that this share of the measurements stays at or under. */
export function percentile(values: readonly number[], share: number): number {
  const ordered = values.toSorted((a, b) => a - b);
  return ordered[Math.max(0, Math.ceil(ordered.length * share) - 1)] ?? Number.NaN;
}

function rounded(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3;
  return value.toFixed(digits);
}

/** The report as a table that a person reads. */
export function table(report: Report): string {
  const width = Math.max(...report.figures.map((figure) => figure.name.length));
  const lines = report.figures.map((figure) => {
    const goal =
      figure.goal === undefined ? '' : `   goal ${figure.goal}: ${figure.met === true ? 'met' : 'MISSED'}`;
    return `  ${figure.name.padEnd(width)}  ${rounded(figure.value).padStart(9)} ${figure.unit.padEnd(11)} (n=${figure.of})${goal}${figure.peers === undefined ? '' : `\n      peers: ${figure.peers}`}`;
  });
  const versions = Object.entries(report.versions).map(([name, version]) => `${name} ${version}`);
  return [`bench ${report.bench}`, report.machine, versions.join(', '), ...lines].join('\n');
}
