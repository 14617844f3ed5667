import { readdirSync, readFileSync } from 'node:fs';

/** A live process, as Linux tells it. */
export interface ProcessInfo {
  readonly pid: number;
  readonly command: string;
}

/** Live processes whose environment holds the mark of a run, however they were re-parented. Linux only. */
export function markedProcesses(mark: string): readonly ProcessInfo[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        if (!readFileSync(`/proc/${name}/environ`, 'utf8').includes(mark)) return [];
        // A zombie has ended; nobody has asked for its exit code yet.
        if (/^\d+ \(.*\) Z /.test(readFileSync(`/proc/${name}/stat`, 'utf8'))) return [];
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        return [{ pid: Number(name), command }];
      } catch {
        // It ended while we looked.
        return [];
      }
    });
}

/**
 * Stops a process of a run in its tracks, so that a test can act in the middle of what it does; nothing is timed.
 * @param words of its command line
 * @returns lets it go on
 */
export function freeze(mark: string, words: string): () => void {
  const frozen = markedProcesses(mark).filter((one) => one.command.includes(words));
  if (frozen.length === 0) throw new Error(`No process of the run is ${words}.`);
  for (const { pid } of frozen) process.kill(pid, 'SIGSTOP');
  return () => {
    for (const { pid } of frozen) process.kill(pid, 'SIGCONT');
  };
}
