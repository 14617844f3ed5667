import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ExportJob } from '../../../../shared/model/export-job.ts';
import type { SnapshotId } from '../../../../shared/model/ids.ts';
import { ROOT } from '../../../helpers/project.ts';
import { importColours } from '../../../helpers/studio-acts.ts';
import { makeTempFolder, removeFolder } from '../../../helpers/temp.ts';
import { startTestHost } from '../../../helpers/test-host.ts';
import type { TestHost } from '../../../helpers/test-host.ts';
import { until } from '../../../helpers/until.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const LOOKS = [
  '<think>Look closer.</think>\n<tool_call>\n{"name": "zoom_in", "arguments": {"image": 1, "bbox_2d": [2, 2, 60, 50]}}\n</tool_call>',
  '<think>Now I see it.</think>\n<answer>red</answer>',
] as const;

let folder: string;
let host: TestHost;
let snapshotId: SnapshotId;
let digests: readonly string[];

/** A snapshot with a demonstration, a question with choices, and one that can't be trained on. */
beforeAll(async () => {
  folder = makeTempFolder('dataset-exports');
  host = await startTestHost({ folder, script: LOOKS });
  const { services } = host;
  await importColours(host, join(folder, 'set'), ['red', 'green']);
  const images = services.library.listImages({ limit: 10 }).items;
  digests = images.map(({ sha256 }) => sha256);
  const draft = {
    imageIds: images.map(({ id }) => id),
    choices: null,
    answerKind: 'text' as const,
    kind: 'colour',
    tags: [],
  };
  const first = services.library.createSample({
    ...draft,
    question: 'Which?',
    answers: ['red', 'dark red'],
    tolerance: 0.05,
    split: 'train',
  });
  services.library.createSample({
    ...draft,
    question: 'What does <image> mean?',
    choices: ['left', 'right'],
    answers: ['left'],
    answerKind: 'choice',
    split: 'validation',
  });
  services.library.createSample({ ...draft, question: 'Nobody knows?', answers: [], split: 'train' });
  await services.agents.add({ source: { kind: 'folder', folder: '/nowhere' }, name: 'agent' });
  const { job, groupId } = await services.jobs.start({
    scope: { kind: 'samples', ids: [first.id] },
    size: 2,
    sizeWithout: 0,
    capMs: null,
  });
  if (groupId === null) throw new Error('no group');
  await until(() => services.jobs.get(job.id).state === 'finished', 'the group has been played');
  const [best] = services.groups.get(groupId).members;
  services.groups.pick({ id: groupId, episodeId: best?.rollout.episodeId ?? null });
  const taken = await services.snapshots.taken(
    services.snapshots.take({ name: 'S', note: '', filter: {} }).id,
  );
  if (taken.snapshot === null) throw new Error(taken.error ?? 'no snapshot');
  snapshotId = taken.snapshot.id;
});
afterAll(async () => {
  await host.close();
  removeFolder(folder);
});

async function exported(
  format: 'verl' | 'ms_swift',
  name: string,
): Promise<{ target: string; job: ExportJob }> {
  const target = join(folder, name);
  const { id } = host.services.exports.start({ format, folder: target, snapshotId });
  return { target, job: await host.services.exports.settled(id) };
}

const lossesOf = (job: ExportJob): readonly string[] =>
  job.report?.losses.map(({ what, count }) => `${count} ${what}`).toSorted() ?? [];

/** Digest of the pixels that an image's file holds in the workspace. */
function canonicalDigest(sha256: string): string {
  const shard = join(host.workspacePath, 'images', sha256.slice(0, 2));
  const name = readdirSync(shard).find((one) => one.startsWith(sha256)) ?? '';
  return createHash('sha256')
    .update(readFileSync(join(shard, name)))
    .digest('hex');
}

