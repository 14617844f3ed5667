import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { SampleFilter } from '../../shared/model/sample-filter.ts';
import { connect, startTestHost } from '../helpers/test-host.ts';
import type { StudioClient, TestHost } from '../helpers/test-host.ts';
import { createRandom } from './random.ts';
import type { Random } from './random.ts';
import { type Figure, median, percentile } from './report.ts';
import { FLAGS, KINDS, SPLITS, TAGS, WORDS } from './review-workspace.ts';

/** What a person meets when the page asks the host: over a real WebSocket, answers checked and parsed. */
const QUERIES = 200;
const EDITS = 200;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

/** Two to four parts, one of them always words, as a person narrows a list down. */
function combinedFilter(random: Random): SampleFilter {
  const words = Array.from({ length: 1 + random.below(2) }, () => random.pick(WORDS).slice(0, 4)).join(' ');
  const low = random.below(6) / 10;
  const parts: readonly SampleFilter[] = [
    { kinds: [random.pick(KINDS), random.pick(KINDS)] },
    { splits: [random.pick(SPLITS)] },
    { tags: [random.pick(TAGS)] },
    { accuracy: { from: low, to: low + 0.4 } },
    { flags: [random.pick(FLAGS)] },
    { verdicts: ['wrong'] },
    { imageCount: { from: 2 } },
    { status: ['unreviewed'] },
  ];
  return { search: words, ...random.pick(parts), ...random.pick(parts), ...random.pick(parts) };
}

async function firstList(folder: string): Promise<number> {
  const from = performance.now();
  const host = await startTestHost({ folder });
  const { client, close } = await connect(host, 'websocket');
  await client.samples.list.query({ limit: 100 });
  const took = performance.now() - from;
  await close();
  await host.close();
  return took;
}

async function queries(client: StudioClient): Promise<readonly number[]> {
  const random = createRandom(11);
  const times: number[] = [];
  for (let at = 0; at < QUERIES; at += 1) {
    const filter = combinedFilter(random);
    times.push(await timed(() => client.samples.list.query({ limit: 100, filter })));
  }
  return times;
}

/** The next item as the page reads it ahead: its row in the queue, the episode, its review. */
async function nextItems(client: StudioClient): Promise<readonly number[]> {
  const times: number[] = [];
  let cursor: string | null = null;
  for (let at = 0; at < QUERIES; at += 1) {
    const from = performance.now();
    const page: Awaited<ReturnType<StudioClient['reviews']['queue']['query']>> =
      await client.reviews.queue.query({
        limit: 1,
        order: 'disagreement',
        cursor,
      });
    const episodeId = page.items[0]?.episode.id;
    if (episodeId === undefined) break;
    await Promise.all([
      client.episodes.get.query({ id: episodeId }),
      client.reviews.get.query({ episodeId }),
    ]);
    times.push(performance.now() - from);
    cursor = page.nextCursor;
  }
  return times;
}

async function edits(client: StudioClient): Promise<readonly number[]> {
  const { items } = await client.reviews.queue.query({ limit: EDITS, order: 'random' });
  const times: number[] = [];
  for (const { episode } of items) {
    const input = { episodeId: episode.id, revision: null, verdict: 'reject', note: 'bench' } as const;
    times.push(await timed(() => client.reviews.put.mutate(input)));
  }
  return times;
}

/** A tag for every sample there is, and its undo. */
async function bulk(host: TestHost, client: StudioClient): Promise<readonly [number, number, number]> {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const took = await timed(async () => {
    const { id } = await client.curation.startBulk.mutate({
      selection: { kind: 'filter', filter: {}, except: [] },
      edit: { kind: 'add_tag', tag: 'bench' },
    });
    await host.services.bulk.settled(id);
  });
  delay.disable();
  const undone = await timed(() => client.journal.undo.mutate({}));
  return [took, delay.max / 1e6, undone];
}

export async function measureStore(folder: string, runs: number): Promise<readonly Figure[]> {
  const opened: number[] = [];
  for (let run = 0; run < Math.max(3, runs); run += 1) opened.push(await firstList(folder));
  const host = await startTestHost({ folder });
  const { client, close } = await connect(host, 'websocket');
  try {
    const listed = await queries(client);
    const next = await nextItems(client);
    const saved = await edits(client);
    const [bulkTook, stalled, undone] = await bulk(host, client);
    const p95 = (times: readonly number[]): number => percentile(times, 0.95);
    return [
      figure('workspace opened, first list', median(opened), opened.length, 500),
      figure('combined filter and words with count, p95', p95(listed), listed.length, 100),
      figure('  the same, median', median(listed), listed.length),
      figure('next item read ahead (row, episode, review), p95', p95(next), next.length, 100),
      figure('verdict saved, synchronous=FULL, p95', p95(saved), saved.length, 50),
      figure('tag of 100,000 samples, one action', bulkTook, 1),
      figure('  longest stall of the host meanwhile', stalled, 1),
      figure('  its undo', undone, 1),
    ];
  } finally {
    await close();
    await host.close();
  }
}

/** Milliseconds; the goal is what they must stay under. */
export function figure(name: string, value: number, of: number, goal?: number): Figure {
  const plain = { name, value, unit: 'ms', of };
  return goal === undefined ? plain : { ...plain, goal: `< ${goal} ms`, met: value < goal };
}
