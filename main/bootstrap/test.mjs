// `npm test`: sets up what the tests need and runs every gate and suite. `npm test -- NAME ...` runs some of them;
// words that are no names are handed to the suites as filters.
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt } from './build.mjs';
import { ensureChromium } from './chromium.mjs';
import { aptInstall } from './debian.mjs';
import { ensurePackages, projectEnvironment, projectNode } from './install.mjs';
import { CACHE, MODULES, ROOT } from './paths.mjs';
import { runForeground } from './processes.mjs';
import { ensurePython, trainerEnvironment } from './python.mjs';
import { PlainError, runMain, say } from './say.mjs';
import { readOrEmpty } from './stamps.mjs';

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */
/** @typedef {{ name: string, group: string, run: (filters: readonly string[]) => Promise<Counts> }} Step */

const REPORTS = join(CACHE, 'reports');

/** @type {readonly Step[]} */
const steps = [
  gate('format', () => tool(['@biomejs', 'biome', 'bin', 'biome'], ['format', '.'])),
  gate('lint', () => tool(['oxlint', 'bin', 'oxlint'], ['--type-aware', '--deny-warnings'])),
  gate('types', () => tool(['typescript', 'bin', 'tsc'], ['-b'])),
  gate('unused', () => tool(['knip', 'bin', 'knip.js'], ['--no-progress'])),
  gate('python-format', () => python(['-m', 'ruff', 'format', '--check', 'trainer', 'tests/trainer'])),
  gate('python-lint', () =>
    python(['-m', 'ruff', 'check', '--config', 'trainer/pyproject.toml', 'trainer', 'tests/trainer']),
  ),
  gate('python-types', () => python(['-m', 'pyright', '--project', 'trainer/pyproject.toml'])),
  { name: 'gates', group: 'suites', run: (filters) => vitest('gates', filters) },
  { name: 'unit', group: 'suites', run: (filters) => vitest('unit', filters) },
  { name: 'contract', group: 'suites', run: (filters) => vitest('contract', filters) },
  { name: 'trainer', group: 'suites', run: pytest },
  { name: 'e2e', group: 'suites', run: endToEnd },
  { name: 'long', group: 'long', run: (filters) => vitest('long', filters) },
];

/**
 * A gate passes or fails as a whole and counts as one.
 * @param {string} name
 * @param {() => Promise<number>} run
 * @returns {Step}
 */
function gate(name, run) {
  return {
    name,
    group: 'check',
    run: async () =>
      (await run()) === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 },
  };
}

/** @param {readonly string[]} script path inside node_modules @param {readonly string[]} args */
function tool(script, args) {
  return runForeground(projectNode(), [join(MODULES, ...script), ...args], {
    cwd: ROOT,
    env: projectEnvironment(),
  });
}

/** @param {readonly string[]} args */
async function python(args) {
  const path = await ensurePython();
  return runForeground(path, args, { cwd: ROOT, env: trainerEnvironment(projectEnvironment()) });
}

/** @param {string} project @param {readonly string[]} filters @param {NodeJS.ProcessEnv} [extra] */
async function vitest(project, filters, extra = {}) {
  // Parity tests drive the Python twin.
  const env = { ...projectEnvironment(), IMAGENT_PYTHON_ENV: await ensurePython(), ...extra };
  const report = join(REPORTS, `${project}.json`);
  const workers = Math.max(1, Math.min(4, availableParallelism() - 1));
  const args = [
    'run',
    '--project',
    project,
    `--maxWorkers=${workers}`,
    ...(filters.length > 0 ? ['--passWithNoTests'] : []),
  ];
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const entry = join(MODULES, 'vitest', 'vitest.mjs');
  const code = await runForeground(projectNode(), [entry, ...args, ...reporters, ...filters], {
    cwd: ROOT,
    env,
  });
  const text = readOrEmpty(report);
  if (text === '') return honest({ passed: 0, failed: 0, skipped: 0 }, code);
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(text);
  return honest(
    { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests + numTodoTests },
    code,
  );
}

/** @param {readonly string[]} filters */
async function pytest(filters) {
  const report = join(REPORTS, 'trainer.xml');
  const chosen = filters.length > 0 ? filters : ['tests/trainer'];
  const code = await python([
    '-m',
    'pytest',
    '-q',
    '-c',
    'trainer/pyproject.toml',
    '--rootdir',
    '.',
    `--junitxml=${report}`,
    ...chosen,
  ]);
  const root = /<testsuite [^>]*>/.exec(readOrEmpty(report))?.[0] ?? '';
  /** @param {string} name */
  const count = (name) => Number(new RegExp(` ${name}="(\\d+)"`).exec(root)?.[1] ?? 0);
  const failed = count('failures') + count('errors');
  const skipped = count('skipped');
  return honest({ passed: count('tests') - failed - skipped, failed, skipped }, code);
}

/** @param {readonly string[]} filters */
async function endToEnd(filters) {
  const chromium = await ensureChromium();
  // The proof that nothing leaves the machine is a trace; where there is no tracer, its test says so.
  if (process.platform === 'linux' && !existsSync('/usr/bin/strace')) await aptInstall(['strace']);
  await ensureBuilt('page');
  await ensureBuilt('desktop');
  return vitest('e2e', filters, { IMAGENT_CHROMIUM: chromium });
}

/**
 * A suite that ended badly has a failure, even if no single test did.
 * @param {Counts} counts @param {number} code
 */
function honest(counts, code) {
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

/** @param {Step} step @param {readonly string[]} filters @returns {Promise<Counts>} */
async function runStep(step, filters) {
  try {
    return await step.run(filters);
  } catch (error) {
    say(error instanceof PlainError ? error.message : String(/** @type {Error} */ (error).stack));
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

runMain(async () => {
  const words = process.argv.slice(2);
  const isName = (/** @type {string} */ word) =>
    steps.some((step) => step.name === word || step.group === word);
  const names = words.filter(isName);
  const filters = words.filter((word) => !isName(word) && word !== '--long');
  const chosen = steps.filter((step) =>
    names.length > 0
      ? names.includes(step.name) || names.includes(step.group)
      : step.group !== 'long' || words.includes('--long'),
  );
  await ensurePackages();
  rmSync(REPORTS, { recursive: true, force: true });
  mkdirSync(REPORTS, { recursive: true });

  const total = { passed: 0, failed: 0, skipped: 0 };
  /** @type {string[]} */
  const summary = [];
  for (const step of chosen) {
    process.stdout.write(`\n--- ${step.name}\n`);
    const start = Date.now();
    const counts = await runStep(step, filters);
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
    const seconds = ((Date.now() - start) / 1000).toFixed(1);
    summary.push(
      `${step.name.padEnd(14)} ${counts.failed > 0 ? 'FAILED' : 'ok    '} ${describe(counts)} (${seconds} s)`,
    );
  }
  process.stdout.write(`\n--- summary\n${summary.join('\n')}\n\n${describe(total)}\n`);
  return total.failed > 0 ? 1 : 0;
});

/** @param {Counts} counts */
function describe({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
