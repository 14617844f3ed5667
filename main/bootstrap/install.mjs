// The packages, and the Node that runs everything.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { broughtNode, IS_WINDOWS, MODULES, nodePackage, ROOT } from './paths.mjs';
import { capture } from './processes.mjs';
import { PlainError, sayProgress } from './say.mjs';
import { hashOf, readOrEmpty, replaceFile, withLock } from './stamps.mjs';

const STAMP = join(MODULES, '.imagent-lock-hash');

/**
 * Brings node_modules to what the lock says. Quick when nothing has changed.
 * @throws {PlainError} when the packages can't be had
 */
export async function ensurePackages() {
  const wanted = hashOf(['package-lock.json']);
  if (readOrEmpty(STAMP) === wanted) return;
  await withLock('install', async () => {
    if (readOrEmpty(STAMP) === wanted) return;
    if (!matchesLock()) await install();
    replaceFile(STAMP, wanted);
  });
}

async function install() {
  const done = sayProgress('Installing packages (about 1 GB on disk, first start only)');
  // The npm that runs us, where there is one: the same registry and settings.
  const npm = process.env['npm_execpath'];
  const isScript = npm !== undefined && /\.c?js$/.test(npm);
  const args = ['ci', '--include=dev', '--include=optional', '--loglevel=error', '--no-audit', '--no-fund'];
  const { code, output } = isScript
    ? await capture(process.execPath, [npm, ...args], { cwd: ROOT })
    : await capture(IS_WINDOWS ? 'npm.cmd' : 'npm', args, { cwd: ROOT, shell: IS_WINDOWS });
  done();
  if (code !== 0) {
    throw new PlainError(
      `The packages could not be installed:\n\n${firstErrors(output)}\n\n` +
        'Check the connection to the npm registry (`npm ping`) and the free disk space, then run the command again.',
    );
  }
}

/**
 * Whether node_modules, as npm itself recorded it, holds every version that the lock names for this platform.
 * True after a plain `npm install` too.
 */
function matchesLock() {
  try {
    const lock = JSON.parse(readOrEmpty(join(ROOT, 'package-lock.json'))).packages;
    const installed = JSON.parse(readOrEmpty(join(MODULES, '.package-lock.json'))).packages;
    return Object.keys(lock).every((path) => {
      if (path === '') return true;
      const have = installed[path];
      return have === undefined ? lock[path].optional === true : have.version === lock[path].version;
    });
  } catch {
    return false;
  }
}

/**
 * The Node that runs the project: the one that came with the packages, else the current one if it is new enough.
 * @returns {string} path of the binary
 * @throws {PlainError} when there is neither
 */
export function projectNode() {
  const brought = broughtNode();
  if (brought !== undefined && existsSync(brought)) return brought;
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= 24) return process.execPath;
  throw new PlainError(
    `IMAgent Studio needs Node 24 and this is ${process.version}. ` +
      (nodePackage() === undefined
        ? `No ready-made Node 24 is published on npm for ${process.platform}-${process.arch}: install it from nodejs.org.`
        : `The package ${nodePackage()} that brings it is missing: delete node_modules and run the command again.`),
  );
}

/** The environment for children: the project's Node and its tools come first on the PATH. */
export function projectEnvironment() {
  const separator = IS_WINDOWS ? ';' : ':';
  const folders = [join(projectNode(), '..'), join(MODULES, '.bin'), process.env['PATH'] ?? ''];
  return {
    ...process.env,
    PATH: folders.join(separator),
    // Set before the native runtime loads, in every process: nothing leaves the machine.
    ORT_DISABLE_TELEMETRY: '1',
  };
}

/** What went wrong stands first in npm's output; its usage text follows. @param {string} output */
function firstErrors(output) {
  const lines = output.split('\n').map((line) => line.replace(/^npm error ?/, '').trim());
  return lines
    .filter((line) => line !== '')
    .slice(0, 12)
    .join('\n');
}

/** @param {string} text @param {number} count */
export function lastLines(text, count) {
  return text.trim().split('\n').slice(-count).join('\n');
}
