import { describe, expect, it } from 'vitest';
import { tolerance } from '../../../../main/store/migrations/0072-tolerance.ts';
import { openWorkspace } from '../../../../main/store/workspace.ts';
import type { Workspace } from '../../../../main/store/workspace.ts';
import { StudioError } from '../../../../shared/contract/errors.ts';
import type { ReviewerId, SampleId } from '../../../../shared/model/ids.ts';
import { addImage, addSample, runningEpisode } from '../../../helpers/store-rows.ts';
import { tempFolder } from '../../../helpers/temp.ts';

function desk(folder = tempFolder()): { workspace: Workspace; ann: ReviewerId; ben: ReviewerId } {
  const workspace = openWorkspace(folder, 1);
  return {
    workspace,
    ann: workspace.reviewers.add('Ann', 1).id,
    ben: workspace.reviewers.add('Ben', 1).id,
  };
}

function edit(workspace: Workspace, by: ReviewerId, id: SampleId, question: string): void {
  const before = workspace.samples.get(id);
  if (!before) throw new Error('no sample');
  workspace.journal.act({ by, at: 5, label: `Ask ${question}`, subject: id }, () =>
    workspace.samples.update(id, before.revision, { ...before, question }),
  );
}

/** Every row of the tables that people edit, as text. */
function content({ database }: Workspace): string {
  return JSON.stringify(
    ['samples', 'sample_images', 'counters'].map((table) =>
      database.raw
        .prepare(
          `SELECT * FROM ${table} WHERE ${table === 'counters' ? "scope <> 'revision' AND value <> 0" : '1'}`,
        )
        .all(),
    ),
  );
}

describe('undo of something that was used since', () => {
  it('is a conflict, and changes nothing', () => {
    const { workspace, ann } = desk();
    const { id } = workspace.journal.act({ by: ann, at: 1, label: 'Make a sample', subject: null }, () =>
      addSample(workspace),
    );
    runningEpisode(workspace, id);
    expect(() => workspace.journal.undo(ann, 2)).toThrow(expect.objectContaining({ code: 'conflict' }));
    expect(workspace.samples.get(id)?.id).toBe(id);
    expect(workspace.journal.state(ann).undo?.label).toBe('Make a sample');
  });
});

