import { parseArgs } from 'node:util';
import type { ParseArgsConfig } from 'node:util';

/** What a command needs of the terminal. Injected, so that commands can be run whole in tests. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** True where the progress bar may redraw its line. */
  readonly isInteractive: boolean;
  /** Aborted by Ctrl+C. */
  readonly signal: AbortSignal;
}

/** One command of the terminal. `run` resolves to the exit code. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly help: string;
  readonly run: (args: readonly string[], terminal: Terminal) => Promise<number>;
}

export const EXIT_OK = 0;
export const EXIT_FAILURE = 1;
export const EXIT_BAD_ARGUMENTS = 2;
/** What shells give a program that Ctrl+C ended. */
export const EXIT_INTERRUPTED = 130;

/** The arguments are wrong; the message says how. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

type Options = NonNullable<ParseArgsConfig['options']>;

/** `parseArgs`, strict, with its errors as UsageError. */
export function readOptions<const Known extends Options>(
  args: readonly string[],
  options: Known,
  allowPositionals = false,
) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals, strict: true });
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

/** A whole number within limits, or undefined where the option was not given. */
export function wholeNumber(
  name: string,
  text: string | undefined,
  least: number,
  most: number,
): number | undefined {
  if (text === undefined) {
    return undefined;
  }
  const value = /^\d+$/u.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) {
    throw new UsageError(`--${name} takes a whole number from ${least} to ${most}, not "${text}".`);
  }
  return value;
}

/** A decimal number within limits, or undefined where the option was not given. */
export function decimalNumber(
  name: string,
  text: string | undefined,
  least: number,
  most: number,
): number | undefined {
  if (text === undefined) {
    return undefined;
  }
  const value = /^(?:\d+\.?\d*|\.\d+)$/u.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) {
    throw new UsageError(`--${name} takes a number from ${least} to ${most}, not "${text}".`);
  }
  return value;
}

/** `--choices a,b` or one `--choices` each, which may then hold commas. */
export function readChoices(values: readonly string[] | undefined): readonly string[] | null {
  if (values === undefined) {
    return null;
  }
  const [first, ...more] = values;
  const parts = first !== undefined && more.length === 0 ? first.split(',') : values;
  const choices = parts.map((choice) => choice.trim());
  if (choices.length < 2 || choices.length > 26 || choices.includes('')) {
    throw new UsageError('--choices takes 2 to 26 choices: --choices red,blue or one --choices each.');
  }
  return choices;
}
