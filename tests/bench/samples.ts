import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import type { EpisodeInput } from '../../main/agent/episode-input.ts';

interface Row {
  readonly images: readonly string[];
  readonly question: string;
  readonly answers: readonly string[];
}

/** The samples of a file that the world wrote, as the episode loop takes them. */
export async function readInputs(file: string): Promise<readonly EpisodeInput[]> {
  const rows = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);
  return Promise.all(
    rows.map(async (row) => ({
      images: await Promise.all(
        row.images.map(async (name) => {
          const path = join(dirname(file), name);
          const bytes = readFileSync(path);
          const { width, height } = await sharp(bytes).metadata();
          return { path, key: createHash('sha256').update(bytes).digest('hex'), width, height };
        }),
      ),
      question: row.question,
      choices: null,
      reference: { answerKind: 'text', answers: row.answers, choices: null } as const,
    })),
  );
}
