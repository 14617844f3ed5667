/** What the host writes for whoever runs it. Never a token, never model text. */
export interface Log {
  info(message: string): void;
  error(message: string, error: unknown): void;
}

/** One line each on standard error, so that standard output stays for the address. */
export function createStderrLog(
  write: (line: string) => void = (line) => void process.stderr.write(line),
): Log {
  return {
    info: (message) => write(`${message}\n`),
    error: (message, error) => write(`${message}: ${describe(error)}\n`),
  };
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\n  because of ${describe(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
