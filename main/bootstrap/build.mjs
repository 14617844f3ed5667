// The page and the desktop shell, built when their sources have changed.
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { lastLines, projectEnvironment, projectNode } from './install.mjs';
import { CACHE, MODULES, ROOT } from './paths.mjs';
import { capture } from './processes.mjs';
import { PlainError, sayProgress } from './say.mjs';
import { hashOf, readOrEmpty, replaceFile, withLock } from './stamps.mjs';

/** @typedef {{ sources: readonly string[], result: string, command: (folder: string) => readonly string[] }} Part */

/** @satisfies {Readonly<Record<string, Part>>} */
const PARTS = {
  page: {
    sources: ['renderer', 'shared', 'vite.config.ts', 'package-lock.json'],
    result: 'renderer',
    command: (folder) => [
      join(MODULES, 'vite', 'bin', 'vite.js'),
      'build',
      '--logLevel',
      'warn',
      '--outDir',
      folder,
    ],
  },
  desktop: {
    sources: ['main/electron.ts', 'main/shell', 'shared/contract', 'package-lock.json'],
    result: 'electron',
    command: (folder) => [join(ROOT, 'main', 'bootstrap', 'bundle-desktop.mjs'), folder],
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
  const result = join(ROOT, 'dist', part.result);
  const isFresh = () => existsSync(result) && readOrEmpty(stamp) === hashOf(part.sources);
  if (isFresh()) return;
  await withLock(`build-${name}`, async () => {
    if (isFresh()) return;
    // Taken before the build: a source saved meanwhile makes the next start build again.
    const hash = hashOf(part.sources);
    const done = sayProgress(`Building the ${name}`);
    const folder = join(ROOT, 'dist', `.${part.result}-new`);
    rmSync(folder, { recursive: true, force: true });
    const env = { ...projectEnvironment(), NO_COLOR: '1' };
    const { code, output } = await capture(projectNode(), part.command(folder), { cwd: ROOT, env });
    done();
    if (code !== 0) throw new PlainError(`The ${name} could not be built:\n\n${lastLines(output, 40)}`);
    replaceFolder(result, folder);
    replaceFile(stamp, hash);
  });
}

/**
 * Puts a finished folder in the place of an old one, which an app that is running may be reading.
 * @param {string} old @param {string} finished
 */
function replaceFolder(old, finished) {
  const aside = `${finished}-old`;
  mkdirSync(join(old, '..'), { recursive: true });
  rmSync(aside, { recursive: true, force: true });
  if (existsSync(old)) renameSync(old, aside);
  renameSync(finished, old);
  rmSync(aside, { recursive: true, force: true });
}
