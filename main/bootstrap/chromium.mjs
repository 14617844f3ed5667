// The browser of the end-to-end tests: the system's own.
import { existsSync } from 'node:fs';
import { aptInstall } from './debian.mjs';
import { firstThatRuns } from './processes.mjs';
import { PlainError } from './say.mjs';

const FIXED_PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

/** @returns {string | undefined} a command or path that starts Chromium or Chrome */
export function findChromium() {
  const chosen = process.env['IMAGENT_CHROMIUM'];
  if (chosen !== undefined) return chosen;
  const fixed = FIXED_PLACES.find((path) => existsSync(path));
  if (fixed !== undefined) return fixed;
  return firstThatRuns(
    [
      '/usr/bin/chromium',
      '/usr/bin/chromium-browser',
      '/usr/bin/google-chrome',
      '/usr/bin/google-chrome-stable',
    ],
    ['--version'],
    (output) => /Chrom/.test(output),
  );
}

/**
 * @returns {Promise<string>} path of a Chromium, installed where that is allowed
 * @throws {PlainError} where there is none
 */
export async function ensureChromium() {
  const found = findChromium();
  if (found !== undefined) return found;
  await aptInstall(['chromium', 'fonts-liberation']);
  const installed = findChromium();
  if (installed !== undefined) return installed;
  throw new PlainError(
    'Chromium was not found and could not be installed. The end-to-end tests need it: install Chromium or Chrome ' +
      '(Debian: apt-get install chromium), or name one: IMAGENT_CHROMIUM=/path/to/chrome.',
  );
}
