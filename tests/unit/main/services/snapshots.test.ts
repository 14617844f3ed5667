import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSnapshotsService } from '../../../../main/services/snapshots/snapshots-service.ts';
import type { SnapshotsDeps } from '../../../../main/services/snapshots/snapshots-service.ts';
import { openWorkspace } from '../../../../main/store/workspace.ts';
import type { Workspace } from '../../../../main/store/workspace.ts';
import { canonicalJson } from '../../../../shared/model/canonical-json.ts';
import type { EpisodeId, SampleId } from '../../../../shared/model/ids.ts';
import type { SampleFilter } from '../../../../shared/model/sample-filter.ts';
import type { Snapshot } from '../../../../shared/model/snapshot.ts';
import { addImage, addSample, aStep, runningEpisode } from '../../../helpers/store-rows.ts';
import { recordedLog } from '../../../helpers/test-host.ts';
import { tempFolder } from '../../../helpers/temp.ts';

function desk(change: Partial<SnapshotsDeps> = {}) {
  const workspace = openWorkspace(tempFolder(), 1);
  const by = workspace.reviewers.add('Ann', 1).id;
  const log = recordedLog();
  const service = createSnapshotsService({
    workspace,
    now: () => 7,
    notify: () => {},
    log,
    imagesReady: () => Promise.resolve(),
    correctedTurns: () => null,
    ...change,
  });
  const take = async (name: string, filter: SampleFilter = {}): Promise<Snapshot> => {
    const { id } = service.take({ by, name, note: '', filter });
    const { snapshot, error } = await service.taken(id);
    if (snapshot === null) throw new Error(error ?? log.lines.join('\n'));
    return snapshot;
  };
  return { workspace, by, service, take };
}

/** An episode that ended and that a reviewer spoke about. */
function reviewed(workspace: Workspace, sample: SampleId, verdict: 'accept' | 'reject'): EpisodeId {
  const episode = runningEpisode(workspace, sample);
  workspace.episodes.finish({
    ...episode,
    state: { kind: 'ended', status: 'answered', endedAt: 9 },
    answer: 'red',
    verdict: 'right',
    steps: [
      aStep(0, { text: '<think>t</think>\n<answer>red</answer>', action: { kind: 'answer', answer: 'red' } }),
    ],
  });
  const by = workspace.reviewers.first(1).id;
  workspace.reviews.put({ by, episodeId: episode.id, verdict, reasons: [], note: '', revision: null }, 9);
  return episode.id;
}

/** Files behind the rows of images, which tests of the store do without. */
function writeFiles(workspace: Workspace): void {
  for (const { file } of workspace.images.list({ limit: 100 }).items) {
    mkdirSync(dirname(join(workspace.folder, file)), { recursive: true });
    writeFileSync(join(workspace.folder, file), 'x');
  }
}

describe('the tolerance of a sample', () => {
  it('is in the snapshot and in its hash; without one the body is as it was before there was any', async () => {
    const { workspace, service, take } = desk();
    const { id } = addSample(workspace, { answers: ['200'], answerKind: 'number', tolerance: 0.05 });
    const withOne = await take('with');
    expect(service.samples(withOne.id, 0, 10).items[0]?.sample.tolerance).toBe(0.05);
    const { tolerance: _, ...plain } = workspace.samples.get(id)!;
    workspace.samples.update(id, plain.revision, plain);
    const without = await take('without');
    expect(without.hash).not.toBe(withOne.hash);
    const bodies = workspace.database.raw
      .prepare<
        [string],
        string
      >(`SELECT body FROM snapshot_bodies AS b JOIN snapshot_members ON body_seq = b.seq
        JOIN snapshots AS s ON s.seq = snapshot_seq WHERE s.id = ? AND kind = 0`)
      .pluck()
      .all(without.id);
    expect(bodies.map((body) => Object.keys(JSON.parse(body)))).toEqual([
      [
        'accepted',
        'answerKind',
        'answers',
        'choices',
        'images',
        'kind',
        'question',
        'split',
        'standing',
        'tags',
      ],
    ]);
  });
});

