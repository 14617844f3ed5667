// What the person reads while things are set up. Progress goes to stderr, so that stdout stays clean.

/** An error whose message is for the person: printed without a stack. */
export class PlainError extends Error {}

/** @param {string} text */
export function say(text) {
  process.stderr.write(`${text}\n`);
}

/**
 * Says that something long has begun, and every ten seconds that it is still going on.
 * @param {string} what
 * @returns {() => void} call it at the end
 */
export function sayProgress(what) {
  const start = Date.now();
  say(`${what} ...`);
  const timer = setInterval(() => say(`  still at it, ${Math.round((Date.now() - start) / 1000)} s`), 10_000);
  return () => {
    clearInterval(timer);
    const seconds = (Date.now() - start) / 1000;
    if (seconds > 3) say(`  done in ${seconds.toFixed(0)} s`);
  };
}

/**
 * Runs a program's main function: a PlainError is printed as its message, anything else with its stack.
 * @param {() => Promise<number>} main
 */
export function runMain(main) {
  main().then(
    (code) => {
      process.exitCode = code;
    },
    (error) => {
      say(error instanceof PlainError ? `\n${error.message}` : String(error?.stack ?? error));
      process.exitCode = 1;
    },
  );
}
