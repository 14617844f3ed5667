import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Why connections can't be traced here; null when they can. */
export function whyNoTrace(): string | null {
  if (process.platform !== 'linux') return 'connections are traced with strace, which is for Linux';
  const tried = spawnSync('strace', ['-f', '-qq', '-e', 'trace=connect', 'true'], { encoding: 'utf8' });
  return tried.status === 0
    ? null
    : 'strace is missing or may not trace here (Debian: apt-get install strace)';
}

/** Words before a command that write every outgoing address of it and of all that it starts into a file. */
export function traceInto(file: string): readonly string[] {
  return ['strace', '-f', '--seccomp-bpf', '-qq', '-e', 'trace=connect,sendto,sendmsg,sendmmsg', '-o', file];
}

const LOOPBACK = /inet_addr\("127\.|inet_pton\(AF_INET6, "(::1|::ffff:127\.[\d.]+)"/;

/** Lines of a trace with an internet address, and those of them that leave the machine. */
export function readTrace(file: string): {
  readonly all: readonly string[];
  readonly leaving: readonly string[];
} {
  const all = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => /sa_family=AF_INET/.test(line));
  return { all, leaving: all.filter((line) => !LOOPBACK.test(line)) };
}
