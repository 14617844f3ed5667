import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { resizeBicubic } from '../../main/agent/engine/pillow-resize.ts';
import type { BenchOptions } from './engine.ts';
import { runScript } from './python.ts';
import { type Figure, median } from './report.ts';

/** [width, height] before and after: a scene of the demo world, a crop, a photograph, a large photograph. */
const SIZES = [
  [448, 448, 112, 112],
  [128, 128, 112, 112],
  [1920, 1080, 1316, 728],
  [4032, 3024, 1148, 868],
] as const;

/** Pillow's bicubic against ours, which gives the same bytes. Both in memory, decoded, on one thread. */
export function measureResize(options: BenchOptions, folder: string): readonly Figure[] {
  const of = options.runs * 5;
  return SIZES.flatMap(([width, height, toWidth, toHeight]) => {
    const data = randomBytes(width * height * 3);
    const file = join(folder, 'noise.rgb');
    writeFileSync(file, data);
    const args = [file, ...[width, height, toWidth, toHeight, of].map(String)];
    const pillow = runScript('pillow_resize.py', args) as { readonly milliseconds: readonly number[] };
    const image = { data: new Uint8Array(data), width, height };
    const times = Array.from({ length: of + 2 }, () => {
      const startedAt = performance.now();
      resizeBicubic(image, toWidth, toHeight);
      return performance.now() - startedAt;
    }).slice(2);
    const name = `${width}x${height} to ${toWidth}x${toHeight}`;
    return [
      { name: `resize ${name}, ours`, value: median(times), unit: 'ms', of },
      { name: `resize ${name}, Pillow`, value: median(pillow.milliseconds), unit: 'ms', of },
    ];
  });
}
