// `npm start`: sets up what is missing, builds what has changed and opens the app. Runs on any Node from 20 on.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ensureBuilt } from './build.mjs';
import { ensurePackages, projectEnvironment, projectNode } from './install.mjs';
import { MODULES, ROOT } from './paths.mjs';
import { capture, runForeground } from './processes.mjs';
import { runMain, say, sayProgress } from './say.mjs';

const HELP = `npm start -- [options]
  --web          open the app in the browser instead of a window
  --no-open      with --web: only print the address
  --port N       with --web: the port to listen on (any free one if not given)
  --workspace D  folder of the workspace
  --help         this text
`;

runMain(async () => {
  const args = process.argv.slice(2);
  if (args.includes('--help')) {
    process.stdout.write(HELP);
    return 0;
  }
  await ensurePackages();
  await ensureBuilt('page');
  if (!args.includes('--web') && !args.includes('--no-open')) {
    const electron = hasDisplay() ? await findElectron() : undefined;
    if (electron !== undefined) {
      await ensureBuilt('desktop');
      return runForeground(electron, [...sandboxArguments(), ROOT, ...args], {
        cwd: ROOT,
        env: projectEnvironment(),
      });
    }
    say(
      hasDisplay()
        ? "Electron can't be had here: the app opens in the browser."
        : 'There is no display: the app runs in browser mode.',
    );
  }
  const rest = args.filter((argument) => argument !== '--web');
  // Without a display there is no browser to open either.
  const quiet = hasDisplay() || rest.includes('--no-open') ? [] : ['--no-open'];
  return runForeground(projectNode(), [join(ROOT, 'main', 'headless.ts'), ...rest, ...quiet], {
    cwd: ROOT,
    env: projectEnvironment(),
  });
});

function hasDisplay() {
  if (process.platform === 'win32' || process.platform === 'darwin') return true;
  return Boolean(process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY']);
}

/**
 * Path of Electron's binary. It is fetched on the first start; where it can't be, the app runs in the browser.
 * @returns {Promise<string | undefined>}
 */
async function findElectron() {
  const folder = join(MODULES, 'electron');
  if (!existsSync(join(folder, 'path.txt')) && process.env['ELECTRON_OVERRIDE_DIST_PATH'] === undefined) {
    const done = sayProgress('Fetching Electron (first start only)');
    const { code } = await capture(projectNode(), [join(folder, 'install.js')], { cwd: ROOT }).catch(() => ({
      code: 1,
    }));
    done();
    if (code !== 0) return undefined;
  }
  try {
    /** @type {unknown} */
    const path = createRequire(import.meta.url)(folder);
    return typeof path === 'string' && existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

/** Chromium refuses to run as root with its sandbox; the page's own sandbox settings are not touched by this. */
function sandboxArguments() {
  return process.platform === 'linux' && process.getuid?.() === 0 ? ['--no-sandbox'] : [];
}
