import { openWorkspace } from '../../main/store/workspace.ts';
import type { Workspace } from '../../main/store/workspace.ts';
import { queueOrder } from '../../shared/contract/reviews.ts';
import type { QueueFilter } from '../../shared/contract/reviews.ts';
import type { EpisodeId } from '../../shared/model/ids.ts';
import { drawOf, reviewVerdict } from '../../shared/model/review.ts';
import type { BenchOptions } from './engine.ts';
import { createRandom } from './random.ts';
import type { Random } from './random.ts';
import { machine } from './report.ts';
import type { Figure, Report } from './report.ts';
import { reviewWorkspace } from './review-workspace.ts';

/** Rows of the queue for every episode that a bench put straight into the table, some of them reviewed already. */
function fillQueue(workspace: Workspace, random: Random): void {
  const { raw } = workspace.database;
  const by = workspace.reviewers.first(1).id;
  raw.function('bench_draw', (id) => drawOf(String(id)));
  raw.function('bench_below', { deterministic: false }, (limit) => random.below(Number(limit)));
  workspace.write(() => {
    raw.exec(`
      INSERT INTO queue (episode_seq, sample_seq, agent_seq, outcome, answer_entropy, group_variance,
        group_disagreement, draw)
      SELECT seq, sample_seq, agent_seq, verdict, bench_below(3000000), bench_below(1000000), bench_below(1000000),
        bench_draw(id) FROM episodes WHERE status IS NOT NULL AND seq NOT IN (SELECT episode_seq FROM queue);
      INSERT OR IGNORE INTO episode_flags (episode_seq, flag, proposed, revision)
      SELECT episodes.seq, value, 1, 0 FROM episodes, json_each(flags) WHERE status IS NOT NULL;`);
    const put = raw.prepare<[number, string, string]>(`
      INSERT OR IGNORE INTO reviews (episode_seq, reviewer_seq, verdict, reasons, note, at, revision)
      SELECT ?, seq, ?, '[]', '', 1, 1 FROM reviewers WHERE id = ?`);
    const total = workspace.counters.total('episodes');
    for (let count = 0; count < total / 8; count += 1) {
      put.run(1 + random.below(total), random.pick(reviewVerdict.options), by);
    }
  });
}

const REJECTED: QueueFilter = {
  todo: false,
  standing: 'rejected',
  flag: 'loop',
  kind: 'count',
  split: 'test',
};

/** What lets through much, little and nothing; conditions of which each lets through much, and both together nothing. */
const FILTERS: readonly (readonly [string, QueueFilter])[] = [
  ['to do', { todo: true }],
  ['to do, one flag, wrong', { todo: true, flag: 'loop', outcome: 'wrong' }],
  ['to do, one kind and split', { todo: true, kind: 'read', split: 'test' }],
  ['to do, a word', { todo: true, search: 'red' }],
  ['two words', { todo: false, search: 'rusty gauge' }],
  ['accepted', { todo: false, standing: 'accepted' }],
  ['unsure, one flag, wrong', { todo: false, standing: 'unsure', flag: 'format', outcome: 'wrong' }],
  ['rejected, one flag, one kind and split', REJECTED],
  ['to do, accepted', { todo: true, standing: 'accepted' }],
  ['disputed: none there are', { todo: false, standing: 'disputed' }],
  [
    'to do, one flag, three words: none there are',
    { todo: true, flag: 'loop', search: 'rusty gauge lamp red' },
  ],
  ['a kind of which there is none', { todo: true, kind: 'no such kind' }],
];

function spent(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function percentile95(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.ceil(times.length * 0.95) - 1] ?? Number.NaN;
}

/** First pages of the queue in every order, pages deep inside it, and verdicts with their commit. */
function queueFigures(workspace: Workspace, random: Random, runs: number): readonly Figure[] {
  const by = workspace.reviewers.first(1).id;
  const pageOf = (order: (typeof queueOrder.options)[number], filter: QueueFilter, cursor: string | null) =>
    workspace.queue.list({ by, order, seed: 3, filter, cursor, limit: 60, share: 0.1 });
  const figures: Figure[] = [];
  for (const [name, filter] of FILTERS) {
    const times = queueOrder.options.map((order) =>
      Array.from({ length: runs }, () => spent(() => pageOf(order, filter, null))),
    );
    const all = asFigure(
      `queue, first 60, ${name}, p95 of ${queueOrder.options.length} orders`,
      times.flat(),
    );
    figures.push(all);
    const worst = queueOrder.options.toSorted((one, other) => worstOf(times, other) - worstOf(times, one))[0];
    if (worst !== undefined)
      figures.push({
        ...asFigure(`  the slowest: ${worst}`, times[queueOrder.options.indexOf(worst)] ?? []),
      });
  }
  const deep = queueOrder.options.flatMap((order) => {
    let cursor: string | null = null;
    return Array.from({ length: 20 }, () =>
      spent(() => {
        cursor = pageOf(order, { todo: true }, cursor).nextCursor;
      }),
    );
  });
  figures.push(asFigure('queue, pages 1 to 20, to do, p95', deep));
  const { items } = pageOf('random', { todo: true }, null);
  const say = (episodeId: EpisodeId): unknown =>
    workspace.journal.act({ by, at: 1, label: 'Accept run', subject: episodeId }, () =>
      workspace.reviews.put(
        { by, episodeId, revision: null, verdict: random.pick(reviewVerdict.options), reasons: [], note: '' },
        1,
      ),
    );
  const saved = items.map(({ episode }) => spent(() => say(episode.id)));
  figures.push(asFigure('verdict, acknowledged by the store, p95', saved, 50));
  const undone = items.map(() => spent(() => workspace.journal.undo(by, 2)));
  figures.push(asFigure('undo of a verdict, acknowledged, p95', undone, 50));
  return figures;
}

function worstOf(times: readonly (readonly number[])[], order: (typeof queueOrder.options)[number]): number {
  return percentile95(times[queueOrder.options.indexOf(order)] ?? []);
}

function asFigure(name: string, times: readonly number[], limit = 100): Figure {
  const value = percentile95(times);
  return { name, value, unit: 'ms', of: times.length, goal: `< ${limit} ms`, met: value < limit };
}

/** The queue of reviewing at 100,000 samples and 800,000 episodes. */
export async function benchQueue({ runs, say }: BenchOptions): Promise<Report> {
  const workspace = openWorkspace(await reviewWorkspace(say), Date.now());
  try {
    const random = createRandom(5);
    const reviewed = workspace.database.raw.prepare('SELECT 1 FROM reviews LIMIT 1').get() !== undefined;
    if (!reviewed) {
      say('reviewing every eighth episode (once) ...');
      fillQueue(workspace, random);
    }
    const figures = queueFigures(workspace, random, Math.max(5, runs));
    return { bench: 'queue', machine: machine(), versions: { node: process.version }, figures };
  } finally {
    workspace.close();
  }
}
