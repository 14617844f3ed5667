import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { divide, writeDataFolder } from '../../../../main/services/training/data-folder.ts';
import type { DataSample } from '../../../../main/services/training/data-folder.ts';
import { createSnapshotData, readRunData } from '../../../../main/services/training/run-data.ts';
import { newId } from '../../../../main/store/new-id.ts';
import {
  DEMONSTRATION,
  IMAGE,
  keptDemonstration,
  keptImage,
  keptSample,
  SAMPLE,
} from '../../../../main/store/repositories/snapshot-rows.ts';
import { openWorkspace } from '../../../../main/store/workspace.ts';
import type { Workspace } from '../../../../main/store/workspace.ts';
import type { SnapshotId } from '../../../../shared/model/ids.ts';
import type { Sample } from '../../../../shared/model/sample.ts';
import type { SnapshotDemonstration } from '../../../../shared/model/snapshot.ts';
import { demonstration, trainSample } from '../../../../shared/trainer-protocol/data.ts';
import { addSample, runningEpisode } from '../../../helpers/store-rows.ts';
import { tempFolder } from '../../../helpers/temp.ts';

const sample = (
  id: string,
  split: DataSample['split'],
  answers = ['red'],
  images: string[] = [],
): DataSample => ({
  ...{ id, split, answers, images, kind: 'read', question: 'What?', choices: null, answer_kind: 'text' },
});
const ids = (samples: readonly DataSample[]) => samples.map(({ id }) => id);

describe('who trains and who measures', () => {
  it('follows the split; test samples come near neither', () => {
    const { train, validation } = divide([
      ...[sample('a', 'train'), sample('b', 'validation'), sample('c', 'test'), sample('d', 'none')],
    ]);
    expect([ids(train), ids(validation)]).toEqual([['a', 'd'], ['b']]);
  });

  it('lets validation samples train where nothing else would, and leaves out what has no answer', () => {
    const { train, validation } = divide([
      sample('a', 'train', []),
      sample('b', 'validation'),
      sample('c', 'test'),
    ]);
    expect([ids(train), ids(validation)]).toEqual([['b'], ['b']]);
  });
});

describe('the data of a run folder', () => {
  it('is what the protocol says, with demonstrations of what trains only', () => {
    const folder = tempFolder('data');
    const image = join(folder, 'abc.png');
    writeFileSync(image, 'x');
    const demo = (id: string, sample_id: string) => ({
      ...{ id, sample_id, turns: [{ text: '<answer>red</answer>', mark: null }], approved_boxes: [] },
    });
    writeDataFolder(folder, {
      name: 'A snapshot',
      samples: [sample('a', 'train', ['red'], [image]), sample('b', 'validation', ['red'], [image])],
      demonstrations: [demo('d1', 'a'), demo('d2', 'b')],
    });
    const rows = (name: string) =>
      readFileSync(join(folder, 'data', name), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
    expect(trainSample.parse(rows('train.jsonl')[0])).toMatchObject({ id: 'a', images: ['images/abc.png'] });
    expect(rows('train.jsonl')[0]).not.toHaveProperty('split');
    expect(rows('validation.jsonl')).toHaveLength(1);
    expect(rows('demonstrations.jsonl').map((row) => demonstration.parse(row).id)).toEqual(['d1']);
  });

  it('is refused where nothing could train, or an image is gone', () => {
    const folder = tempFolder('data');
    const write = (samples: readonly DataSample[]) =>
      writeDataFolder(folder, { name: 'Nothing', samples, demonstrations: [] });
    expect(() => write([sample('a', 'test')])).toThrow(/Nothing holds no sample/);
    expect(() => write([sample('a', 'train', ['red'], ['/nowhere/a.png'])])).toThrow(/is not there any more/);
  });
});

describe('a snapshot as the data of a run', () => {
  it('trains its usable samples with their demonstrations, and what was rejected never', () => {
    const folder = tempFolder('snapshot-data');
    const workspace = openWorkspace(folder, 1);
    const good = addSample(workspace, { question: 'Good?', split: 'train' });
    const rejected = addSample(workspace, { question: 'Rejected?', split: 'train' });
    for (const { file } of workspace.images.list({ limit: 10 }).items) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), file);
    }
    const { id } = takenSnapshot(workspace, [
      { sample: good, turns: [{ text: '<think>t</think>\n<answer>red</answer>', mark: 'good' }] },
      { sample: rejected, turns: [{ text: '<answer>blue</answer>', mark: null }] },
    ]);
    const read = createSnapshotData(workspace, (sample) => sample.question !== 'Rejected?');
    const data = readRunData(workspace, { kind: 'snapshot', id }, read);
    const run = join(folder, 'run');
    writeDataFolder(run, data);
    const rows = (name: string) =>
      readFileSync(join(run, 'data', name), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
    const [row] = rows('train.jsonl').map((one) => trainSample.parse(one));
    expect(rows('train.jsonl')).toHaveLength(1);
    expect(row).toMatchObject({ id: good.id, question: 'Good?', answers: ['red'] });
    expect(readFileSync(join(run, 'data', row?.images[0] ?? ''), 'utf8')).toMatch(/^images\//);
    expect(rows('demonstrations.jsonl').map((one) => demonstration.parse(one))).toMatchObject([
      { sample_id: good.id, turns: [{ mark: 'good' }] },
    ]);
    expect(() =>
      readRunData(workspace, { kind: 'snapshot', id: `snp_${'0'.repeat(24)}` as SnapshotId }, read),
    ).toThrow('is not in the workspace');
    workspace.close();
  });
});

