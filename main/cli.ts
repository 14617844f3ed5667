/** `imagent`: the app's services from a terminal. */
import { runCli } from './cli/run-cli.ts';
import type { Terminal } from './cli/command.ts';
import { EXIT_INTERRUPTED } from './cli/command.ts';

const stop = new AbortController();
process.on('SIGINT', () => {
  if (stop.signal.aborted) {
    // Asked twice: leave at once. Workers end with their channel.
    process.exit(EXIT_INTERRUPTED);
  }
  stop.abort();
});
process.on('SIGTERM', () => stop.abort());
// `imagent ... | head` closes the pipe: stop, and do not complain.
process.stdout.on('error', () => stop.abort());

const terminal: Terminal = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  isInteractive: process.stderr.isTTY,
  signal: stop.signal,
};

process.exitCode = await runCli(process.argv.slice(2), terminal);
