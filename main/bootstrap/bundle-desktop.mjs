// The two files that Electron itself loads: its main and the page's preload, which must be one CommonJS file each.
// The host and its workers are not bundled: Electron's Node runs their sources as the plain Node does.
import { join } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from './paths.mjs';

const folder = process.argv[2] ?? join(ROOT, 'dist', 'electron');
/** @type {import('esbuild').BuildOptions} */
const common = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  external: ['electron'],
  logLevel: 'warning',
};

await build({
  ...common,
  entryPoints: [join(ROOT, 'main', 'electron.ts')],
  outfile: join(folder, 'electron.cjs'),
  define: { 'import.meta.dirname': '__dirname' },
});
await build({
  ...common,
  entryPoints: [join(ROOT, 'main', 'shell', 'preload.ts')],
  outfile: join(folder, 'preload.cjs'),
});
