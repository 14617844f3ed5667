import type { Migration } from './migration.ts';

/**
 * Takes what a group of rollouts comes to into the rows of the queue, which is ordered by it. An episode can be
 * linked to its group before or after the group's figures are written, so both are followed.
 */
const SCHEMA = `
CREATE TRIGGER groups_counted AFTER UPDATE OF reward_variance, disagreement ON groups
  WHEN old.reward_variance IS NOT new.reward_variance OR old.disagreement IS NOT new.disagreement BEGIN
  UPDATE queue SET
    group_variance = ifnull(CAST(round(new.reward_variance * 1000000) AS INTEGER), -1),
    group_disagreement = ifnull(CAST(round(new.disagreement * 1000000) AS INTEGER), -1)
  WHERE episode_seq IN (SELECT episode_seq FROM rollouts
    WHERE job_seq = new.job_seq AND sample_seq = new.sample_seq);
END;
CREATE TRIGGER queue_in_group AFTER INSERT ON queue
  WHEN EXISTS (SELECT 1 FROM rollouts WHERE episode_seq = new.episode_seq) BEGIN
  UPDATE queue SET (group_variance, group_disagreement) = (
    SELECT ifnull(CAST(round(reward_variance * 1000000) AS INTEGER), -1),
      ifnull(CAST(round(disagreement * 1000000) AS INTEGER), -1)
    FROM rollouts JOIN groups USING (job_seq, sample_seq) WHERE episode_seq = new.episode_seq
  ) WHERE episode_seq = new.episode_seq
    AND EXISTS (SELECT 1 FROM rollouts JOIN groups USING (job_seq, sample_seq) WHERE episode_seq = new.episode_seq);
END;
CREATE TRIGGER rollout_linked AFTER INSERT ON rollouts
  WHEN EXISTS (SELECT 1 FROM groups WHERE job_seq = new.job_seq AND sample_seq = new.sample_seq) BEGIN
  UPDATE queue SET (group_variance, group_disagreement) = (
    SELECT ifnull(CAST(round(reward_variance * 1000000) AS INTEGER), -1),
      ifnull(CAST(round(disagreement * 1000000) AS INTEGER), -1)
    FROM groups WHERE job_seq = new.job_seq AND sample_seq = new.sample_seq
  ) WHERE episode_seq = new.episode_seq;
END;
`;

export const queueOfGroups: Migration = {
  version: 65,
  name: 'queue-of-groups',
  run: (database) => {
    database.exec(SCHEMA);
  },
};
