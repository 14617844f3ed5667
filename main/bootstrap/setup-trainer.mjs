// Sets up the trainer's Python for the app, which starts this as a child: a JSON line a piece of news on stdout, the
// last one says how it ended. Whoever started it holds its stdin: when that closes, nobody waits any more.
import { IS_WINDOWS } from './paths.mjs';
import { ensurePython } from './python.mjs';
import { PlainError } from './say.mjs';

/** @param {{ kind: 'line' | 'failed' | 'done', text: string }} news */
function tell(news) {
  process.stdout.write(`${JSON.stringify(news)}\n`);
}

process.stdin.resume();
process.stdin.once('end', () => {
  // Pip is in our group, and must not go on alone.
  if (IS_WINDOWS) process.exit(1);
  process.kill(0, 'SIGKILL');
});

try {
  const python = await ensurePython((line) => tell({ kind: 'line', text: line }));
  tell({ kind: 'done', text: python });
  process.exit(0);
} catch (error) {
  tell({
    kind: 'failed',
    text: error instanceof PlainError ? error.message : String(/** @type {Error} */ (error).stack ?? error),
  });
  process.exit(1);
}
