// One command of the project, run by its own Node or Python: `node main/bootstrap/run.mjs NAME [arguments]`.
import { join } from 'node:path';
import { ensureBuilt } from './build.mjs';
import { ensurePackages, projectEnvironment, projectNode } from './install.mjs';
import { MODULES, ROOT } from './paths.mjs';
import { runForeground } from './processes.mjs';
import { ensurePython, trainerEnvironment } from './python.mjs';
import { PlainError, runMain } from './say.mjs';

/** Where the person stood: npm changes to the project's folder and keeps the other in INIT_CWD. */
const cwd = process.env['INIT_CWD'] ?? process.cwd();

/** @typedef {(args: readonly string[]) => Promise<number>} Command */

/** @type {Readonly<Record<string, Command>>} */
const commands = {
  imagent: (args) => node([join(ROOT, 'main', 'cli.ts'), ...args], cwd),
  bench: async (args) => {
    await ensurePython();
    // Some of them open the app in a browser.
    await ensureBuilt('page');
    return node(['--expose-gc', join(ROOT, 'tests', 'bench', 'main.ts'), ...args], cwd);
  },
  trainer: async (args) => {
    const python = await ensurePython();
    const env = trainerEnvironment(projectEnvironment());
    return runForeground(python, ['-m', 'imagent_trainer', ...args], { cwd, env });
  },
  build: async () => {
    await ensureBuilt('page');
    await ensureBuilt('desktop');
    return 0;
  },
  dev: (args) => node([join(MODULES, 'vite', 'bin', 'vite.js'), ...args], ROOT),
  format: async () => {
    const python = await ensurePython();
    const biome = await node(
      [join(MODULES, '@biomejs', 'biome', 'bin', 'biome'), 'format', '--write', '.'],
      ROOT,
    );
    const ruff = await runForeground(python, ['-m', 'ruff', 'format', 'trainer', 'tests/trainer'], {
      cwd: ROOT,
    });
    return biome || ruff;
  },
  package: async (args) => {
    await ensureBuilt('page');
    await ensureBuilt('desktop');
    return node([join(MODULES, 'electron-builder', 'cli.js'), ...args], ROOT);
  },
};

/** @param {readonly string[]} args @param {string} folder */
function node(args, folder) {
  return runForeground(projectNode(), args, { cwd: folder, env: projectEnvironment() });
}

runMain(async () => {
  const [name = '', ...args] = process.argv.slice(2);
  const command = commands[name];
  if (command === undefined)
    throw new PlainError(`There is no command "${name}": ${Object.keys(commands).join(', ')}.`);
  await ensurePackages();
  return command(args);
});
