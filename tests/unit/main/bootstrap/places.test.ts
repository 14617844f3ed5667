import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, matchesGlob, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dataFolder, outsideArchive, placesIn } from '../../../../main/bootstrap/paths.mjs';
import { ROOT } from '../../../helpers/project.ts';

const data = '/home/a/.local/share/imagent-studio';
const places = (root: string, isWritable: boolean) => placesIn({ root, isWritable: () => isWritable, data });

describe('where things are made', () => {
  it('is beside the sources where a person works on them', () => {
    expect(places('/src/studio', true)).toEqual({ venv: '/src/studio/.venv', cache: '/src/studio/.cache' });
  });

  it.each([
    ['/opt/studio', false],
    ['/opt/Studio/resources/app.asar', true],
    ['/opt/Studio/resources/app.asar', false],
  ])('is with the person’s own data where the app lies in %s, writable: %s', (root, isWritable) => {
    expect(places(root, isWritable)).toEqual({ venv: `${data}/trainer-python`, cache: `${data}/cache` });
  });

  it('is where each system keeps such things', () => {
    expect(dataFolder({}, 'linux', '/home/a')).toBe(data);
    expect(dataFolder({ XDG_DATA_HOME: '/d' }, 'linux', '/home/a')).toBe('/d/imagent-studio');
    expect(dataFolder({ XDG_DATA_HOME: 'relative' }, 'linux', '/home/a')).toBe(data);
    expect(dataFolder({}, 'darwin', '/Users/a')).toBe('/Users/a/Library/Application Support/imagent-studio');
    expect(dataFolder({ APPDATA: '/r' }, 'win32', '/u')).toBe('/r/imagent-studio');
  });

  it('gives Python a path outside of the archive', () => {
    expect(outsideArchive('/opt/S/resources/app.asar/trainer')).toBe(
      '/opt/S/resources/app.asar.unpacked/trainer',
    );
    expect(outsideArchive('C:\\S\\resources\\app.asar')).toBe('C:\\S\\resources\\app.asar.unpacked');
    for (const path of ['/src/studio/trainer', '/x/app.asar.unpacked/y', '/my-app.asar-things/z'])
      expect(outsideArchive(path)).toBe(path);
  });
});

/** Everything that a file imports from this project, and what that imports. */
function importsOf(entry: string, found = new Set<string>()): ReadonlySet<string> {
  if (found.has(entry)) return found;
  found.add(entry);
  const text = readFileSync(entry, 'utf8');
  for (const [, type, path = ''] of text.matchAll(/^(?:import|export) (type )?[^;]*?from '(\.[^']+)'/gms)) {
    const file = resolve(dirname(entry), path);
    if (type === undefined && existsSync(file)) importsOf(file, found);
  }
  return found;
}

describe('the packaged app', () => {
  const packed = readFileSync(join(ROOT, 'electron-builder.yml'), 'utf8');
  /** Patterns under `files:` in their order; a later one that begins with `!` takes away again. */
  const patterns = /^files:\n((?:\s+(?:-|#).*\n)+)/m.exec(packed)?.[1]?.match(/(?<=- ).+/g) ?? [];
  const isPacked = (file: string): boolean =>
    patterns
      .map((pattern) => pattern.replaceAll("'", ''))
      .reduce((inside, pattern) => {
        const glob = pattern.replace(/^!/, '');
        return matchesGlob(file, glob) ? !pattern.startsWith('!') : inside;
      }, false);

  it.each([
    'main/host-process.ts',
    'main/agent/engine/engine-process.ts',
    'main/services/imports/image-worker.ts',
  ])('holds all that %s imports', (entry) => {
    const files = [...importsOf(join(ROOT, entry))].map((file) => relative(ROOT, file).replaceAll('\\', '/'));
    expect(files.length).toBeGreaterThan(2);
    expect(files.filter((file) => !isPacked(file))).toEqual([]);
  });

  it('holds the trainer, outside of the archive', () => {
    expect(isPacked('trainer/pyproject.toml')).toBe(true);
    expect(isPacked('trainer/imagent_trainer/train/grpo/run.py')).toBe(true);
    expect(isPacked('trainer/imagent_trainer/__pycache__/x.pyc')).toBe(false);
    expect(packed).toMatch(/asarUnpack:[\s\S]*- trainer\/\*\*/);
  });
});