describe('a snapshot', () => {
  it('holds samples with tags, images, standing and accepted runs, and stays as it is whatever is edited', async () => {
    const { workspace, by, service, take } = desk();
    const first = addSample(workspace, { question: 'One?', tags: ['b', 'a'], split: 'train' });
    addSample(workspace, { question: 'Two?', kind: 'which' });
    const episode = reviewed(workspace, first.id, 'accept');
    const made = await take('v1');
    expect(made.counts).toEqual({
      samples: 2,
      images: 2,
      demonstrations: 0,
      acceptedRuns: 1,
      splits: { train: 1, validation: 0, test: 0, none: 1 },
    });
    const before = JSON.stringify(service.samples(made.id, 0, 10));
    expect(service.samples(made.id, 0, 10).items[1]?.sample).toMatchObject({
      id: first.id,
      tags: ['a', 'b'],
      standing: 'accepted',
      accepted: [{ episodeId: episode, answer: 'red', withTools: true }],
    });

    const now = workspace.samples.get(first.id)!;
    workspace.samples.update(first.id, now.revision, { ...now, question: 'Other?', tags: [] });
    workspace.samples.remove([first.id], 9);
    expect(JSON.stringify(service.samples(made.id, 0, 10))).toBe(before);
    for (const sql of [
      "UPDATE snapshots SET name = 'x'",
      "UPDATE snapshots SET hash = 'x'",
      'UPDATE snapshot_members SET body_seq = 1',
      'DELETE FROM snapshot_members',
      'INSERT INTO snapshot_members SELECT snapshot_seq, kind, 9, 9, body_seq, NULL FROM snapshot_members LIMIT 1',
      "UPDATE snapshot_bodies SET body = '{}'",
    ])
      expect(() => workspace.database.raw.exec(sql), sql).toThrow('never changes');

    workspace.journal.undo(by, 9);
    expect(service.list()).toEqual([]);
    workspace.journal.redo(by);
    expect(service.list()).toEqual([made]);
    service.remove(made.id, by);
    expect(service.list()).toEqual([]);
    workspace.journal.undo(by, 9);
    expect(JSON.stringify(service.samples(made.id, 0, 10))).toBe(before);
    workspace.close();
  });

  it('has the same hash for the same content, and another one for any other', async () => {
    const drafts = fc.array(
      fc.record({
        question: fc.constantFrom('One?', 'Two?'),
        answers: fc.subarray(['red', 'blue']),
        tags: fc.subarray(['x', 'y']),
        split: fc.constantFrom('train' as const, 'test' as const),
      }),
      { minLength: 1, maxLength: 3 },
    );
    type Drafts = typeof drafts extends fc.Arbitrary<infer Value> ? Value : never;
    const hashOf = async (list: Drafts): Promise<string> => {
      const { workspace, take } = desk();
      // The one image of all of them has the same digest everywhere.
      const image = addImage(workspace, 'a.png', 'a'.repeat(64));
      for (const one of list) addSample(workspace, { ...one, imageIds: [image.id] });
      const { hash } = await take('any');
      workspace.close();
      return hash;
    };
    const sameContent = (one: Drafts, other: Drafts): boolean =>
      canonicalJson(one.map(canonicalJson).toSorted()) === canonicalJson(other.map(canonicalJson).toSorted());
    await fc.assert(
      fc.asyncProperty(drafts, drafts, async (one, other) => {
        const hash = await hashOf(one);
        expect(await hashOf(one.toReversed())).toBe(hash);
        expect((await hashOf(other)) === hash).toBe(sameContent(one, other));
      }),
      { numRuns: 12 },
    );
  });

  it('is taken of the workspace as it was when it was opened for reading, also while others write', async () => {
    const { workspace, by } = desk();
    workspace.write(() => {
      for (let index = 0; index < 600; index += 1) addSample(workspace, { question: `Question ${index}?` });
    });
    const service = createSnapshotsService({
      workspace: {
        ...workspace,
        openSnapshotSource: (filter) => {
          const source = workspace.openSnapshotSource(filter);
          addSample(workspace, { question: 'Too late?' });
          const some = workspace.samples.list({ limit: 100 }).items.map((one) => one.id);
          workspace.samples.remove(some, 9);
          return source;
        },
      },
      now: () => 7,
      notify: () => {},
      log: recordedLog(),
      imagesReady: () => Promise.resolve(),
      correctedTurns: () => null,
    });
    const { snapshot } = await service.taken(service.take({ by, name: 'v1', note: '', filter: {} }).id);
    if (snapshot === null) throw new Error('no snapshot');
    expect(snapshot.counts.samples).toBe(600);
    const questions = [...workspace.snapshots.samples(snapshot.id)].map(({ question }) => question);
    expect(questions).not.toContain('Too late?');
    expect(workspace.samples.list({ limit: 1 }).total).toBe(501);
    workspace.close();
  });

  it('that is cancelled or of nothing leaves no trace', async () => {
    const { workspace, by, service, take } = desk();
    await expect(take('empty')).rejects.toThrow('No sample matches');
    addSample(workspace);
    const { id } = service.take({ by, name: 'v1', note: '', filter: {} });
    service.cancelTake(id);
    expect((await service.taken(id)).state).toBe('cancelled');
    expect(service.list()).toEqual([]);
    const rows = workspace.database.raw.prepare('SELECT * FROM snapshots, snapshot_members').all();
    expect(rows).toEqual([]);
    workspace.close();
  });

  it('teaches accepted corrections, and picked rollouts as they are', async () => {
    const turns = [{ text: '<answer>blue</answer>', mark: 'good' as const }];
    const source = { kind: 'correction' as const, id: 'cor_0123456789abcdef' as never };
    const corrected: EpisodeId[] = [];
    const { workspace, service, take } = desk({
      correctedTurns: (episode) =>
        corrected.includes(episode)
          ? { source, turns, approvedBoxes: [{ image: 0, box: [0, 0, 9, 9] }] }
          : null,
    });
    const [one, two, three] = [1, 2, 3].map((number) => addSample(workspace, { question: `${number}?` }).id);
    corrected.push(reviewed(workspace, one!, 'accept'));
    corrected.push(reviewed(workspace, three!, 'reject'));
    const picked = reviewed(workspace, two!, 'reject');
    workspace.groups.pick(two!, picked, 9);
    const { id, counts } = await take('v1');
    expect(counts.demonstrations).toBe(2);
    expect(service.demonstrations(id, 0, 10)).toEqual([
      { sampleId: one, withTools: true, source, turns, approvedBoxes: [{ image: 0, box: [0, 0, 9, 9] }] },
      {
        sampleId: two,
        withTools: true,
        source: { kind: 'rollout', id: picked },
        turns: [{ text: '<think>t</think>\n<answer>red</answer>', mark: null }],
        approvedBoxes: [],
      },
    ]);
    workspace.close();
  });

  it('is compared with another by what was added, removed and changed', async () => {
    const { workspace, service, take } = desk();
    const [kept, edited, gone] = ['Kept?', 'Edited?', 'Gone?'].map((question) =>
      addSample(workspace, { question }),
    );
    const before = await take('v1');
    workspace.samples.update(edited!.id, edited!.revision, { ...edited!, question: 'Edited now?' });
    workspace.samples.remove([gone!.id], 9);
    const added = addSample(workspace, { question: 'Added?' });
    const after = await take('v2');
    const diff = service.diff(before.id, after.id, 0, 10);
    expect(diff.samples).toEqual({ added: 1, removed: 1, changed: 1, same: 1 });
    expect(diff.changedSamples.map((one) => [one.before?.question, one.after?.question])).toEqual(
      expect.arrayContaining([
        ['Edited?', 'Edited now?'],
        ['Gone?', undefined],
        [undefined, 'Added?'],
      ]),
    );
    expect(diff.changedSamples.map((one) => (one.before ?? one.after)?.id)).not.toContain(kept!.id);
    expect(diff.changedSamples.at(-1)?.after?.id).toBe(added.id);
    expect(service.diff(after.id, after.id, 0, 10)).toMatchObject({
      samples: { added: 0, removed: 0, changed: 0, same: 3 },
      changedSamples: [],
    });
    workspace.close();
  });
});

