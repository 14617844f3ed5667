import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isStudioError } from '../shared/contract/errors.ts';
import { outsideArchive } from './bootstrap/paths.mjs';
import { createDesktopWorkers } from './desktop-workers.ts';
import type { MainPort } from './desktop-workers.ts';
import { createHost } from './host.ts';
import type { Host } from './host.ts';
import { createStderrLog } from './log.ts';
import { serveAssetPort } from './transport/desktop-assets.ts';
import { fromEventPort, servePort } from './transport/message-port.ts';
import { defaultWorkspacePath } from './workspace-path.ts';

/** The host as a utility process of the desktop: ports to pages and to main come in, nothing else. */

const { parentPort } = process as { readonly parentPort?: MainPort };
const log = createStderrLog();

if (parentPort === undefined) {
  log.info('The host process is started by the application, not by hand.');
  process.exitCode = 2;
} else {
  run(parentPort);
}

function run(main: MainPort): void {
  const host = open(main);
  if (host === null) return;
  main.on('message', ({ data, ports: [port] }) => {
    switch (data.kind) {
      case 'page':
        if (port !== undefined) servePort(fromEventPort(port), host.serveRpc);
        return;
      case 'assets':
        if (port !== undefined) serveAssetPort(port, host.answerAsset, log);
        return;
      case 'shutdown':
        void end(host);
        return;
      case 'worker':
      case 'worker-ended':
        return;
      default:
        data satisfies never;
    }
  });
  main.postMessage({ kind: 'ready' });
}

function open(main: MainPort): Host | null {
  try {
    const { values } = parseArgs({ options: { workspace: { type: 'string' } }, strict: false });
    const named = values.workspace;
    return createHost({
      mode: 'desktop',
      workspacePath: resolve(typeof named === 'string' ? named : defaultWorkspacePath()),
      // The engine and the trainer open what lies there by path.
      assetsPath: outsideArchive(fileURLToPath(new URL('../assets', import.meta.url))),
      spawnWorker: createDesktopWorkers(main),
      log,
      now: Date.now,
    });
  } catch (error) {
    log.error('the host could not start', error);
    const message = isStudioError(error)
      ? error.message
      : 'The app could not start. Its log has the details.';
    main.postMessage({ kind: 'failed', message });
    return null;
  }
}

async function end(host: Host): Promise<void> {
  try {
    await host.close();
    process.exit(0);
  } catch (error) {
    log.error('the host did not end in order', error);
    process.exit(1);
  }
}
