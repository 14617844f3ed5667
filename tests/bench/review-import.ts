import { mkdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { startTestHost } from '../helpers/test-host.ts';
import { until } from '../helpers/until.ts';
import type { Figure } from './report.ts';

const IMAGES = 10_000;
/** Photographs of a telephone are larger; what counts here is how many there are. */
const WIDTH = 640;
const HEIGHT = 480;

/** Images that differ and decode in the time that real ones of their size take: noise over a gradient. */
export async function makeImages(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const noise = { type: 'gaussian' as const, mean: 128, sigma: 30 };
  const ground = await sharp({
    create: { width: WIDTH, height: HEIGHT, channels: 3, background: '#777', noise },
  })
    .jpeg({ quality: 70 })
    .toBuffer();
  for (let from = 0; from < IMAGES; from += 100) {
    await Promise.all(
      Array.from({ length: 100 }, async (_, at) => {
        // A comment behind the end of the picture makes every file another one.
        const bytes = Buffer.concat([ground, Buffer.from(`image ${from + at}`)]);
        await writeFile(join(folder, `${from + at}.jpg`), bytes);
      }),
    );
  }
}

/** Import of 10,000 images: when all of them can be seen and used, and when their thumbnails are all made. */
export async function measureImport(folder: string): Promise<readonly Figure[]> {
  const source = join(folder, 'source');
  await makeImages(source);
  const host = await startTestHost({ folder: join(folder, 'import') });
  const { imports, library } = host.services;
  try {
    const listed = (): number => library.listImages({ limit: 1 }).total;
    const from = performance.now();
    const cpu = process.cpuUsage();
    const { id } = imports.startPaths([source]);
    let firstAt = 0;
    await until(
      () => {
        if (firstAt === 0 && listed() > 0) firstAt = performance.now() - from;
        return listed() >= IMAGES;
      },
      'all images are listed',
      600_000,
    );
    const usable = performance.now() - from;
    const host_ = process.cpuUsage(cpu);
    await imports.settled(id);
    const whole = performance.now() - from;
    const seconds = (name: string, value: number, goal?: number): Figure => ({
      name,
      value: value / 1000,
      unit: 's',
      of: 1,
      ...(goal === undefined ? {} : { goal: `< ${goal} s`, met: value < goal * 1000 }),
    });
    return [
      seconds(`import of ${IMAGES.toLocaleString('en')} images: first ones listed`, firstAt),
      seconds('  all listed and usable', usable, 10),
      seconds('  processor time of the host meanwhile', (host_.user + host_.system) / 1000),
      seconds('  every thumbnail made', whole),
    ];
  } finally {
    await host.close();
  }
}