describe('verl', () => {
  it('writes a table a split, reads it again, and says what had no place', async () => {
    const { job } = await exported('verl', 'verl');
    expect(job).toMatchObject({ state: 'finished', error: null });
    expect(job.report?.files).toEqual([
      { name: 'train.parquet', rows: 1 },
      { name: 'val.parquet', rows: 1 },
    ]);
    expect(job.report?.images).toBe(4);
    expect(lossesOf(job)).toEqual(['1 demonstrations', '1 questions', '1 samples']);
    expect(job.report?.checked).toHaveLength(2);
  });

  it('is read by pyarrow and by Hugging Face datasets with the same images', async () => {
    const { target } = await exported('verl', 'verl-python');
    const python = process.env['IMAGENT_PYTHON_ENV'] ?? join(ROOT, '.venv', 'bin', 'python');
    const script = join(ROOT, 'tests', 'helpers', 'python', 'read_verl.py');
    const cache = join(folder, 'hf-cache');
    mkdirSync(cache);
    const output = execFileSync(python, [script, join(target, 'train.parquet')], {
      encoding: 'utf8',
      env: { ...process.env, HF_HUB_OFFLINE: '1', HF_DATASETS_CACHE: cache, HF_HOME: cache },
    });
    const read = JSON.parse(output.trim().split('\n').at(-1) ?? '{}');
    const expected = digests.map(canonicalDigest);
    expect(read.pyarrow).toMatchObject({ rows: 1, images: expected });
    expect(read.datasets).toMatchObject({
      rows: 1,
      sizes: [
        [60, 40],
        [60, 40],
      ],
      feature: 'Image',
    });
    expect(read.pyarrow.row.prompt[1].content).toBe('Image 1: <image>\nImage 2: <image>\nWhich?');
    expect(read.pyarrow.row.reward_model.ground_truth).toBe('red');
    expect(read.pyarrow.row.extra_info.answers).toEqual(['red', 'dark red']);
    expect(read.pyarrow.row.extra_info.tolerance).toBe(0.05);
  });
});

describe('the bundle for verl', () => {
  it('runs on its own: the reward and both tools on every row, against stand-ins for verl', async () => {
    const { target } = await exported('verl', 'verl-bundle');
    const python = process.env['IMAGENT_PYTHON_ENV'] ?? join(ROOT, '.venv', 'bin', 'python');
    const script = join(ROOT, 'tests', 'helpers', 'python', 'dry_run_verl.py');
    const output = execFileSync(python, ['-c', readFileSync(script, 'utf8')], {
      encoding: 'utf8',
      cwd: target,
      env: {
        PATH: process.env['PATH'],
        PYTHONPATH: [target, join(ROOT, 'tests', 'trainer')].join(delimiter),
      },
    });
    const found = JSON.parse(output.trim().split('\n').at(-1) ?? '{}');
    expect(found.scores).toEqual([2, 2]);
    expect(found.package).toBe(join(target, 'imagent_trainer', '__init__.py'));
    expect(found.prompt).toBe(true);
    for (const name of [
      'tools.yaml',
      'agent.yaml',
      'template.jinja',
      'runtime_env.yaml',
      'submit.sh',
      'README.md',
    ]) {
      expect(readFileSync(join(target, name), 'utf8').length, name).toBeGreaterThan(50);
    }
    execFileSync('bash', ['-n', join(target, 'submit.sh')]);
  });
});

describe('ms-swift', () => {
  it('writes questions and demonstrations with a crop for each look, and reads them again', async () => {
    const { target, job } = await exported('ms_swift', 'swift');
    expect(job).toMatchObject({ state: 'finished', error: null });
    const rows = (name: string): readonly Record<string, never>[] =>
      readFileSync(join(target, name), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
    const [demonstration] = rows('sft.jsonl') as unknown as readonly {
      readonly messages: readonly { readonly role: string; readonly content: string }[];
      readonly images: readonly string[];
    }[];
    expect(demonstration?.messages.map(({ role }) => role)).toEqual([
      'system',
      'user',
      'assistant',
      'user',
      'assistant',
    ]);
    expect(demonstration?.messages[2]?.content).toBe(LOOKS[0]);
    expect(demonstration?.messages[3]?.content).toBe('<tool_response>\nImage 3: <image>\n</tool_response>');
    expect(demonstration?.images).toHaveLength(3);
    expect(rows('grpo.jsonl').map(({ tolerance }) => tolerance)).toEqual([undefined, 0.05]);
    expect(lossesOf(job)).toEqual(['1 questions', '1 samples']);
    expect(job.report?.checked).toHaveLength(2);
  });
});

it('an export of a snapshot that is not there says so at once', () => {
  expect(() =>
    host.services.exports.start({
      format: 'verl',
      folder: join(folder, 'none'),
      snapshotId: `snp_${'0'.repeat(24)}` as SnapshotId,
    }),
  ).toThrow('snapshot');
});
