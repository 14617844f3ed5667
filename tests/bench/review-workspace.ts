import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { MIGRATIONS } from '../../main/store/migrations/index.ts';
import { newId } from '../../main/store/new-id.ts';
import { openWorkspace } from '../../main/store/workspace.ts';
import type { Workspace } from '../../main/store/workspace.ts';
import { DEFAULT_LIMITS, GREEDY } from '../../shared/model/limits.ts';
import { ROOT } from '../helpers/project.ts';
import { createRandom } from './random.ts';
import type { Random } from './random.ts';

const SAMPLES = 100_000;
const EPISODES_PER_SAMPLE = 8;
const IMAGES = 40_000;
/** Real pictures behind all of them: what is measured is lists, not a disk full of noise. */
const PICTURES = 16;
/** A change of what is built gets another number; a change of the schema does so by itself. */
const RECIPE = 7;

export const WORDS =
  `red blue green yellow small large round square left right above below behind front label number letter
sign clock shelf bottle chair window ladder bridge engine valve panel screw cable socket switch meter gauge needle
handle wheel mirror lamp table basket bucket rope fence gate tree branch river stone cloud shadow corner edge middle
first second third last brighter darker taller shorter older newer open closed empty full broken cracked rusty clean
dirty wet dry warm cold printed written painted missing hidden visible nearest farthest matching different`.split(
    /\s+/,
  );
export const KINDS = ['read', 'compare', 'which', 'look_back', 'count', 'custom'];
export const TAGS = [
  'night',
  'outdoor',
  'blurred',
  'small text',
  'check again',
  'benchmark',
  'hard',
  'easy',
  'port',
  'lab',
];
export const SPLITS = ['train', 'train', 'train', 'validation', 'test', 'none'] as const;
export const FLAGS = ['tool_abandonment', 'repeated_call', 'loop', 'format'] as const;

/** A workspace of 100,000 samples and 800,000 episodes; built once and kept. */
export async function reviewWorkspace(say: (line: string) => void): Promise<string> {
  const version = MIGRATIONS.at(-1)?.version ?? 0;
  const folder = join(ROOT, '.cache', 'bench', `review-${RECIPE}-schema-${version}`);
  if (existsSync(join(folder, 'complete'))) return folder;
  say('building the synthetic workspace (once) ...');
  const draft = `${folder}.draft`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  await makePictures(draft);
  const workspace = openWorkspace(draft, 1);
  build(workspace, createRandom(7));
  workspace.close();
  writeFileSync(join(draft, 'complete'), '');
  rmSync(folder, { recursive: true, force: true });
  renameSync(draft, folder);
  return folder;
}

async function makePictures(folder: string): Promise<void> {
  mkdirSync(join(folder, 'images'), { recursive: true });
  mkdirSync(join(folder, 'thumbnails'), { recursive: true });
  for (let index = 0; index < PICTURES; index += 1) {
    const background = { r: (index * 53) % 256, g: (index * 97) % 256, b: (index * 151) % 256 };
    const image = sharp({ create: { width: 640, height: 480, channels: 3, background } });
    const bytes = await image.png().toBuffer();
    writeFileSync(join(folder, 'images', `${index}.png`), bytes);
    writeFileSync(
      join(folder, 'thumbnails', `${index}.webp`),
      await sharp(bytes).resize(256).webp().toBuffer(),
    );
  }
}

function build(workspace: Workspace, random: Random): void {
  workspace.database.raw.pragma('cache_size = -800000');
  workspace.write(() => addImages(workspace));
  const agent = newId.agent();
  workspace.agents.add({
    id: agent,
    name: 'bench',
    description: '',
    source: { kind: 'folder', folder: 'none' },
    isDemo: false,
    sizing: { factor: 28, minPixels: 12_544, maxPixels: 12_544, cropMinPixels: 12_544 },
    limits: DEFAULT_LIMITS,
    sampling: GREEDY,
    addedAt: 1,
  });
  workspace.write(() => addSamples(workspace, random));
  workspace.write(() => addEpisodes(workspace, random));
  workspace.write(() => addQueue(workspace));
  workspace.database.raw.pragma('wal_checkpoint(TRUNCATE)');
}

