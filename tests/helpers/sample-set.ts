import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';

/** Writes two plain images and a samples.jsonl about them, as the world writes it. Returns the file's path. */
export async function writeSampleSet(folder: string): Promise<string> {
  mkdirSync(join(folder, 'images'), { recursive: true });
  const colours = { red: '#c0392b', blue: '#2a6fb0' };
  for (const [name, background] of Object.entries(colours)) {
    await sharp({ create: { width: 160, height: 120, channels: 3, background } })
      .png()
      .toFile(join(folder, 'images', `${name}.png`));
  }
  const sample = {
    id: 'two-plain-images',
    kind: 'which',
    images: Object.keys(colours).map((name) => `images/${name}.png`),
    question: 'Which image is red?',
    choices: ['first', 'second'],
    answers: ['first'],
    answer_kind: 'choice',
    tags: [],
    split: 'test',
    meta: {},
  };
  const path = join(folder, 'samples.jsonl');
  writeFileSync(path, `${JSON.stringify(sample)}\n`);
  return path;
}
