import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { EXIT_FAILURE, EXIT_INTERRUPTED } from './command.ts';
import type { Command } from './command.ts';

const HEADLESS = fileURLToPath(new URL('../headless.ts', import.meta.url));

export const serveCommand: Command = {
  name: 'serve',
  summary: 'serve the app to a browser on this machine',
  help: `imagent serve [options]

  --workspace DIR     folder of the workspace; default: the app's own
  --port N            port to listen on; default: any free one
  --host ADDRESS      address to listen on; default: 127.0.0.1
  --no-open           do not open the browser

Prints one line, the address, and runs until Ctrl+C.
`,
  run: async (args, terminal) =>
    new Promise((resolve, reject) => {
      // A process of its own: browser mode has its own order of ending, and its own signals.
      const child = spawn(process.execPath, [HEADLESS, ...args], { stdio: 'inherit' });
      terminal.signal.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
      child.on('error', reject);
      child.on('exit', (code) => {
        resolve(terminal.signal.aborted ? EXIT_INTERRUPTED : (code ?? EXIT_FAILURE));
      });
    }),
};
