// Child processes. Each long-lived one gets a process group of its own, so that all it starts ends with it.
import { spawn, spawnSync } from 'node:child_process';
import { constants } from 'node:os';
import { IS_WINDOWS } from './paths.mjs';

/** How long a child may take to end by itself before it is killed, in milliseconds. */
const GRACE = 8000;

/**
 * Ends a process and all that it started.
 * @param {import('node:child_process').ChildProcess} child the leader of its own group
 * @param {NodeJS.Signals} signal
 */
function signalTree(child, signal) {
  if (child.pid === undefined) return;
  try {
    if (IS_WINDOWS) spawnSync('taskkill', ['/pid', String(child.pid), '/T', '/F'], { stdio: 'ignore' });
    else process.kill(-child.pid, signal);
  } catch {
    // It is gone already.
  }
}

/** @param {number | null} code @param {NodeJS.Signals | null} signal @returns {number} as a shell would say it */
function exitCode(code, signal) {
  return code ?? 128 + (signal === null ? 1 : constants.signals[signal]);
}

/**
 * Runs a program in the foreground until it ends. Ctrl+C, a closed terminal and a plain kill end it and
 * everything that it started; what will not end is killed.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Promise<number>} its exit code
 */
export function runForeground(file, args, options = {}) {
  return new Promise((resolve, reject) => {
    // On a terminal a group of its own would be in the background and could not read keys; stdin is not ours to give.
    const child = spawn(file, args, {
      stdio: ['ignore', 'inherit', 'inherit'],
      ...options,
      detached: !IS_WINDOWS,
    });
    /** @type {NodeJS.Timeout | undefined} */
    let killer;
    /** @param {NodeJS.Signals} signal */
    const stop = (signal) => {
      signalTree(child, signal);
      killer ??= setTimeout(() => signalTree(child, 'SIGKILL'), GRACE);
    };
    /** @type {NodeJS.Signals[]} */
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, stop);
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      clearTimeout(killer);
      for (const name of signals) process.off(name, stop);
      // The leader is gone; what it left behind goes now.
      signalTree(child, 'SIGKILL');
      resolve(exitCode(code, signal));
    });
  });
}

/**
 * Runs a program to its end and returns what it printed.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions & { onLine?: (line: string) => void, leash?: boolean }} [options]
 *   leash: it gets a standard input that stays open as long as we live
 * @returns {Promise<{ code: number, output: string }>} stdout and stderr together
 */
export function capture(file, args, { onLine, leash = false, signal, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { ...options, stdio: [leash ? 'pipe' : 'ignore', 'pipe', 'pipe'] });
    const stop = () => void child.kill('SIGKILL');
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) stop();
    let output = '';
    let line = '';
    /** @param {Buffer} data */
    const take = (data) => {
      const text = data.toString();
      output += text;
      const lines = (line + text).split(/\r?\n/);
      line = lines.pop() ?? '';
      if (onLine) for (const one of lines) onLine(one);
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    child.once('error', reject);
    child.once('close', (code, by) => {
      signal?.removeEventListener('abort', stop);
      if (onLine && line !== '') onLine(line);
      resolve({ code: exitCode(code, by), output });
    });
  });
}

/**
 * The first of some commands that runs and whose output passes; undefined when none does.
 * @param {readonly string[]} files
 * @param {readonly string[]} args
 * @param {(output: string) => boolean} passes
 * @returns {string | undefined}
 */
export function firstThatRuns(files, args, passes) {
  return files.find((file) => {
    const tried = spawnSync(file, args, { encoding: 'utf8', timeout: 20_000 });
    return tried.status === 0 && passes(`${tried.stdout}${tried.stderr}`);
  });
}
