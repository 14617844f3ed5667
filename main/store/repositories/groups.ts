import { StudioError } from '../../../shared/contract/errors.ts';
import type { GroupOrder, ListGroupsInput } from '../../../shared/contract/groups.ts';
import type { EpisodeStatus, Verdict } from '../../../shared/model/episode.ts';
import type { Group, GroupStatistics } from '../../../shared/model/group.ts';
import { statisticsOf } from '../../../shared/model/group.ts';
import type { AgentVersionId, EpisodeId, GroupId, JobId, SampleId } from '../../../shared/model/ids.ts';
import type { WorkspaceDatabase } from '../database.ts';
import { newId } from '../new-id.ts';

/** A group with what its row of the list says beside it. */
export interface ListedGroup {
  readonly group: Group;
  readonly question: string;
  readonly kind: string;
  readonly agentName: string;
}

export interface GroupRepository {
  /** The group of a job and sample; made when it is not there. */
  ensure(job: JobId, sample: SampleId, size: number, sizeWithout: number, at: number): GroupId;
  get(id: GroupId): ListedGroup | null;
  /** Rollouts in order, with and without tools. */
  members(id: GroupId): readonly { readonly number: number; readonly episodeId: EpisodeId }[];
  /** Reads its episodes and writes what they come to. */
  refresh(id: GroupId): GroupStatistics;
  list(query: ListGroupsInput): {
    readonly items: readonly ListedGroup[];
    readonly nextCursor: string | null;
    readonly total: number;
  };
  /** Makes an episode the demonstration of its sample, or (null) takes it away. */
  pick(sample: SampleId, episode: EpisodeId | null, at: number): void;
}

interface GroupRow {
  readonly seq: number;
  readonly id: GroupId;
  readonly job_id: JobId;
  readonly sample_id: SampleId;
  readonly agent_id: AgentVersionId;
  readonly agent_name: string;
  readonly question: string;
  readonly sample_kind: string;
  readonly demonstration: EpisodeId | null;
  readonly created_at: number;
  readonly size: number;
  readonly size_without: number;
  readonly done: number;
  readonly done_without: number;
  readonly masked: number;
  readonly accuracy: number | null;
  readonly accuracy_without: number | null;
  readonly gain: number | null;
  readonly reward_mean: number | null;
  readonly reward_variance: number | null;
  readonly disagreement: number | null;
  readonly all_equal: number;
  readonly sort_value: number;
}

/** What is ordered by (an index has the same words), which way, and whether groups without a value are left out. */
const ORDERS: Readonly<
  Record<GroupOrder, { readonly by: string; readonly down: boolean; readonly known: boolean }>
> = {
  newest: { by: 'groups.seq', down: true, known: false },
  variance: { by: 'ifnull(reward_variance, -2)', down: true, known: false },
  disagreement: { by: 'ifnull(disagreement, -2)', down: true, known: false },
  gain: { by: 'ifnull(gain, -2)', down: true, known: true },
  loss: { by: 'ifnull(gain, -2)', down: false, known: true },
  accuracy: { by: 'ifnull(accuracy, -2)', down: false, known: true },
};

function select(sortBy: string): string {
  return `
  SELECT groups.*, ${sortBy} AS sort_value, rollout_jobs.id AS job_id, samples.id AS sample_id,
    samples.question AS question, samples.kind AS sample_kind, agents.id AS agent_id, agents.name AS agent_name,
    picked.id AS demonstration
  FROM groups
  CROSS JOIN rollout_jobs ON rollout_jobs.seq = groups.job_seq
  CROSS JOIN samples ON samples.seq = groups.sample_seq
  CROSS JOIN agents ON agents.seq = groups.agent_seq
  LEFT JOIN demonstrations ON demonstrations.sample_seq = groups.sample_seq
  LEFT JOIN episodes AS picked ON picked.seq = demonstrations.episode_seq`;
}

function toListed(row: GroupRow): ListedGroup {
  return {
    group: {
      id: row.id,
      jobId: row.job_id,
      sampleId: row.sample_id,
      agentVersionId: row.agent_id,
      createdAt: row.created_at,
      size: row.size,
      sizeWithout: row.size_without,
      demonstration: row.demonstration,
      statistics: {
        done: row.done,
        doneWithout: row.done_without,
        masked: row.masked,
        accuracy: row.accuracy,
        accuracyWithout: row.accuracy_without,
        gain: row.gain,
        rewardMean: row.reward_mean,
        rewardVariance: row.reward_variance,
        disagreement: row.disagreement,
        allEqual: row.all_equal === 1,
      },
    },
    question: row.question,
    kind: row.sample_kind,
    agentName: row.agent_name,
  };
}

