// What has been done already, by the hash of what it was done from.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { CACHE, ROOT } from './paths.mjs';

/**
 * @param {string} path
 * @returns {string} the file's text; '' when there is none
 */
export function readOrEmpty(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** @param {string} path @param {string} text */
export function replaceFile(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, text);
  renameSync(temporary, path);
}

/**
 * All files under some files and folders, in a fixed order.
 * @param {readonly string[]} roots relative to the project
 * @returns {string[]} absolute paths
 */
function filesUnder(roots) {
  /** @type {string[]} */
  const found = [];
  /** @param {string} path */
  const visit = (path) => {
    const info = statSync(path, { throwIfNoEntry: false });
    if (info === undefined) return;
    if (info.isFile()) found.push(path);
    else for (const name of readdirSync(path).sort()) visit(join(path, name));
  };
  for (const root of roots) visit(join(ROOT, root));
  return found;
}

/**
 * Hash of the contents of files and folders.
 * @param {readonly string[]} roots relative to the project
 */
export function hashOf(roots) {
  const hash = createHash('sha256');
  for (const file of filesUnder(roots)) {
    const bytes = readFileSync(file);
    hash.update(`${relative(ROOT, file)}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}

/**
 * Runs one setup step of the project at a time: two terminals may start at once.
 * The holder's process id is kept, so that a killed one blocks nobody.
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(name, work) {
  const path = join(CACHE, `${name}.lock`);
  mkdirSync(CACHE, { recursive: true });
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
      if (isAbandoned(path)) rmSync(path, { force: true });
      else await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/** Longest that a step may take, in milliseconds; the number of a dead process may belong to another one by then. */
const LONGEST_STEP = 3_600_000;

/** @param {string} path */
function isAbandoned(path) {
  const made = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
  return Date.now() - made > LONGEST_STEP || !isAlive(Number(readOrEmpty(path)));
}

/** @param {number} pid */
function isAlive(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}
