import { StudioError } from '../../shared/contract/errors.ts';
import { EXIT_BAD_ARGUMENTS, EXIT_FAILURE, EXIT_INTERRUPTED, EXIT_OK, UsageError } from './command.ts';
import type { Command, Terminal } from './command.ts';
import { evalCommand } from './eval.ts';
import { experimentCommand } from './experiment.ts';
import { exportCommand } from './export.ts';
import { importCommand } from './import.ts';
import { plainText } from './printing.ts';
import { runCommand } from './run.ts';
import { serveCommand } from './serve.ts';
import { trainCommand } from './train.ts';

const COMMANDS: readonly Command[] = [
  runCommand,
  evalCommand,
  importCommand,
  exportCommand,
  trainCommand,
  experimentCommand,
  serveCommand,
];

/** Runs one command line. Resolves to the exit code; never throws. */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = args;
  if (name === '--help' || name === '-h' || name === 'help') {
    terminal.out(overview());
    return EXIT_OK;
  }
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command === undefined) {
    terminal.err(name === undefined ? overview() : `There is no command "${name}".\n\n${overview()}`);
    return EXIT_BAD_ARGUMENTS;
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    terminal.out(command.help);
    return EXIT_OK;
  }
  try {
    return await command.run(rest, terminal);
  } catch (error) {
    return report(error, command, rest.includes('--json'), terminal);
  }
}

function report(error: unknown, command: Command, json: boolean, terminal: Terminal): number {
  if (error instanceof UsageError) {
    terminal.err(`${error.message}\nSee: imagent ${command.name} --help\n`);
    return EXIT_BAD_ARGUMENTS;
  }
  // What Ctrl+C broke off fails in many ways; none of them is news.
  const isStopped = terminal.signal.aborted;
  const code = isStopped ? 'cancelled' : error instanceof StudioError ? error.code : 'internal';
  const message = isStopped ? 'Stopped.' : messageOf(error);
  if (json) {
    terminal.out(`${JSON.stringify({ type: 'error', code, message })}\n`);
  }
  terminal.err(`${plainText(message)}\n`);
  if (code === 'internal' && error instanceof Error && process.env['IMAGENT_DEBUG'] !== undefined) {
    terminal.err(`${error.stack ?? ''}\n`);
  }
  return isStopped ? EXIT_INTERRUPTED : EXIT_FAILURE;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function overview(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  const lines = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return `imagent COMMAND [options]\n\n${lines.join('\n')}\n\nimagent COMMAND --help says more.\n`;
}