export function createGroupRepository(database: WorkspaceDatabase): GroupRepository {
  const { raw } = database;
  const find = raw.prepare<[string, string], { id: GroupId }>(`
    SELECT id FROM groups WHERE job_seq = (SELECT seq FROM rollout_jobs WHERE id = ?)
    AND sample_seq = (SELECT seq FROM samples WHERE id = ?)`);
  const insert = raw.prepare(`
    INSERT INTO groups (id, job_seq, sample_seq, agent_seq, created_at, size, size_without)
    SELECT @id, rollout_jobs.seq, samples.seq, rollout_jobs.agent_seq, @at, @size, @sizeWithout
    FROM rollout_jobs, samples WHERE rollout_jobs.id = @job AND samples.id = @sample`);
  const byId = raw.prepare<[string], GroupRow>(`${select('groups.seq')} WHERE groups.id = ?`);
  const members = raw.prepare<[string], { number: number; id: EpisodeId }>(`
    SELECT number, episodes.id AS id FROM groups
    JOIN rollouts ON rollouts.job_seq = groups.job_seq AND rollouts.sample_seq = groups.sample_seq
    JOIN episodes ON episodes.seq = rollouts.episode_seq
    WHERE groups.id = ? ORDER BY number`);
  const outcomes = raw.prepare<
    [string],
    {
      with_tools: number;
      status: EpisodeStatus | null;
      answer: string | null;
      verdict: Verdict;
      reward: string | null;
    }
  >(`
    SELECT with_tools, status, answer, verdict, reward FROM groups
    JOIN rollouts ON rollouts.job_seq = groups.job_seq AND rollouts.sample_seq = groups.sample_seq
    JOIN episodes ON episodes.seq = rollouts.episode_seq
    WHERE groups.id = ?`);
  const update = raw.prepare(`
    UPDATE groups SET done = @done, done_without = @doneWithout, masked = @masked, accuracy = @accuracy,
      accuracy_without = @accuracyWithout, gain = @gain, reward_mean = @rewardMean, reward_variance = @rewardVariance,
      disagreement = @disagreement, all_equal = @equal WHERE id = @id`);
  const put = raw.prepare<[{ sample: string; episode: string; at: number }]>(`
    INSERT INTO demonstrations
    SELECT samples.seq, episodes.seq, @at FROM samples JOIN episodes ON episodes.sample_seq = samples.seq
    WHERE samples.id = @sample AND episodes.id = @episode
    ON CONFLICT (sample_seq) DO UPDATE SET episode_seq = excluded.episode_seq, picked_at = excluded.picked_at`);
  const drop = raw.prepare<[string]>(
    'DELETE FROM demonstrations WHERE sample_seq = (SELECT seq FROM samples WHERE id = ?)',
  );

  function refresh(id: GroupId): GroupStatistics {
    const statistics = statisticsOf(
      outcomes.all(id).map(({ with_tools: withTools, reward, ...rest }) => ({
        ...rest,
        withTools: withTools === 1,
        reward: reward === null ? null : JSON.parse(reward),
      })),
    );
    const { allEqual, ...numbers } = statistics;
    update.run({ ...numbers, equal: allEqual ? 1 : 0, id });
    return statistics;
  }

  function list(query: ListGroupsInput) {
    const { by, down, known } = ORDERS[query.order];
    const filters = [
      ...(known ? [{ sql: `${by} > -2`, value: null }] : []),
      ...(query.jobId === undefined
        ? []
        : [{ sql: 'groups.job_seq = (SELECT seq FROM rollout_jobs WHERE id = ?)', value: query.jobId }]),
      ...(query.sampleId === undefined
        ? []
        : [{ sql: 'groups.sample_seq = (SELECT seq FROM samples WHERE id = ?)', value: query.sampleId }]),
    ];
    const values = filters.flatMap(({ value }) => (value === null ? [] : [value]));
    const where = (more: readonly string[]): string => {
      const all = [...filters.map(({ sql }) => sql), ...more];
      return all.length === 0 ? '' : `WHERE ${all.join(' AND ')}`;
    };
    const after = placeOf(query.cursor);
    const beyond = after === null ? [] : [`(${by}, groups.seq) ${down ? '<' : '>'} (?, ?)`];
    const way = down ? 'DESC' : 'ASC';
    const rows = raw
      .prepare<unknown[], GroupRow>(
        `${select(by)} ${where(beyond)} ORDER BY ${by} ${way}, groups.seq ${way} LIMIT ?`,
      )
      .all(...values, ...(after ?? []), query.limit + 1);
    const count = raw
      .prepare<string[], { n: number }>(`SELECT count(*) AS n FROM groups ${where([])}`)
      .get(...values);
    const shown = rows.slice(0, query.limit);
    const last = shown.at(-1);
    return {
      items: shown.map(toListed),
      nextCursor: rows.length > query.limit && last ? JSON.stringify([last.sort_value, last.seq]) : null,
      total: count?.n ?? 0,
    };
  }

  return {
    ensure: (job, sample, size, sizeWithout, at) =>
      database.write(() => {
        const there = find.get(job, sample);
        if (there) return there.id;
        const id = newId.group();
        insert.run({ id, job, sample, size, sizeWithout, at });
        return id;
      }),
    get: (id) =>
      database.read(() => {
        const row = byId.get(id);
        return row ? toListed(row) : null;
      }),
    members: (id) =>
      database.read(() => members.all(id).map(({ number, id: episodeId }) => ({ number, episodeId }))),
    refresh: (id) => database.write(() => refresh(id)),
    list: (query) => database.read(() => list(query)),
    pick: (sample, episode, at) =>
      database.write(() => {
        if (episode === null) {
          drop.run(sample);
        } else if (put.run({ sample, episode, at }).changes !== 1) {
          throw new StudioError('not_found', 'This episode is not one of this sample.');
        }
      }),
  };
}

/** Where a page ended: the value that it is ordered by, and the row. @throws StudioError bad_input */
function placeOf(cursor: string | null | undefined): readonly [number, number] | null {
  if (cursor === null || cursor === undefined) return null;
  const found = /^\[(-?[\d.e+-]{1,30}),(\d{1,15})\]$/.exec(cursor);
  const [value, seq] = [Number(found?.[1]), Number(found?.[2])];
  if (!Number.isFinite(value) || !Number.isSafeInteger(seq)) {
    throw new StudioError('bad_input', 'This list position is not known.');
  }
  return [value, seq];
}
