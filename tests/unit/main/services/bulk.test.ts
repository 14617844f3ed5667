import { describe, expect, it } from 'vitest';
import { createBulkService } from '../../../../main/services/curation/bulk-service.ts';
import { createSplitsService } from '../../../../main/services/curation/splits-service.ts';
import { openWorkspace } from '../../../../main/store/workspace.ts';
import type { BulkProgress } from '../../../../shared/model/bulk-edit.ts';
import { addImage, addSample } from '../../../helpers/store-rows.ts';
import { recordedLog } from '../../../helpers/test-host.ts';
import { tempFolder } from '../../../helpers/temp.ts';

const ALL = { kind: 'filter', filter: {}, except: [] } as const;

function desk(count: number) {
  const workspace = openWorkspace(tempFolder(), 1);
  const by = workspace.reviewers.add('Ann', 1).id;
  const image = addImage(workspace, 'a.png');
  workspace.write(() => {
    for (let at = 0; at < count; at += 1)
      addSample(workspace, { question: `Q ${at}?`, imageIds: [image.id] });
  });
  const bulk = createBulkService({ workspace, now: () => 5, notify: () => {}, log: recordedLog() });
  return { workspace, by, bulk };
}

describe('a bulk edit', () => {
  it('is one action over several transactions, told as it goes, and undone as one', async () => {
    const { workspace, by, bulk } = desk(2500);
    const told: BulkProgress[] = [];
    const { id } = bulk.start({ by, selection: ALL, edit: { kind: 'add_tag', tag: 'new' } });
    for await (const progress of bulk.watch(id, new AbortController().signal)) told.push(progress);
    expect(told.at(-1)).toMatchObject({ state: 'finished', total: 2500, done: 2500, changed: 2500 });
    expect(told.map(({ done }) => done)).toEqual(told.map(({ done }) => done).toSorted((a, b) => a - b));
    expect(workspace.journal.state(by)).toMatchObject({
      undoCount: 1,
      undo: { label: 'Tag 2,500 samples "new"' },
    });
    workspace.journal.undo(by, 6);
    expect(workspace.sampleSearch.count({ tags: ['new'] })).toBe(0);
    workspace.journal.redo(by);
    expect(workspace.sampleSearch.count({ tags: ['new'] })).toBe(2500);
    workspace.close();
  });

  it('that changes nothing leaves nothing to undo', async () => {
    const { workspace, by, bulk } = desk(3);
    const { id } = bulk.start({ by, selection: ALL, edit: { kind: 'remove_tag', tag: 'unknown' } });
    expect(await bulk.settled(id)).toMatchObject({ state: 'finished', changed: 0 });
    expect(workspace.journal.state(by).undoCount).toBe(0);
    workspace.close();
  });

  it('stops where its action is undone in the middle, and what was undone stays undone', async () => {
    const { workspace, by, bulk } = desk(2500);
    const { id } = bulk.start({ by, selection: ALL, edit: { kind: 'set_kind', sampleKind: 'other' } });
    workspace.journal.undo(by, 6);
    expect(await bulk.settled(id)).toMatchObject({
      state: 'failed',
      error: expect.stringContaining('undone'),
    });
    expect(workspace.sampleSearch.count({ kinds: ['other'] })).toBe(0);
    workspace.close();
  });

  it('leaves out what was taken from the choice', async () => {
    const { workspace, by, bulk } = desk(3);
    const [first] = workspace.samples.list({ limit: 1 }).items;
    const { id } = bulk.start({ by, selection: { ...ALL, except: [first!.id] }, edit: { kind: 'remove' } });
    await bulk.settled(id);
    expect(workspace.samples.list({ limit: 9 }).items.map((one) => one.id)).toEqual([first!.id]);
    workspace.close();
  });

  it('of a split takes along or warns about samples that share images', async () => {
    const { workspace, by, bulk } = desk(3);
    const splits = createSplitsService(workspace, bulk);
    const [first] = workspace.samples.list({ limit: 1 }).items;
    const selection = { kind: 'ids', ids: [first!.id] } as const;
    expect(splits.sharing(selection, 'test')).toEqual({ others: 2 });
    const { id } = bulk.start({
      by,
      selection,
      edit: { kind: 'set_split', split: 'test', withSharing: true },
    });
    await bulk.settled(id);
    expect(workspace.sampleSearch.count({ splits: ['test'] })).toBe(3);
    expect(splits.sharing(selection, 'test')).toEqual({ others: 0 });
    const shares = { train: 1, validation: 1, test: 0 };
    expect(splits.preview({ selection, seed: 1, shares })).toMatchObject({
      sets: 1,
      largestSet: 3,
      alongCount: 2,
    });
    workspace.close();
  });
});
