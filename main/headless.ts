import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isStudioError } from '../shared/contract/errors.ts';
import { spawnForkedWorker } from './fork-workers.ts';
import { createHost } from './host.ts';
import { createStderrLog } from './log.ts';
import { startWebServer } from './transport/http-server.ts';
import { readPageFiles } from './transport/page-files.ts';
import { defaultWorkspacePath } from './workspace-path.ts';

/** Browser mode: the host over loopback HTTP. Prints one line, the address, and runs until it is told to end. */

const HELP = `node main/headless.ts [options]
  --workspace DIR  folder of the workspace (${defaultWorkspacePath()})
  --port N         port to listen on; any free one when left out
  --host ADDRESS   address to listen on; 127.0.0.1 when left out
  --no-open        do not open the browser
`;

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);
const { log, options } = { log: createStderrLog(), options: readOptions() };

try {
  await run();
} catch (error) {
  if (isStudioError(error)) log.info(error.message);
  else if (isAddressError(error))
    log.info(
      `Can't listen on ${options.host}:${options.port}: ${error.message}. Choose another with --port.`,
    );
  else log.error('The app could not start', error);
  process.exit(1);
}

async function run(): Promise<void> {
  const host = createHost({
    mode: 'browser',
    workspacePath: options.workspace,
    assetsPath: fileURLToPath(new URL('../assets', import.meta.url)),
    spawnWorker: spawnForkedWorker,
    log,
    now: Date.now,
  });
  const page = readPageFiles(fileURLToPath(new URL('../dist/renderer', import.meta.url)));
  if (page.addresses.length === 0) log.info('The page is not built. Run "npm run build", then start again.');
  const server = await startWebServer({
    host: options.host,
    port: options.port,
    page,
    serveRpc: host.serveRpc,
    answerAsset: host.answerAsset,
    log,
    onTokenRefused: (address) =>
      log.info(`An address that was used before was opened. A new one: ${address}`),
  }).catch(async (error: unknown) => {
    await host.close();
    throw error;
  });
  if (!LOOPBACK.has(options.host)) {
    log.info(
      `Listening on ${options.host}: other machines can reach this app, and the connection is not encrypted.`,
    );
  }
  endOnSignals(async () => {
    await server.close();
    await host.close();
  });
  const address = server.newAddress();
  process.stdout.write(`${address}\n`);
  if (options.open) openBrowser(address);
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        workspace: { type: 'string' },
        port: { type: 'string', default: '0' },
        host: { type: 'string', default: '127.0.0.1' },
        open: { type: 'boolean', default: true },
        help: { type: 'boolean', default: false },
      },
      allowNegative: true,
    });
    if (values.help) {
      process.stdout.write(HELP);
      process.exit(0);
    }
    const port = Number(values.port);
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      throw new Error(`"${values.port}" is not a port`);
    const workspace = resolve(values.workspace ?? defaultWorkspacePath());
    return { workspace, port, host: values.host, open: values.open };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
    process.exit(2);
  }
}

function isAddressError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && /^EA(DDR|CCES)/.test(String(error.code));
}

/** The first signal ends in order; a second one, or ten seconds, ends at once. Nothing saved is lost either way. */
function endOnSignals(close: () => Promise<void>): void {
  let ending = false;
  const end = (signal: NodeJS.Signals): void => {
    if (ending) process.exit(130);
    ending = true;
    setTimeout(() => process.exit(1), 10_000).unref();
    close().then(
      () => process.exit(signal === 'SIGINT' ? 130 : 0),
      (error: unknown) => {
        log.error('The app did not end in order', error);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  process.on('SIGHUP', end);
}

function openBrowser(address: string): void {
  const [command, args] =
    process.platform === 'darwin'
      ? (['open', [address]] as const)
      : process.platform === 'win32'
        ? (['cmd', ['/c', 'start', '', address.replaceAll('&', '^&')]] as const)
        : (['xdg-open', [address]] as const);
  spawn(command, args, { stdio: 'ignore', detached: true })
    .on('error', () => log.info('The browser could not be opened. Open the address yourself.'))
    .unref();
}
