import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// Every gate is shown files that it must refuse, and clean ones that it must let pass: a gate that can't fail is none.

const root = fileURLToPath(new URL('../../', import.meta.url));
const knownBad = join(root, 'tests/fixtures/known-bad');
const modules = join(root, 'node_modules');

/** A copy of a known-bad tree that looks to the tool like the project itself. */
function copyTree(name: string, configs: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), `imagent-gate-${name}-`));
  cpSync(join(knownBad, name), folder, { recursive: true });
  for (const config of configs) cpSync(join(root, config), join(folder, config));
  symlinkSync(modules, join(folder, 'node_modules'));
  return folder;
}

function runTool(
  script: string,
  args: readonly string[],
  cwd: string,
): { code: number | null; output: string } {
  const run = spawnSync(process.execPath, [join(modules, script), ...args], { cwd, encoding: 'utf8' });
  return { code: run.status, output: `${run.stdout}${run.stderr}` };
}

/** Every file of a tree with what its first line says that the tool must find; null for a clean file. */
function expectations(tree: string): readonly (readonly [path: string, code: string | null])[] {
  const base = join(knownBad, tree);
  return readdirSync(base, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|tsx|mjs)$/.test(entry.name))
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const expected = /^\/\/ expect: (\S+)/.exec(readFileSync(path, 'utf8'))?.[1] ?? null;
      return [relative(base, path), expected] as const;
    });
}

describe('lint', () => {
  let folder = '';
  const found = new Map<string, Set<string>>();

  beforeAll(() => {
    folder = copyTree('lint', ['.oxlintrc.json', 'tsconfig.base.json']);
    writeFileSync(join(folder, 'main/too-long.ts'), 'export {};\n'.repeat(501));
    writeFileSync(join(folder, 'main/long-enough.ts'), 'export {};\n'.repeat(500));
    const options = {
      extends: './tsconfig.base.json',
      compilerOptions: { lib: ['es2024', 'dom'], jsx: 'react-jsx' },
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(options));
    const { output } = runTool('oxlint/bin/oxlint', ['--type-aware', '--format=json'], folder);
    const report = JSON.parse(output) as { diagnostics: { code: string; filename: string }[] };
    for (const { code, filename } of report.diagnostics) {
      found.set(filename, (found.get(filename) ?? new Set()).add(code));
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(expectations('lint'))('%s: %s', (path, code) => {
    const codes = [...(found.get(path) ?? [])];
    if (code === null) expect(codes).toEqual([]);
    else expect(codes).toContain(code);
  });

  it('refuses 501 lines and allows 500', () => {
    expect([...(found.get('main/too-long.ts') ?? [])]).toContain('eslint(max-lines)');
    expect([...(found.get('main/long-enough.ts') ?? [])]).not.toContain('eslint(max-lines)');
  });
});

describe('types', () => {
  const layers = ['shared', 'main', 'main/shell', 'main/bootstrap', 'renderer'];
  let folder = '';
  const found = new Map<string, Set<string>>();

  beforeAll(() => {
    folder = copyTree('types', ['tsconfig.base.json', ...layers.map((layer) => `${layer}/tsconfig.json`)]);
    // The desktop entry is named by the shell's configuration.
    writeFileSync(join(folder, 'main/electron.ts'), 'export {};\n');
    for (const layer of layers) {
      const { output } = runTool('typescript/bin/tsc', ['-b', layer, '--pretty', 'false'], folder);
      for (const [, path = '', code = ''] of output.matchAll(/^(\S+)\(\d+,\d+\): error (TS\d+)/gm)) {
        found.set(path, (found.get(path) ?? new Set()).add(code));
      }
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(expectations('types'))('%s: %s', (path, code) => {
    const codes = [...(found.get(path) ?? [])];
    if (code === null) expect(codes).toEqual([]);
    else expect(codes).toContain(code);
  });
});

describe('the other gates', () => {
  it('format: refuses a badly formatted file', () => {
    const text = readFileSync(join(knownBad, 'badly-formatted.ts'), 'utf8');
    const biome = join(modules, '@biomejs/biome/bin/biome');
    const run = spawnSync(process.execPath, [biome, 'format', '--stdin-file-path=shared/x.ts'], {
      cwd: root,
      input: text,
      encoding: 'utf8',
    });
    expect(run.stdout).toBe("export const a = { b: 'c' };\n");
  });

  it('unused: names the orphan file, the unused export and the unused dependency', () => {
    const folder = copyTree('unused', ['knip.json']);
    try {
      const { code, output } = runTool(
        'knip/bin/knip.js',
        ['--no-progress', '--reporter', 'compact'],
        folder,
      );
      expect(code).not.toBe(0);
      expect(output).toContain('shared/orphan.ts');
      expect(output).toContain('neverUsed');
      expect(output).toContain('ws');
      expect(output).not.toContain('zod');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  const python = process.env['IMAGENT_PYTHON_ENV'] ?? join(root, '.venv/bin/python');
  const config = join(root, 'trainer/pyproject.toml');
  it.each([
    ['python-format', ['-m', 'ruff', 'format', '--check', '--config', config, 'python/unformatted.py']],
    ['python-lint', ['-m', 'ruff', 'check', '--config', config, 'python/unused_import.py']],
    ['python-types', ['-m', 'pyright', 'python/wrong_type.py']],
  ] as const)('%s refuses its known-bad file', (_name, args) => {
    const run = spawnSync(python, args, { cwd: knownBad, encoding: 'utf8' });
    expect(`${run.stdout}${run.stderr}`).toMatch(/would be reformatted|F401|not assignable/);
    expect(run.status).toBe(1);
  });
});
