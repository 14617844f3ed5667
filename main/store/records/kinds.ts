import { z } from 'zod';
import { agentSource, imageSizing } from '../../../shared/model/agent-version.ts';
import { correctionOperation } from '../../../shared/model/correction.ts';
import { episodeError, rewardParts } from '../../../shared/model/episode.ts';
import { episodeLimits, samplingSettings } from '../../../shared/model/limits.ts';
import { sampledToken, step } from '../../../shared/model/step.ts';
import { tolerance } from '../../../shared/model/sample.ts';
import { imageView } from '../../../shared/model/view.ts';

/** Rows of another table that belong to a record and stand inside it. */
export interface ChildKind {
  readonly field: string;
  readonly table: string;
  /** The column that names the record. */
  readonly parent: string;
  readonly order: string;
  readonly json?: Readonly<Record<string, z.ZodType>>;
}

/** One kind of record of a workspace: the rows of a table, with the rows that hang on each. */
export interface RecordKind {
  readonly name: string;
  readonly table: string;
  /** Columns that are made anew elsewhere, or follow from others. */
  readonly omit: readonly string[];
  /** Columns whose text is JSON, with what it must be; they stand in a record as values and not as text. */
  readonly json: Readonly<Record<string, z.ZodType>>;
  readonly children: readonly ChildKind[];
  /** Columns that are written once the children are there: a sealed row takes none. */
  readonly sealedBy: readonly string[];
  /** SQL: which rows; those that are only half there are not taken along. */
  readonly where: string;
}

const texts = z.array(z.string().max(10_000)).max(10_000);
const anything = z.json();
/** Tokens are kept as a list a field; the reader of steps checks them again. */
const tokenColumns = z.union([z.array(sampledToken), z.record(z.string(), z.array(z.unknown()))]);
const stepBody = z.object({ ...step.unwrap().partial().shape });

function kind(name: string, table: string, rest: Partial<RecordKind> = {}): RecordKind {
  return { name, table, omit: [], json: {}, children: [], sealedBy: [], where: '1', ...rest };
}

/**
 * Everything in a workspace that is not derived and not about this machine only, in an order in which a record refers
 * to earlier ones only. Columns are read from the schema, so a new column is taken along without being named here.
 * Not taken along: undo (its rows name places of this file), training runs and weights (folders of their own),
 * settings, and background jobs' schedules beyond what their groups need.
 */
export const RECORD_KINDS: readonly RecordKind[] = [
  kind('reviewers', 'reviewers'),
  kind('agents', 'agents', {
    json: { source: agentSource, sizing: imageSizing, limits: episodeLimits, sampling: anything },
  }),
  kind('images', 'images', { omit: ['asset_full', 'asset_thumbnail'] }),
  kind('tags', 'tags'),
  kind('samples', 'samples', {
    json: { choices: texts, answers: texts, tolerance },
    children: [
      { field: 'images', table: 'sample_images', parent: 'sample_seq', order: 'position' },
      { field: 'tags', table: 'sample_tags', parent: 'sample_seq', order: 'tag_seq' },
    ],
  }),
  kind('episodes', 'episodes', {
    json: {
      sampling: samplingSettings,
      limits: episodeLimits,
      reward: rewardParts,
      flags: texts,
      error: episodeError,
    },
    children: [
      { field: 'images', table: 'episode_images', parent: 'episode_seq', order: 'position' },
      {
        field: 'views',
        table: 'episode_views',
        parent: 'episode_seq',
        order: 'number',
        json: { body: imageView },
      },
      {
        field: 'steps',
        table: 'steps',
        parent: 'episode_seq',
        order: 'number',
        json: { body: stepBody, tokens: tokenColumns },
      },
    ],
    where: 'status IS NOT NULL',
  }),
  kind('queue', 'queue', {
    omit: ['opinions', 'standing', 'flags', 'flag_count'],
  }),
  kind('rollout-jobs', 'rollout_jobs', {
    json: { scope: anything, plan: anything },
    children: [{ field: 'samples', table: 'rollout_job_samples', parent: 'job_seq', order: 'position' }],
    where: "state IN ('finished', 'cancelled')",
  }),
  kind('rollouts', 'rollouts', {
    where: `job_seq IN (SELECT seq FROM rollout_jobs WHERE state IN ('finished', 'cancelled'))
      AND episode_seq IN (SELECT seq FROM episodes WHERE status IS NOT NULL)`,
  }),
  kind('groups', 'groups', {
    where: "job_seq IN (SELECT seq FROM rollout_jobs WHERE state IN ('finished', 'cancelled'))",
  }),
  kind('demonstrations', 'demonstrations'),
  kind('flags', 'episode_flags'),
  kind('reviews', 'reviews', { json: { reasons: texts } }),
  kind('corrections', 'corrections', {
    json: { sizing: imageSizing },
    children: [
      {
        field: 'operations',
        table: 'correction_operations',
        parent: 'correction_seq',
        order: 'number',
        json: { body: correctionOperation },
      },
    ],
  }),
  kind('corrections-set-aside', 'corrections_set_aside', {
    json: { operations: z.array(correctionOperation) },
  }),
  kind('correction-runs', 'correction_runs', {
    json: { body: anything },
    children: [
      {
        field: 'steps',
        table: 'correction_run_steps',
        parent: 'run_seq',
        order: 'number',
        json: { body: stepBody, tokens: tokenColumns },
      },
    ],
    where: 'status IS NOT NULL',
  }),
  kind('saved-views', 'saved_views', { json: { body: anything } }),
  kind('snapshot-bodies', 'snapshot_bodies', { json: { body: anything } }),
  kind('snapshots', 'snapshots', {
    json: { filter: anything, counts: anything },
    children: [
      {
        field: 'members',
        table: 'snapshot_members',
        parent: 'snapshot_seq',
        order: 'kind, number',
        json: { ids: anything },
      },
    ],
    sealedBy: ['hash', 'counts', 'made_at'],
    where: 'hash IS NOT NULL',
  }),
];
