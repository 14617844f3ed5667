import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * Which process it is. A pid alone proves nothing: when a process has ended, the system gives its number to another
 * one. On Linux the start of a process in kernel ticks and the kernel's boot id name it exactly; elsewhere the second
 * in which it started does.
 */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTicks: number | null;
  readonly bootId: string | null;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** What the system says about a pid now; null where no live process has it (one that is only unburied is dead). */
export type LookUpProcess = (pid: number) => ProcessIdentity | null;

/** Clocks of two programs that ask for the same start, in milliseconds. */
const GRACE_MS = 2000;

/** Whether the process that was written down is the one that has the pid now. */
export function isSameProcess(known: ProcessIdentity, now: ProcessIdentity | null): boolean {
  if (now === null || now.pid !== known.pid) return false;
  if (known.startTicks !== null && now.startTicks !== null) {
    return known.startTicks === now.startTicks && known.bootId === now.bootId;
  }
  return Math.abs(known.startedAt - now.startedAt) <= GRACE_MS;
}

export const lookUpProcess: LookUpProcess = (pid) => {
  if (!Number.isInteger(pid) || pid <= 0) return null;
  if (process.platform === 'linux') return lookUpOnLinux(pid);
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return null;
  }
  const startedAt = startTime(pid);
  return startedAt === null ? null : { pid, startTicks: null, bootId: null, startedAt };
};

function lookUpOnLinux(pid: number): ProcessIdentity | null {
  try {
    const stat = parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    if (stat === null || stat.state === 'Z' || stat.state === 'X') return null;
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return { pid, startTicks: stat.startTicks, bootId, startedAt: 0 };
  } catch {
    return null;
  }
}

/** Fields 3 and 22 of /proc/PID/stat. The second is the name, which may hold spaces and brackets of its own. */
export function parseStat(text: string): { readonly state: string; readonly startTicks: number } | null {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, ticks] = [fields[0], Number(fields[19])];
  return state === undefined || !Number.isInteger(ticks) ? null : { state, startTicks: ticks };
}

/** Asked of the system's own tools, which is slow: only where there is no /proc. */
function startTime(pid: number): number | null {
  try {
    const text =
      process.platform === 'win32'
        ? execFileSync(
            'powershell',
            ['-NoProfile', '-Command', `(Get-Process -Id ${pid}).StartTime.ToUniversalTime().ToString('o')`],
            { encoding: 'utf8', timeout: 20_000, windowsHide: true },
          )
        : execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', timeout: 20_000 });
    const time = Date.parse(text.trim());
    return Number.isNaN(time) ? null : time;
  } catch {
    return null;
  }
}
