import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { missingOptional } from '../../../../main/bootstrap/complete-lock.mjs';
import { nodePackage } from '../../../../main/bootstrap/paths.mjs';
import { ROOT } from '../../../helpers/project.ts';

const text = readFileSync(join(ROOT, 'package-lock.json'), 'utf8');
const { packages } = JSON.parse(text) as { packages: Record<string, { version?: string }> };
const project = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<
  'dependencies' | 'devDependencies' | 'optionalDependencies',
  Record<string, string>
>;

it('names the optional packages of every platform, without which `npm ci` refuses it', () => {
  expect(missingOptional(packages)).toEqual([]);
});

it('notices an optional package that the lock leaves out', () => {
  const cut = { 'node_modules/a': { optionalDependencies: { 'a-linux-x64': '1.0.0' } } };
  expect(missingOptional(cut)).toEqual([{ name: 'a-linux-x64', version: '1.0.0', dev: false }]);
});

it('names no registry', () => {
  expect(text).not.toContain('"resolved"');
});

it('holds exactly the versions that package.json pins', () => {
  const pins = { ...project.dependencies, ...project.devDependencies, ...project.optionalDependencies };
  for (const [name, version] of Object.entries(pins)) {
    expect([name, packages[`node_modules/${name}`]?.version]).toEqual([name, version]);
  }
});

it.each([
  ['linux', 'x64'],
  ['linux', 'arm64'],
  ['darwin', 'x64'],
  ['darwin', 'arm64'],
  ['win32', 'x64'],
] as const)('brings a Node 24 for %s-%s', (platform, arch) => {
  expect(project.optionalDependencies[nodePackage(platform, arch) ?? '']).toMatch(/^24\./);
});
