import { join } from 'node:path';
import type { RunId } from '../../../shared/model/ids.ts';
import { isActive } from '../../../shared/model/run.ts';
import type { Run, RunFailure } from '../../../shared/model/run.ts';
import { RUN_FILES } from '../../../shared/trainer-protocol/run-folder.ts';
import type { Workspace } from '../../store/workspace.ts';
import { createEventTail } from '../../trainer-control/event-tail.ts';
import type { TailNews } from '../../trainer-control/event-tail.ts';
import { countOomKills } from '../../trainer-control/oom-kills.ts';
import type { CountOomKills } from '../../trainer-control/oom-kills.ts';
import type { TrainerProcess } from '../../trainer-control/trainer-process.ts';
import { foldEvent } from './run-events.ts';

/** Keeps what the workspace knows of a run in step with its folder. The folder is the truth. */
export interface RunFollower {
  /**
   * Reads what the trainer has written since, and looks whether it lives.
   * @returns whether anything has changed
   */
  tick(): boolean;
  /** True once the run has ended and its process is gone: nothing more will come. */
  isDone(): boolean;
}

export interface FollowerDeps {
  readonly workspace: Workspace;
  readonly now: () => number;
  readonly trainer: Pick<TrainerProcess, 'find' | 'logTail'>;
  readonly oomKills?: CountOomKills;
}

/** Chunks of the file that one tick reads at most, so that a long file does not freeze the host. */
const CHUNKS = 8;
const LOG_TAIL = 6000;

export function createRunFollower(id: RunId, folder: string, deps: FollowerDeps): RunFollower {
  const { workspace, now, trainer } = deps;
  const { runs } = workspace;
  const tail = createEventTail(join(folder, RUN_FILES.events), runs.cursor(id));
  const oomKills = deps.oomKills ?? countOomKills;
  let isDone = false;
  /** As counted when the process was last seen alive. */
  let killsBefore: number | null = null;

  function current(): Run | null {
    return runs.get(id);
  }

  /** One transaction a chunk: what was read and how far stand together or not at all. */
  function keep(news: TailNews): void {
    workspace.write(() => {
      const before = current();
      if (before === null) return;
      if (news.kind === 'replaced') {
        runs.forgetAll(id);
        runs.save({ ...before, badLines: 0 });
        runs.saveCursor(id, { file: news.file, offset: 0 });
        return;
      }
      let run = before;
      for (const line of news.lines) {
        if (line.kind === 'unreadable') {
          run = { ...run, badLines: run.badLines + 1 };
          const message = `A line of events.jsonl was passed over: ${line.reason}.`;
          runs.addLog(id, { time: now(), step: null, kind: 'unreadable', message });
        } else if (line.kind === 'event') {
          const folded = foldEvent(run, line.event);
          const { step, log, metrics, rollouts, forgetAfter } = folded;
          run = folded.run;
          if (forgetAfter !== undefined) runs.forgetAfter(id, forgetAfter);
          if (metrics !== undefined) runs.putMetrics(id, step, metrics);
          if (rollouts !== undefined) runs.putRollouts(id, step, rollouts.file, rollouts.count);
          if (log !== undefined) runs.addLog(id, { ...log, step, time: line.event.time });
        }
      }
      runs.save(run);
      runs.saveCursor(id, { file: news.file, offset: news.end });
    });
  }

  /** @returns whether it read anything, and all there was */
  function drain(): { readonly read: boolean; readonly all: boolean } {
    for (let count = 0; count < CHUNKS; count += 1) {
      const news = tail.read();
      if (news === null) return { read: count > 0, all: true };
      keep(news);
    }
    return { read: true, all: false };
  }

  /** Its process is gone and its events do not say how it ended. */
  function endWithoutWord(run: Run): Run {
    const at = now();
    // Linux tells nobody which program it ended; that it had to end one just as this one went says enough.
    const kills = oomKills();
    if (killsBefore !== null && kills !== null && kills > killsBefore) {
      return { ...run, state: { kind: 'failed', at, failure: ENDED_FOR_MEMORY } };
    }
    if (run.state.kind !== 'starting') return { ...run, state: { kind: 'interrupted', at } };
    const detail = trainer.logTail(LOG_TAIL);
    if (detail === '') return { ...run, state: { kind: 'interrupted', at } };
    const failure: RunFailure = { ...launchFailure(detail), detail };
    return { ...run, state: { kind: 'failed', at, failure } };
  }

  return {
    isDone: () => isDone,
    tick: () => {
      // Asked before the events are read: what a process wrote before it ended is then read in any case.
      const isAlive = trainer.find() !== null;
      if (isAlive) killsBefore = oomKills();
      const { read, all } = drain();
      const run = current();
      if (run === null) {
        isDone = true;
        return read;
      }
      if (isAlive || !all) return read;
      isDone = true;
      if (!isActive(run.state)) return read;
      runs.save(endWithoutWord(run));
      return true;
    },
  };
}

const ENDED_FOR_MEMORY: RunFailure = {
  code: 'out_of_memory',
  message:
    'The machine ran out of memory, and the system ended the trainer. Close other programs, or go on with less in memory at once. It goes on from its last whole checkpoint.',
  detail: null,
};

/** What the last words of a process that never wrote an event mean. */
function launchFailure(log: string): Pick<RunFailure, 'code' | 'message'> {
  if (/No space left on device/.test(log)) {
    return { code: 'disk_full', message: 'The disk is full. Free some space, then go on.' };
  }
  if (/MemoryError|Cannot allocate memory|Killed/.test(log)) {
    return { code: 'out_of_memory', message: 'There was not enough memory to start. Close other programs.' };
  }
  const missing = /No module named '([^']+)'/.exec(log)?.[1];
  if (missing !== undefined) {
    return {
      code: 'launch',
      message: `The trainer's Python lacks ${missing}. Press "Set up the trainer" and start again.`,
    };
  }
  return {
    code: 'launch',
    message: 'The trainer ended before it began. The end of its log says why.',
  };
}