it('the tolerance of a number reaches a run from both sources; none leaves the trainer its own', () => {
  const folder = tempFolder('tolerance-data');
  const workspace = openWorkspace(folder, 1);
  const turns = [{ text: '<answer>3</answer>', mark: null }];
  const near = addSample(workspace, { answers: ['3'], answerKind: 'number', tolerance: 0.05 });
  const plain = addSample(workspace, { answers: ['3'], answerKind: 'number' });
  const { id } = takenSnapshot(workspace, [
    { sample: near, turns },
    { sample: plain, turns },
  ]);
  for (const source of [{ kind: 'samples' as const }, { kind: 'snapshot' as const, id }]) {
    const data = readRunData(
      workspace,
      source,
      createSnapshotData(workspace, () => true),
    );
    const found = data.samples.map((one) => [one.id, 'tolerance' in one ? one.tolerance : 'none']);
    expect(Object.fromEntries(found)).toEqual({ [near.id]: 0.05, [plain.id]: 'none' });
  }
  workspace.close();
});

it('the samples as they are now train without those whose runs were rejected', () => {
  const workspace = openWorkspace(tempFolder('samples-data'), 1);
  const good = addSample(workspace, { question: 'Good?', split: 'train' });
  const rejected = addSample(workspace, { question: 'Rejected?', split: 'train' });
  const episode = runningEpisode(workspace, rejected.id);
  workspace.episodes.finish({
    ...episode,
    state: { kind: 'ended', status: 'answered', endedAt: 9 },
    answer: 'red',
  });
  const read = () => readRunData(workspace, { kind: 'samples' }, () => null).samples.map(({ id }) => id);
  expect(read().toSorted()).toEqual([good.id, rejected.id].toSorted());
  const by = workspace.reviewers.first(1).id;
  const said = { reasons: [], note: '', revision: null };
  workspace.reviews.put({ by, episodeId: episode.id, verdict: 'reject', ...said }, 9);
  expect(read()).toEqual([good.id]);
  workspace.close();
});

/** A snapshot of two samples with a demonstration each, written row by row. */
function takenSnapshot(
  workspace: Workspace,
  rows: readonly { readonly sample: Sample; readonly turns: SnapshotDemonstration['turns'] }[],
): { readonly id: SnapshotId } {
  const { snapshots } = workspace;
  const id = newId.snapshot();
  const by = workspace.reviewers.add('Ann', 1).id;
  const source = workspace.openSnapshotSource({});
  snapshots.begin({ id, name: 'S', note: '', createdAt: 1, by, filter: {} });
  const samples = [...source.samples(100)].flat();
  const images = [...source.images(100)].flat();
  source.close();
  snapshots.addRows(id, SAMPLE, 0, samples.map(keptSample));
  snapshots.addRows(id, IMAGE, 0, images.map(keptImage));
  const demonstrations = rows.map(({ sample: { id: sampleId }, turns }) =>
    keptDemonstration({
      sampleId,
      source: { kind: 'rollout', id: newId.episode() },
      withTools: true,
      turns,
      approvedBoxes: [],
    }),
  );
  snapshots.addRows(id, DEMONSTRATION, 0, demonstrations);
  const none = { train: 2, validation: 0, test: 0, none: 0 };
  snapshots.seal(id, 'a'.repeat(64), {
    ...{ samples: 2, images: 2, demonstrations: 2, acceptedRuns: 0, splits: none },
  });
  workspace.journal.act({ by, at: 2, label: 'Take', subject: id }, () => snapshots.publish(id, 2));
  return { id };
}
