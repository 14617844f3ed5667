import { spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { StudioError } from '../../shared/contract/errors.ts';
import { heartbeat, RUN_FILES } from '../../shared/trainer-protocol/run-folder.ts';
import type { Control, Heartbeat } from '../../shared/trainer-protocol/run-folder.ts';
import { isSameProcess, lookUpProcess } from './process-identity.ts';
import type { LookUpProcess, ProcessIdentity } from './process-identity.ts';
import { readSmallJson, replaceJson } from './run-files.ts';

/** Files of ours beside those of the protocol. */
const LAUNCHED = 'launched.json';
const LAUNCHING = 'launching.json';
const TRAINER_LOG = 'trainer.log';
/** A log that has grown past this is put aside at the next start; one older one is kept. */
const MAX_LOG_BYTES = 8 * 1024 * 1024;

export interface TrainerCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

const identity = z
  .object({
    pid: z.number().int().positive(),
    startTicks: z.number().int().nullable(),
    bootId: z.string().nullable(),
    startedAt: z.number(),
  })
  .readonly();

/** The trainer of one run folder, as seen from a host. It belongs to no host: it goes on when the app is closed. */
export interface TrainerProcess {
  /**
   * Starts a trainer that outlives this process.
   * @throws StudioError conflict when one works here already, or another host is starting one
   */
  launch(command: TrainerCommand): ProcessIdentity;
  /** The live trainer of this folder, whoever started it. */
  find(): ProcessIdentity | null;
  heartbeat(): Heartbeat | null;
  /** The last one written holds. */
  control(command: Control['command'], at: number): void;
  /** Ends it and all that it started, at once. Nothing but what it had not saved is lost. */
  kill(): void;
  /** The end of what it printed. */
  logTail(bytes: number): string;
}

export function createTrainerProcess(folder: string, lookUp: LookUpProcess = lookUpProcess): TrainerProcess {
  const at = (name: string): string => join(folder, name);
  const readHeartbeat = (): Heartbeat | null => readSmallJson(at(RUN_FILES.heartbeat), heartbeat);

  /** Who we started last, and who last said that it trains here: a host that died may have seen only one of them. */
  function find(): ProcessIdentity | null {
    const launched = readSmallJson(at(LAUNCHED), identity);
    const beat = readHeartbeat();
    const known = [launched, beat === null ? null : identityOf(beat)];
    return known.find((one) => one !== null && isSameProcess(one, lookUp(one.pid))) ?? null;
  }

  return {
    find,
    heartbeat: readHeartbeat,
    launch: (command) => {
      const release = holdLaunch(at(LAUNCHING), lookUp);
      try {
        if (find() !== null) throw new StudioError('conflict', 'A trainer works on this run already.');
        for (const stale of [RUN_FILES.control, RUN_FILES.heartbeat, LAUNCHED])
          rmSync(at(stale), { force: true });
        const child = spawnTrainer(command, openLog(at(TRAINER_LOG)));
        const started = lookUp(child) ?? {
          pid: child,
          startTicks: null,
          bootId: null,
          startedAt: Date.now(),
        };
        replaceJson(at(LAUNCHED), started);
        return started;
      } finally {
        release();
      }
    },
    control: (command, time) => replaceJson(at(RUN_FILES.control), { command, at: time } satisfies Control),
    kill: () => {
      const found = find();
      if (found === null) return;
      const children = readHeartbeat()?.children ?? [];
      killTree(found.pid, children);
    },
    logTail: (bytes) => readTail(at(TRAINER_LOG), bytes),
  };
}

function identityOf(beat: Heartbeat): ProcessIdentity {
  return {
    pid: beat.pid,
    startTicks: beat.start_ticks,
    bootId: beat.boot_id,
    startedAt: beat.started_at,
  };
}

/** The process gets a session and a group of its own: no terminal and no app takes it along when it ends. */
function spawnTrainer(command: TrainerCommand, log: number): number {
  try {
    const child = spawn(command.file, command.args, {
      cwd: command.cwd,
      env: command.env,
      stdio: ['ignore', log, log],
      detached: true,
      windowsHide: true,
    });
    // A file that is not there is told by an event as well; without a listener it would end the host.
    child.on('error', () => {});
    child.unref();
    if (child.pid === undefined) {
      throw new StudioError(
        'internal',
        `The trainer could not be started: ${command.file} is not a program. Open "Set up the trainer" and check it.`,
      );
    }
    return child.pid;
  } finally {
    closeSync(log);
  }
}

function openLog(path: string): number {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > MAX_LOG_BYTES) renameSync(path, `${path}.1`);
  return openSync(path, 'a', 0o600);
}

/**
 * Two hosts may reach for one folder (a copied workspace, a terminal): the one that makes this file starts, and what
 * a dead one left behind does not count.
 */
function holdLaunch(path: string, lookUp: LookUpProcess): () => void {
  const own = lookUp(process.pid);
  for (let tries = 0; ; tries += 1) {
    try {
      writeFileSync(path, JSON.stringify(own), { flag: 'wx', mode: 0o600 });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      const holder = readSmallJson(path, identity);
      const isHeld = holder !== null && isSameProcess(holder, lookUp(holder.pid));
      if (isHeld || tries > 0) {
        throw new StudioError('conflict', 'This run is being started already. Wait a moment.');
      }
      rmSync(path, { force: true });
    }
  }
}

function killTree(pid: number, children: readonly number[]): void {
  if (process.platform === 'win32') {
    spawnSync('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore', windowsHide: true });
    return;
  }
  for (const target of [-pid, pid, ...children]) {
    try {
      process.kill(target, 'SIGKILL');
    } catch {
      // Gone already.
    }
  }
}

function readTail(path: string, bytes: number): string {
  let handle: number | null = null;
  try {
    handle = openSync(path, 'r');
    const { size } = fstatSync(handle);
    const buffer = Buffer.alloc(Math.min(bytes, size));
    const read = readSync(handle, buffer, 0, buffer.length, size - buffer.length);
    return plain(buffer.toString('utf8', 0, read));
  } catch {
    return '';
  } finally {
    if (handle !== null) closeSync(handle);
  }
}

/** Without colours, and with what a progress bar left of its lines. */
function plain(text: string): string {
  return (
    text
      // oxlint-disable-next-line no-control-regex
      .replaceAll(/\u001B\[[0-9;?]*[A-Za-z]/g, '')
      .split('\n')
      .map((line) => line.slice(line.lastIndexOf('\r', line.length - 2) + 1))
      .join('\n')
  );
}