describe('undo and redo', () => {
  it('put back what was done before samples had a tolerance', () => {
    const { workspace, ann } = desk();
    const { id } = addSample(workspace, { question: 'First?' });
    edit(workspace, ann, id, 'Second?');
    const { raw } = workspace.database;
    raw.exec(`
      DROP TRIGGER journal_samples_insert;
      DROP TRIGGER journal_samples_update;
      DROP TRIGGER journal_samples_delete;
      ALTER TABLE samples DROP COLUMN tolerance;
      UPDATE journal SET before = json_remove(before, '$.tolerance'), after = json_remove(after, '$.tolerance');
    `);
    tolerance.run(raw);
    workspace.journal.undo(ann, 6);
    expect(workspace.samples.get(id)?.question).toBe('First?');
    workspace.journal.redo(ann);
    expect(workspace.samples.get(id)?.question).toBe('Second?');
  });

  it('put back a tolerance to the last digit', () => {
    const { workspace, ann } = desk();
    const { id, revision, ...draft } = addSample(workspace, { answerKind: 'number', tolerance: 0.1 + 0.2 });
    const { tolerance: _, ...plain } = draft;
    workspace.journal.act({ by: ann, at: 5, label: 'Edit', subject: id }, () =>
      workspace.samples.update(id, revision, plain),
    );
    expect(workspace.samples.get(id)).not.toHaveProperty('tolerance');
    workspace.journal.undo(ann, 6);
    expect(workspace.samples.get(id)?.tolerance).toBe(0.1 + 0.2);
  });

  it('put back an edit with everything that it changed, in any number, also after a restart', () => {
    const folder = tempFolder();
    const { workspace, ann } = desk(folder);
    const other = addImage(workspace, 'b.png');
    const { id } = addSample(workspace);
    const states = [content(workspace)];
    edit(workspace, ann, id, 'One?');
    states.push(content(workspace));
    const sample = workspace.samples.get(id);
    if (!sample) throw new Error('no sample');
    workspace.journal.act({ by: ann, at: 6, label: 'Change images', subject: id }, () =>
      workspace.samples.update(id, sample.revision, { ...sample, kind: 'which', imageIds: [other.id] }),
    );
    states.push(content(workspace));
    workspace.journal.act({ by: ann, at: 7, label: 'Remove', subject: id }, () =>
      workspace.samples.remove([id], 7),
    );
    states.push(content(workspace));

    for (const state of states.slice(0, -1).toReversed()) {
      workspace.journal.undo(ann, 8);
      expect(content(workspace)).toBe(state);
    }
    expect(workspace.journal.undo(ann, 8)).toBeNull();
    workspace.close();

    const again = openWorkspace(folder, 9);
    for (const state of states.slice(1)) {
      again.journal.redo(ann);
      expect(content(again)).toBe(state);
    }
    expect(again.journal.redo(ann)).toBeNull();
    again.close();
  });

  it('are per reviewer, and a new action ends the redo of its reviewer only', () => {
    const { workspace, ann, ben } = desk();
    const one = addSample(workspace);
    const two = addSample(workspace);
    edit(workspace, ann, one.id, 'Ann?');
    edit(workspace, ben, two.id, 'Ben?');
    expect(workspace.journal.undo(ann, 6)?.action).toMatchObject({ label: 'Ask Ann?', by: ann, undoneAt: 6 });
    expect(workspace.samples.get(two.id)?.question).toBe('Ben?');
    edit(workspace, ben, two.id, 'Ben again?');
    expect(workspace.journal.state(ann)).toMatchObject({ undo: null, redo: { label: 'Ask Ann?' } });
    edit(workspace, ann, one.id, 'Ann again?');
    expect(workspace.journal.state(ann)).toMatchObject({ undoCount: 1, redoCount: 0 });
    workspace.close();
  });

  it('refuse where somebody else changed the same thing since, and leave all as it is', () => {
    const { workspace, ann, ben } = desk();
    const { id } = addSample(workspace);
    edit(workspace, ann, id, 'Ann?');
    edit(workspace, ben, id, 'Ben?');
    const before = content(workspace);
    expect(() => workspace.journal.undo(ann, 6)).toThrow(StudioError);
    expect(content(workspace)).toBe(before);
    workspace.journal.undo(ben, 6);
    workspace.journal.undo(ann, 6);
    expect(workspace.samples.get(id)?.question).toBe('What colour?');
    workspace.close();
  });

  it('take a bulk edit as one action', () => {
    const { workspace, ann } = desk();
    const ids = Array.from({ length: 300 }, () => addSample(workspace).id);
    workspace.journal.act({ by: ann, at: 5, label: 'Remove all', subject: null }, () =>
      workspace.samples.remove(ids, 5),
    );
    expect(workspace.counters.total('samples')).toBe(0);
    workspace.journal.undo(ann, 6);
    expect(workspace.counters.total('samples')).toBe(300);
    workspace.close();
  });
});

describe('the journal', () => {
  it('keeps no trace of an action that changed nothing or failed', () => {
    const { workspace, ann } = desk();
    workspace.journal.act({ by: ann, at: 5, label: 'Nothing', subject: null }, () => {});
    expect(() =>
      workspace.journal.act({ by: ann, at: 5, label: 'Fails', subject: null }, () => {
        addSample(workspace);
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(workspace.journal.state(ann)).toMatchObject({ undo: null, undoCount: 0 });
    addSample(workspace);
    expect(workspace.database.raw.prepare('SELECT count(*) AS n FROM journal').get()).toEqual({ n: 0 });
    workspace.close();
  });

  it('tells who did what to a thing, when and why, undone or not', () => {
    const { workspace, ann } = desk();
    const { id } = addSample(workspace);
    workspace.journal.act({ by: ann, at: 5, label: 'Remove', subject: id, reason: 'blurred' }, () =>
      workspace.samples.remove([id], 5),
    );
    workspace.journal.undo(ann, 6);
    expect(workspace.journal.history(id, 10)).toEqual([
      { number: 1, by: ann, at: 5, label: 'Remove', subject: id, reason: 'blurred', undoneAt: 6 },
    ]);
    workspace.close();
  });

  it('never gives a revision out twice, so that a stale edit is found after an undo as well', () => {
    const { workspace, ann } = desk();
    const { id } = addSample(workspace);
    edit(workspace, ann, id, 'One?');
    const stale = workspace.samples.get(id);
    workspace.journal.undo(ann, 6);
    edit(workspace, ann, id, 'Two?');
    expect(workspace.samples.get(id)?.revision).not.toBe(stale?.revision);
    workspace.close();
  });
});
