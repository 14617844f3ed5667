// `node main/bootstrap/complete-lock.mjs` after a change of dependencies: names in package-lock.json the optional
// packages of other platforms that the registry at hand does not hold. Without them `npm ci` refuses the lock.
// They get no integrity hash: nobody has seen their bytes.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './paths.mjs';

/** @typedef {{ version?: string, dev?: boolean, optionalDependencies?: Record<string, string> } & Record<string, unknown>} Entry */

/**
 * Optional packages that the lock leaves out.
 * @param {Readonly<Record<string, Entry>>} packages the lock's `packages`
 * @returns {{ name: string, version: string, dev: boolean }[]}
 */
export function missingOptional(packages) {
  return Object.entries(packages).flatMap(([path, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([name]) => !isResolvable(packages, path, name))
      .map(([name, version]) => ({ name, version, dev: entry.dev === true })),
  );
}

/** @param {Readonly<Record<string, Entry>>} packages @param {string} from @param {string} name */
function isResolvable(packages, from, name) {
  for (let path = from; ; path = path.replace(/(^|\/)node_modules\/(@[^/]+\/)?[^/]+$/, '')) {
    if (packages[`${path === '' ? '' : `${path}/`}node_modules/${name}`] !== undefined) return true;
    if (path === '') return false;
  }
}

/**
 * Which platform a package is for, as the makers of native packages write it into the name.
 * @param {string} name such as `@oxlint/binding-linux-arm64-musl`
 */
function platformOf(name) {
  const [, os, cpu, abi] =
    /(android|darwin|freebsd|linux|openharmony|win32)-(arm64|arm|x64|ia32|ppc64|riscv64|s390x)(?:-(\w+))?$/.exec(
      name,
    ) ?? [];
  if (os === undefined || cpu === undefined) throw new Error(`Can't tell the platform of ${name}.`);
  const libc = os === 'linux' && abi !== undefined ? [abi.startsWith('musl') ? 'musl' : 'glibc'] : undefined;
  return { os: [os], cpu: [cpu], ...(libc && { libc }) };
}

if (process.argv[1] === import.meta.filename) {
  const path = join(ROOT, 'package-lock.json');
  const lock = JSON.parse(readFileSync(path, 'utf8'));
  const missing = missingOptional(lock.packages);
  for (const { name, version, dev } of missing) {
    lock.packages[`node_modules/${name}`] = {
      version,
      ...platformOf(name),
      ...(dev && { dev }),
      optional: true,
    };
  }
  const sorted = Object.entries(lock.packages).sort(([one], [other]) => one.localeCompare(other, 'en'));
  writeFileSync(path, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`);
  process.stdout.write(`${missing.length} added\n`);
}
