import { createHash } from 'node:crypto';
import { canonicalJson } from '../../../shared/model/canonical-json.ts';
import type {
  SnapshotCounts,
  SnapshotDemonstration,
  SnapshotImage,
  SnapshotSample,
} from '../../../shared/model/snapshot.ts';
import { snapshotDemonstration, snapshotImage, snapshotSample } from '../../../shared/model/snapshot.ts';

/** Kinds of rows of a snapshot, as numbers of the table. */
export const SAMPLE = 0;
export const DEMONSTRATION = 1;
export const IMAGE = 2;

/** A row as it is kept: its content without ids, which is what the digest is of, and the ids beside it. */
export interface KeptRow {
  readonly key: string;
  readonly digest: string;
  readonly body: string;
  readonly ids: string | null;
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function kept(key: string, content: unknown, ids: unknown): KeptRow {
  const body = canonicalJson(content);
  return { key, digest: digestOf(body), body, ids: ids === null ? null : JSON.stringify(ids) };
}

export function keptSample(sample: SnapshotSample): KeptRow {
  const { id, accepted, ...content } = sample;
  const answers = accepted.map(({ answer, withTools }) => ({ answer, withTools }));
  const episodes = accepted.map(({ episodeId }) => episodeId);
  return kept(id, { ...content, accepted: answers }, episodes.length === 0 ? null : episodes);
}

export function sampleOf({ key, body, ids }: Omit<KeptRow, 'digest'>): SnapshotSample {
  const { accepted, ...content } = JSON.parse(body);
  const episodes: readonly string[] = ids === null ? [] : JSON.parse(ids);
  return snapshotSample.parse({
    ...content,
    id: key,
    accepted: episodes.map((episodeId, at) => ({ ...accepted[at], episodeId })),
  });
}

export function keptDemonstration(demonstration: SnapshotDemonstration): KeptRow {
  const { sampleId, source, ...content } = demonstration;
  return kept(source.id, { ...content, from: source.kind }, { sampleId });
}

export function demonstrationOfRow({ key, body, ids }: Omit<KeptRow, 'digest'>): SnapshotDemonstration {
  const { from, ...content } = JSON.parse(body);
  return snapshotDemonstration.parse({
    ...content,
    ...JSON.parse(ids ?? '{}'),
    source: { kind: from, id: key },
  });
}

export function keptImage(image: SnapshotImage): KeptRow {
  return kept(image.sha256, image, null);
}

export function imageOfRow({ body }: Pick<KeptRow, 'body'>): SnapshotImage {
  return snapshotImage.parse(JSON.parse(body));
}

/** Adds up what is in a snapshot while it is taken. */
export interface Tally {
  sample(sample: SnapshotSample, digest: string): void;
  demonstration(demonstration: SnapshotDemonstration, digest: string): void;
  image(): void;
  counts(): SnapshotCounts;
  /** Of the contents, in an order of their own: neither ids nor the order of the list change it. */
  hash(): string;
}

export function createTally(): Tally {
  const lines: string[] = [];
  const digests = new Map<string, string>();
  const splits = { train: 0, validation: 0, test: 0, none: 0 };
  let images = 0;
  let demonstrations = 0;
  let acceptedRuns = 0;
  return {
    sample: ({ id, split, accepted }, digest) => {
      lines.push(`sample ${digest}`);
      digests.set(id, digest);
      splits[split] += 1;
      acceptedRuns += accepted.length;
    },
    demonstration: ({ sampleId }, digest) => {
      lines.push(`demonstration ${digests.get(sampleId) ?? ''} ${digest}`);
      demonstrations += 1;
    },
    image: () => {
      images += 1;
    },
    counts: () => ({ samples: digests.size, images, demonstrations, acceptedRuns, splits: { ...splits } }),
    hash: () => digestOf(`imagent snapshot 1\n${lines.toSorted().join('\n')}\n`),
  };
}
