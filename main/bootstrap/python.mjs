// The Python environment of the trainer, made from the pins of trainer/pyproject.toml; paths.mjs says where.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { aptInstall } from './debian.mjs';
import { lastLines } from './install.mjs';
import { IS_WINDOWS, TRAINER, VENV, venvPython } from './paths.mjs';
import { capture, firstThatRuns } from './processes.mjs';
import { PlainError, sayProgress } from './say.mjs';
import { readOrEmpty, replaceFile, withLock } from './stamps.mjs';

const STAMP = join(VENV, 'imagent-pins.txt');
const PROJECT = join(TRAINER, 'pyproject.toml');

/**
 * Prints the pins one a line; exits with 3 when an installed version is not the pinned one.
 * A local version label (`+cpu`, `+cu130`) is the builder's and does not count.
 */
const LIST_PINS = `
import importlib.metadata, sys, tomllib
project = tomllib.load(open(sys.argv[1], 'rb'))['project']
pins = project['dependencies'] + project['optional-dependencies']['dev']
print('\\n'.join(pins))
for pin in pins:
    name, version = pin.split('==')
    try:
        have = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        have = ''
    if have.split('+')[0] != version:
        sys.exit(3)
`;

/** Whether .venv was brought to the pins as they are now. */
export function hasPython() {
  return existsSync(venvPython()) && readOrEmpty(STAMP) === readOrEmpty(PROJECT);
}

/**
 * Brings .venv to the pins. Quick when nothing has changed; after a break it goes on with what is there.
 * @param {(line: string) => void} [onLine] told what pip does, where somebody watches
 * @param {AbortSignal} [signal] ends it where it is
 * @returns {Promise<string>} path of its Python
 * @throws {PlainError} when Python or a package can't be had, or it was ended
 */
export async function ensurePython(onLine, signal) {
  if (hasPython()) return venvPython();
  const wanted = readOrEmpty(PROJECT);
  return withLock('python', async () => {
    if (hasPython()) return venvPython();
    await createEnvironment();
    stopIfAborted(signal);
    const { code, output } = await capture(venvPython(), ['-I', '-c', LIST_PINS, PROJECT]);
    if (code !== 0 && code !== 3)
      throw new PlainError(`trainer/pyproject.toml could not be read:\n${output}`);
    if (code === 3) await installPins(output.trim().split(/\r?\n/), onLine, signal);
    stopIfAborted(signal);
    replaceFile(STAMP, wanted);
    return venvPython();
  });
}

/** @param {AbortSignal | undefined} signal */
function stopIfAborted(signal) {
  if (signal?.aborted) throw new PlainError('Stopped.');
}

async function createEnvironment() {
  if (existsSync(venvPython())) {
    const alive = await capture(venvPython(), ['-I', '-m', 'pip', '--version']).catch(() => undefined);
    if (alive?.code === 0) return;
  }
  const first = await tryEnvironment(findPython());
  if (first === undefined) return;
  const debian = await aptInstall(['python3', 'python3-venv']);
  const second = debian ? await tryEnvironment(findPython()) : first;
  if (second === undefined) return;
  throw new PlainError(`An environment for Python could not be made:\n\n${second}`);
}

/**
 * @param {string | undefined} python
 * @returns {Promise<string | undefined>} why it did not work
 */
async function tryEnvironment(python) {
  if (python === undefined) {
    return (
      'Python 3.11 or newer was not found. The trainer and its tests need it, the app itself does not. ' +
      'Install it (Debian and Ubuntu: apt-get install python3 python3-venv), or name one: IMAGENT_PYTHON=/path/to/python3.'
    );
  }
  rmSync(VENV, { recursive: true, force: true });
  const { code, output } = await capture(python, ['-m', 'venv', VENV]);
  if (code === 0) return undefined;
  rmSync(VENV, { recursive: true, force: true });
  return `${lastLines(output, 8)}\n\nOn Debian and Ubuntu: apt-get install python3-venv. Then run the command again.`;
}

function findPython() {
  const names = IS_WINDOWS
    ? ['py', 'python', 'python3']
    : ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11'];
  const chosen = process.env['IMAGENT_PYTHON'];
  return firstThatRuns(
    chosen === undefined ? names : [chosen],
    ['-c', 'import sys; print("new enough" if sys.version_info >= (3, 11) else "too old")'],
    (output) => output.includes('new enough'),
  );
}

/** Pip, which ends with whoever holds its standard input: it must not go on for an app that is gone. */
const LEASHED_PIP = `
import os, runpy, sys, threading
def watch():
    while os.read(0, 4096):
        pass
    os._exit(75)
threading.Thread(target=watch, daemon=True).start()
runpy.run_module('pip', run_name='__main__', alter_sys=True)
`;

/**
 * @param {readonly string[]} pins
 * @param {((line: string) => void) | undefined} onLine
 * @param {AbortSignal | undefined} signal
 */
async function installPins(pins, onLine, signal) {
  const done = sayProgress('Installing the Python packages (PyTorch among them, first time only)');
  // Python compiles what it imports; to compile all of PyTorch first would take longer than to download it.
  // torch on its own first: with the others pip may weigh builds of it against each other and fetch several.
  const torch = pins.filter((pin) => pin.startsWith('torch=='));
  for (const group of [torch, pins]) {
    const { code, output } = await capture(
      venvPython(),
      [
        '-I',
        '-c',
        LEASHED_PIP,
        'install',
        ...(onLine ? ['--progress-bar', 'off'] : ['--quiet']),
        '--disable-pip-version-check',
        '--no-input',
        '--no-compile',
        ...group,
      ],
      { cwd: TRAINER, leash: true, ...(onLine && { onLine }), ...(signal && { signal }) },
    );
    if (code === 0) continue;
    done();
    stopIfAborted(signal);
    throw new PlainError(
      `The Python packages could not be installed (pip ended with ${code}):\n\n${lastLines(output, 12)}\n\n` +
        'Check the connection to the Python package index and the free disk space, then run the command again.',
    );
  }
  done();
}

/** @param {NodeJS.ProcessEnv} environment */
export function trainerEnvironment(environment) {
  return {
    ...environment,
    PYTHONPATH: TRAINER,
    PYTHONUNBUFFERED: '1',
    // Models and data are files on this machine.
    HF_HUB_OFFLINE: '1',
    TRANSFORMERS_OFFLINE: '1',
  };
}
