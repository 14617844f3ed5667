/**
 * `npm run bench -- NAME [--json] [--agent DIR] [--runs N]`: measures, prints, asserts nothing. Ratios are taken
 * side by side in one run, because these machines are noisy.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../helpers/project.ts';
import { benchEngine } from './engine.ts';
import type { BenchOptions } from './engine.ts';
import { benchGroups } from './groups.ts';
import { type Report, table } from './report.ts';
import { benchReview } from './review.ts';
import { benchQueue } from './review-queue.ts';
import { benchTrainer } from './trainer.ts';
import { benchTrainingScreen } from './training-screen.ts';

const BENCHES: Readonly<Record<string, (options: BenchOptions) => Promise<Report>>> = {
  engine: benchEngine,
  groups: benchGroups,
  review: benchReview,
  queue: benchQueue,
  trainer: benchTrainer,
  'training-screen': benchTrainingScreen,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    agent: { type: 'string', default: join(ROOT, 'assets', 'demo-agent') },
    runs: { type: 'string', default: '3' },
  },
});
const bench = BENCHES[positionals[0] ?? ''];
if (bench === undefined) {
  process.stderr.write(
    `usage: npm run bench -- ${Object.keys(BENCHES).join('|')} [--json] [--agent DIR] [--runs N]\n`,
  );
  process.exit(2);
}
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const report = await bench({ agent: values.agent, runs: Math.max(1, Number(values.runs)), say });
process.stdout.write(`${values.json ? JSON.stringify(report) : table(report)}\n`);
process.exit(0);
