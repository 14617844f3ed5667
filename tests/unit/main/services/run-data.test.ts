import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { divide, writeDataFolder } from '../../../../main/services/training/data-folder.ts';
import type { DataSample } from '../../../../main/services/training/data-folder.ts';
import { demonstration, trainSample } from '../../../../shared/trainer-protocol/data.ts';
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
