import { createJobsService } from '../../main/services/groups/jobs-service.ts';
import type { EpisodePlayer, JobsService } from '../../main/services/groups/jobs-service.ts';
import { newId } from '../../main/store/new-id.ts';
import type { StoredAgent } from '../../main/store/repositories/agents.ts';
import { openWorkspace } from '../../main/store/workspace.ts';
import type { Workspace } from '../../main/store/workspace.ts';
import { StudioError } from '../../shared/contract/errors.ts';
import type { Episode, EpisodeStatus } from '../../shared/model/episode.ts';
import type { JobId } from '../../shared/model/ids.ts';
import type { Step } from '../../shared/model/step.ts';
import { aStep, addAgent } from './store-rows.ts';
import { recordedLog } from './test-host.ts';
import { until } from './until.ts';

export type PlayInput = Parameters<EpisodePlayer['play']>[0];

/** How a rollout ends; `hang` only when it is stopped, `time` moves the clock on. */
export interface Ending {
  readonly status: EpisodeStatus;
  readonly right?: boolean;
  readonly hang?: boolean;
  readonly time?: number;
  /** What it did in its one step; left out, nothing. */
  readonly act?: Step['action'];
}

export interface JobsSetting {
  readonly workspace: Workspace;
  readonly jobs: JobsService;
  readonly played: PlayInput[];
  readonly agent: StoredAgent;
  readonly ended: (id: JobId) => Promise<void>;
}

export const GOOD: Ending = { status: 'answered', right: true };

/** A jobs service over a real store, whose episodes end as they are told. */
export function jobsSetting(
  folder: string,
  endingOf: (input: PlayInput, index: number) => Ending = () => GOOD,
  during: (jobs: JobsService, index: number) => void = () => {},
): JobsSetting {
  const workspace = openWorkspace(folder, 1);
  const agent = workspace.agents.list()[0] ?? addAgent(workspace);
  const played: PlayInput[] = [];
  let time = 1000;
  const player: EpisodePlayer = {
    play: async (input, { onStored, signal }) => {
      if (!workspace.agents.get(input.agentVersionId))
        throw new StudioError('not_found', 'There is no agent to run.');
      const index = played.length;
      played.push(input);
      const ending = endingOf(input, index);
      const episode: Episode = {
        ...input,
        id: newId.episode(),
        startedAt: time,
        state: { kind: 'running', phase: 'queued' },
        views: [],
        steps: [],
        answer: null,
        verdict: 'unknown',
        reward: null,
        flags: [],
        error: null,
      };
      workspace.write(() => {
        workspace.episodes.create(episode);
        onStored(episode.id);
      });
      during(jobs, index);
      if (ending.hang === true && !signal.aborted) {
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      }
      time += ending.time ?? 10;
      const status = signal.aborted ? 'stopped' : ending.status;
      const accuracy = ending.right === true ? 1 : 0;
      const done: Episode = {
        ...episode,
        steps: ending.act === undefined ? [] : [aStep(0, { action: ending.act })],
        state: { kind: 'ended', status, endedAt: time },
        answer: status === 'answered' ? String(accuracy) : null,
        verdict: status === 'failed' || status === 'stopped' ? 'unknown' : accuracy === 1 ? 'right' : 'wrong',
        reward: status === 'answered' ? { accuracy, toolFactor: 1, format: 1, total: accuracy + 0.5 } : null,
        error: status === 'failed' ? { code: 'engine_crashed', message: 'the engine ended' } : null,
      };
      workspace.episodes.finish(done);
      return done;
    },
  };
  const jobs = createJobsService({
    workspace,
    now: () => time,
    notify: () => {},
    notifySeldom: () => {},
    log: recordedLog(),
    episodes: player,
    chooseAgent: async (id) => {
      const found = id === undefined ? agent : workspace.agents.get(id);
      if (!found) throw new StudioError('not_found', 'There is no agent to run.');
      return found;
    },
  });
  const ended = (id: JobId): Promise<void> =>
    until(() => jobs.get(id).state !== 'active' && !jobs.get(id).running, 'the job has ended');
  return { workspace, jobs, played, agent, ended };
}