describe('the check of a snapshot', () => {
  it('names what training could not use, and counts what it can', async () => {
    const { workspace, service, take } = desk({
      correctedTurns: (episode) =>
        episode === accepted
          ? {
              source: { kind: 'correction', id: 'cor_0123456789abcdef' as never },
              turns: [{ text: 'x', mark: null }],
              approvedBoxes: [{ image: 0, box: [0, 0, 61, 9] }],
            }
          : null,
    });
    const shared = addImage(workspace, 'shared.png');
    const choices = ['red', 'blue'];
    addSample(workspace, { question: 'Fine?', split: 'train' });
    addSample(workspace, {
      question: 'Fine too?',
      split: 'train',
      choices,
      answerKind: 'choice',
      answers: ['B'],
    });
    addSample(workspace, { question: 'No answer?', split: 'train', answers: [] });
    addSample(workspace, {
      question: 'Outside?',
      split: 'train',
      choices,
      answerKind: 'choice',
      answers: ['green'],
    });
    const rejected = addSample(workspace, { question: 'Rejected?', split: 'train' });
    reviewed(workspace, rejected.id, 'reject');
    addSample(workspace, { question: 'Here?', split: 'train', imageIds: [shared.id] });
    addSample(workspace, { question: 'And there?', split: 'test', imageIds: [shared.id] });
    const boxed = addSample(workspace, { question: 'Boxed?', split: 'train' });
    const accepted = reviewed(workspace, boxed.id, 'accept');
    writeFiles(workspace);
    addSample(workspace, { question: 'No file?', split: 'train' });
    const { id } = await take('v1');
    const { findings, usable, trainable } = await service.check(id);
    expect(
      findings.map(({ problem, leftOut, examples }) => [problem, leftOut, examples.map(({ text }) => text)]),
    ).toEqual([
      ['no_reference_answer', true, ['No answer?']],
      ['missing_image_file', true, ['No file?']],
      ['answer_outside_choices', true, ['Outside?']],
      ['rejected', true, ['Rejected?']],
      ['box_outside_image', true, ['Boxed?']],
      ['image_in_two_splits', false, ['And there?', 'Here?']],
    ]);
    expect({ usable, trainable }).toEqual({ usable: 4, trainable: true });
    workspace.close();
  });

  it('takes validation samples where nothing else trains, and says so, as a run does', async () => {
    const { workspace, service, take } = desk();
    addSample(workspace, { split: 'validation' });
    writeFiles(workspace);
    const { id } = await take('v1');
    expect(await service.check(id)).toMatchObject({
      usable: 1,
      trainable: true,
      findings: [{ problem: 'no_train_samples' }],
    });
    addSample(workspace, { split: 'none' });
    writeFiles(workspace);
    expect(await service.check((await take('v2')).id)).toMatchObject({
      usable: 1,
      trainable: true,
      findings: [],
    });
    workspace.close();
  });

  it('refuses one that has nothing to train on', async () => {
    const { workspace, service, take } = desk();
    addSample(workspace, { split: 'test' });
    writeFiles(workspace);
    const { id } = await take('v1');
    expect(await service.check(id)).toMatchObject({
      usable: 0,
      trainable: false,
      findings: [{ problem: 'no_train_samples' }],
    });
    workspace.close();
  });
});
