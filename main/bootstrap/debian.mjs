// System packages that the tests need, on the one kind of machine where we may install them: Debian as root.
import { existsSync } from 'node:fs';
import { lastLines } from './install.mjs';
import { capture } from './processes.mjs';
import { say, sayProgress } from './say.mjs';

/**
 * Installs Debian packages.
 * @param {readonly string[]} packages
 * @returns {Promise<boolean>} false where this is not Debian, we are not root, or apt-get failed
 */
export async function aptInstall(packages) {
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get'))
    return false;
  const done = sayProgress(`Installing ${packages.join(', ')} with apt-get`);
  const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  await capture('apt-get', ['update', '-qq'], options);
  const { code, output } = await capture(
    'apt-get',
    ['install', '-y', '-qq', '--no-install-recommends', ...packages],
    options,
  );
  done();
  if (code !== 0) say(lastLines(output, 6));
  return code === 0;
}
