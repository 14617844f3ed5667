// The page and the desktop shell, built when their sources have changed.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { lastLines, projectEnvironment, projectNode } from './install.mjs';
import { CACHE, MODULES, ROOT } from './paths.mjs';
import { capture } from './processes.mjs';
import { PlainError, sayProgress } from './say.mjs';
import { hashOf, readOrEmpty, replaceFile, withLock } from './stamps.mjs';

const PARTS = {
  page: {
    sources: ['renderer', 'shared', 'vite.config.ts', 'package-lock.json'],
    result: 'dist/renderer/index.html',
    command: [join(MODULES, 'vite', 'bin', 'vite.js'), 'build', '--logLevel', 'warn'],
  },
  desktop: {
    sources: ['main/electron.ts', 'main/shell', 'shared/contract', 'package-lock.json'],
    result: 'dist/electron/electron.cjs',
    command: [join(ROOT, 'main', 'bootstrap', 'bundle-desktop.mjs')],
  },
};

/**
 * Builds one part unless what it is made from is what it was made from the last time.
 * @param {keyof typeof PARTS} name
 * @throws {PlainError} when the build fails
 */
export async function ensureBuilt(name) {
  const part = PARTS[name];
  const stamp = join(CACHE, `built-${name}`);
  const isFresh = () => existsSync(join(ROOT, part.result)) && readOrEmpty(stamp) === hashOf(part.sources);
  if (isFresh()) return;
  await withLock(`build-${name}`, async () => {
    if (isFresh()) return;
    // Taken before the build: a source saved meanwhile makes the next start build again.
    const hash = hashOf(part.sources);
    const done = sayProgress(`Building the ${name}`);
    const { code, output } = await capture(projectNode(), part.command, {
      cwd: ROOT,
      env: projectEnvironment(),
    });
    done();
    if (code !== 0) throw new PlainError(`The ${name} could not be built:\n\n${lastLines(output, 40)}`);
    replaceFile(stamp, hash);
  });
}
