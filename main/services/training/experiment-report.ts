import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { ExperimentArm, ExperimentName } from '../../../shared/model/experiment.ts';

/** Ten seeds of four arms over 1000 steps are a fifth of this. */
const MAX_REPORT = 64 * 1024 * 1024;

/** NAME.json of an experiment, as trainer/imagent_trainer/train/experiments/experiment_cli.py writes it. */
const figure = z.object({ mean: z.number(), sd: z.number() });
const step = z.object({
  step: z.number(),
  accuracy: z.number().nullable(),
  tool_rate: z.number().nullable(),
});
const result = z.object({
  after: z.object({ calls: z.number() }),
  curve: z.array(step),
});
export const experimentReport = z.object({
  hardware: z.string(),
  arms: z.array(
    z.object({
      name: z.string(),
      summary: z.object({
        accuracy_before: figure,
        accuracy_after: figure,
        tool_rate_before: figure,
        tool_rate_after: figure,
        training_seconds: z.object({ mean: z.number() }),
      }),
      results: z.array(result).min(1),
    }),
  ),
});
export type ExperimentReport = z.infer<typeof experimentReport>;

export interface StampedReport {
  /** Changes with the file. */
  readonly stamp: string;
  readonly report: ExperimentReport | null;
}

/** @param known what was read before; it is given back where the file is still the same */
export function readReport(
  folder: string,
  name: ExperimentName,
  known: StampedReport | undefined,
): StampedReport {
  const path = join(folder, `${name}.json`);
  const stat = statSync(path, { throwIfNoEntry: false });
  const stamp = stat === undefined ? 'none' : `${stat.mtimeMs}-${stat.size}-${stat.ino}`;
  if (known?.stamp === stamp) return known;
  if (stat === undefined || stat.size > MAX_REPORT) return { stamp, report: null };
  try {
    const parsed = experimentReport.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    return { stamp, report: parsed.success ? parsed.data : null };
  } catch {
    return { stamp, report: null };
  }
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

type Curve = ExperimentArm['accuracy'];

/** Over the steps that every seed has. Pure. */
function curveOf(results: readonly z.infer<typeof result>[], name: 'accuracy' | 'tool_rate'): Curve {
  const bySeed = results.map(
    ({ curve }) =>
      new Map(curve.flatMap((one) => (one[name] === null ? [] : [[one.step, one[name]] as const]))),
  );
  const steps = [...(bySeed[0]?.keys() ?? [])].filter((at) => bySeed.every((seed) => seed.has(at)));
  const rows = steps.map((at) => bySeed.map((seed) => seed.get(at) ?? 0));
  return {
    step: steps,
    min: rows.map((row) => Math.min(...row)),
    max: rows.map((row) => Math.max(...row)),
    mean: rows.map(meanOf),
  };
}

/** A report as the page shows it. Pure. */
export function armsOf(report: ExperimentReport): readonly ExperimentArm[] {
  return report.arms.map(({ name, summary, results }) => ({
    name,
    seeds: results.length,
    accuracyBefore: summary.accuracy_before,
    accuracyAfter: summary.accuracy_after,
    toolRateBefore: summary.tool_rate_before,
    toolRateAfter: summary.tool_rate_after,
    callsAfter: meanOf(results.map(({ after }) => after.calls)),
    seconds: summary.training_seconds.mean,
    accuracy: curveOf(results, 'accuracy'),
    toolRate: curveOf(results, 'tool_rate'),
  }));
}

/** Steps that the youngest run of an experiment has done: the one whose events were written last. */
export function newestStep(folder: string, name: ExperimentName): number | null {
  const parent = join(folder, name);
  const paths = names(parent).flatMap((arm) =>
    names(join(parent, arm)).map((seed) => join(parent, arm, seed, 'events.jsonl')),
  );
  const found = paths.flatMap((path) => {
    const modified = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    return modified === undefined ? [] : [{ path, modified }];
  });
  const [newest] = found.toSorted((one, other) => other.modified - one.modified);
  if (newest === undefined) return null;
  const steps = [...readFileSync(newest.path, 'utf8').matchAll(/"type":\s*"step_finished"/g)];
  return steps.length;
}

function names(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