function addImages({ database: { raw } }: Workspace): void {
  const insert = raw.prepare(`
    INSERT INTO images (id, place, sha256, name, format, width, height, byte_size, imported_at, file, thumbnail,
      asset_full, asset_thumbnail) VALUES (?, ?, ?, ?, 'png', 640, 480, 1000, 1, ?, ?, ?, ?)`);
  for (let index = 0; index < IMAGES; index += 1) {
    const sha256 = createHash('sha256').update(`bench ${index}`).digest('hex');
    const picture = index % PICTURES;
    insert.run(
      newId.image(),
      index,
      sha256,
      `photo ${index}.png`,
      `images/${picture}.png`,
      `thumbnails/${picture}.webp`,
      newId.asset(),
      newId.asset(),
    );
  }
}

function addSamples({ database: { raw } }: Workspace, random: Random): void {
  const insert = raw.prepare(`
    INSERT INTO samples (id, place, question, choices, answers, answer_kind, kind, split, created_at, revision)
    VALUES (?, ?, ?, NULL, ?, 'text', ?, ?, ?, 1)`);
  const link = raw.prepare('INSERT INTO sample_images VALUES (?, ?, ?)');
  const tag = raw.prepare('INSERT OR IGNORE INTO sample_tags VALUES (?, ?)');
  const tags = TAGS.map(
    (name) => raw.prepare('INSERT INTO tags (name) VALUES (?)').run(name).lastInsertRowid,
  );
  for (let index = 0; index < SAMPLES; index += 1) {
    const words = Array.from({ length: 8 + random.below(10) }, () => random.pick(WORDS));
    const { lastInsertRowid: seq } = insert.run(
      newId.sample(),
      index,
      `What is ${words.join(' ')} in image ${1 + random.below(4)}?`,
      JSON.stringify([random.pick(WORDS)]),
      random.pick(KINDS),
      random.pick(SPLITS),
      1_700_000_000_000 + index * 60_000,
    );
    const images = 1 + random.below(4);
    for (let position = 0; position < images; position += 1)
      link.run(seq, position, 1 + ((index * 3 + position) % IMAGES));
    for (let count = random.below(3); count > 0; count -= 1) tag.run(seq, random.pick(tags));
  }
}

function addEpisodes({ database: { raw } }: Workspace, random: Random): void {
  const insert = raw.prepare(`
    INSERT INTO episodes (id, sample_seq, agent_seq, started_at, with_tools, sampling, limits, seed, status, ended_at,
      answer, verdict, reward, flags, step_count, call_count)
    VALUES (?, ?, 1, ?, 1, ?, ?, ?, 'answered', ?, ?, ?, ?, ?, 3, 2)`);
  const sampling = JSON.stringify(GREEDY);
  const limits = JSON.stringify(DEFAULT_LIMITS);
  for (let sample = 1; sample <= SAMPLES; sample += 1) {
    const skill = random.below(101);
    for (let number = 0; number < EPISODES_PER_SAMPLE; number += 1) {
      const right = random.below(100) < skill;
      const at = 1_710_000_000_000 + sample * 8000 + number * 1000;
      insert.run(
        newId.episode(),
        sample,
        at,
        sampling,
        limits,
        number,
        at + 900,
        random.pick(WORDS),
        right ? 'right' : 'wrong',
        JSON.stringify({ accuracy: right ? 1 : 0, toolFactor: 1.5, format: 1, total: right ? 2 : 0.5 }),
        random.below(6) === 0 ? JSON.stringify([random.pick(FLAGS)]) : '[]',
      );
    }
  }
}

/** The queue as the episodes' end fills it; the figures that it is ordered by are spread evenly. */
function addQueue({ database: { raw } }: Workspace): void {
  // Indices are made at the end: filling them in an order that is not theirs takes many times as long.
  const indices = raw
    .prepare<[], { name: string; sql: string }>(
      "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'queue' AND name <> 'queue_by_sample'",
    )
    .all();
  for (const { name } of indices) raw.exec(`DROP INDEX ${name}`);
  raw.exec(`
    INSERT INTO queue (episode_seq, sample_seq, agent_seq, outcome, draw, answer_entropy, group_variance, group_disagreement)
      SELECT seq, sample_seq, agent_seq, verdict, (seq * 2654435761) % 4294967296, (seq * 40503) % 3000000,
        (sample_seq * 7919) % 1000000, (sample_seq * 104729) % 1000000 FROM episodes;
    INSERT INTO episode_flags (episode_seq, flag, proposed, revision)
      SELECT episodes.seq, json_each.value, 1, 0 FROM episodes, json_each(episodes.flags);
  `);
  for (const { sql } of indices) raw.exec(sql);
}
