import { describe, expect, it } from 'vitest';
import { placeInBatch } from '../../../../main/store/repositories/page.ts';
import { openWorkspace } from '../../../../main/store/workspace.ts';
import type { Workspace } from '../../../../main/store/workspace.ts';
import { StudioError } from '../../../../shared/contract/errors.ts';
import { addImage, addSample } from '../../../helpers/store-rows.ts';
import { tempFolder } from '../../../helpers/temp.ts';

function allQuestions(workspace: Workspace, limit: number, onPage: () => void = () => {}): readonly string[] {
  const questions: string[] = [];
  let cursor: string | null = null;
  do {
    const page = workspace.samples.list({ limit, cursor });
    questions.push(...page.items.map(({ question }) => question));
    cursor = page.nextCursor;
    onPage();
  } while (cursor !== null);
  return questions;
}

function addBatch(workspace: Workspace, questions: readonly string[]): void {
  const image = addImage(workspace, 'a.png');
  workspace.write(() => {
    const batch = workspace.counters.nextBatch();
    for (const [index, question] of questions.entries()) {
      const draft = {
        question,
        imageIds: [image.id],
        choices: null,
        answers: [],
        answerKind: 'text',
        kind: 'k',
        tags: [],
        split: 'none',
      } as const;
      workspace.samples.add(draft, placeInBatch(batch, index), 1);
    }
  });
}

describe('lists', () => {
  it('the newest batch comes first, and each in its own order', () => {
    const workspace = openWorkspace(tempFolder(), 1);
    addBatch(workspace, ['a1', 'a2', 'a3']);
    addBatch(workspace, ['b1', 'b2']);
    expect(allQuestions(workspace, 2)).toEqual(['b1', 'b2', 'a1', 'a2', 'a3']);
    workspace.close();
  });

  it('a row that is added while someone reads on neither hides one nor shows one twice', () => {
    const workspace = openWorkspace(tempFolder(), 1);
    addBatch(workspace, ['a1', 'a2', 'a3', 'a4']);
    const seen = allQuestions(workspace, 1, () => addSample(workspace, { question: 'new' }));
    expect(seen).toEqual(['a1', 'a2', 'a3', 'a4']);
    workspace.close();
  });

  it('totals and kinds follow what is added, changed and removed', () => {
    const workspace = openWorkspace(tempFolder(), 1);
    const first = addSample(workspace, { kind: 'read' });
    addSample(workspace, { kind: 'read', split: 'test' });
    addSample(workspace, { kind: 'which' });
    expect(workspace.counters.kinds()).toEqual([
      { kind: 'read', count: 2 },
      { kind: 'which', count: 1 },
    ]);
    workspace.samples.update(first.id, 1, { ...first, kind: 'which' });
    expect(workspace.samples.list({ limit: 1, filter: { kinds: ['which'] } }).total).toBe(2);
    expect(workspace.samples.list({ limit: 1, filter: { splits: ['test'] } }).total).toBe(1);
    workspace.samples.remove([first.id, first.id], 5);
    expect(workspace.samples.list({ limit: 1 }).total).toBe(2);
    expect(workspace.samples.list({ limit: 1, filter: { kinds: ['which'] } }).total).toBe(1);
    expect(workspace.samples.get(first.id)).toBeNull();
    workspace.close();
  });

  it('a search finds what was typed, also signs that mean something to the database', () => {
    const workspace = openWorkspace(tempFolder(), 1);
    for (const question of ['100% red', '100 red', 'a_b', 'axb', String.raw`back\slash`])
      addSample(workspace, { question });
    const found = (search: string): readonly string[] =>
      workspace.samples.list({ limit: 10, filter: { search } }).items.map(({ question }) => question);
    expect(found('100%')).toHaveLength(2);
    expect(found('RED 10')).toHaveLength(2);
    expect(found('a_b')).toEqual(['a_b']);
    expect(found('sla')).toEqual([String.raw`back\slash`]);
    for (const search of ['"', '\\', '* ^', ' ']) expect(found(search), search).toHaveLength(5);
    for (const search of ["'; DROP TABLE samples; --", 'red" OR "axb', 'question:red NOT', 'lash'])
      expect(found(search), search).toEqual([]);
    // The reference answer is searched too.
    expect(workspace.samples.list({ limit: 1, filter: { search: '100 red' } }).total).toBe(2);
    workspace.close();
  });

  it('a cursor that no list gave out is refused', () => {
    const workspace = openWorkspace(tempFolder(), 1);
    for (const cursor of ['x', '1; DROP', '', '99999999999999999999', 'NaN']) {
      expect(() => workspace.samples.list({ limit: 1, cursor }), cursor).toThrow(StudioError);
    }
    workspace.close();
  });

  it('the pages of a long list are found by index, never by a scan or a sort', () => {
    const workspace = openWorkspace(tempFolder(), 1);
    const plan = (sql: string): string =>
      workspace.database.raw
        .prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
        .all()
        .map(({ detail }) => detail)
        .join('; ');
    const sql =
      'SELECT sample_seq FROM sample_facts AS f WHERE f.removed = 0 AND place > 5 ORDER BY place LIMIT 10';
    expect(plan(sql), sql).toMatch(/USING (COVERING )?INDEX/);
    expect(plan(sql), sql).not.toMatch(/TEMP B-TREE/);
    expect(
      plan('SELECT * FROM images WHERE removed_at IS NULL AND place > 5 ORDER BY place LIMIT 10'),
    ).toMatch(/USING INDEX/);
    expect(plan('SELECT * FROM episodes WHERE sample_seq = 5 ORDER BY seq DESC LIMIT 1')).toMatch(
      /episodes_by_sample/,
    );
    workspace.close();
  });
});

describe('images', () => {
  it('one that a sample uses is kept, and none of the others named with it goes', () => {
    const workspace = openWorkspace(tempFolder(), 1);
    const free = addImage(workspace, 'free.png');
    const used = addImage(workspace, 'used.png');
    const sample = addSample(workspace, { imageIds: [used.id] });
    expect(() => workspace.images.remove([free.id, used.id], 5)).toThrow('used.png');
    expect(workspace.images.list({ limit: 10 }).total).toBe(2);
    workspace.samples.remove([sample.id], 6);
    workspace.images.remove([free.id, used.id], 7);
    expect(workspace.images.list({ limit: 10 })).toMatchObject({ items: [], total: 0 });
    workspace.close();
  });

  it('an opaque asset id leads to the one file, and no other text does', () => {
    const workspace = openWorkspace(tempFolder(), 1);
    const image = addImage(workspace, 'a.png');
    expect(workspace.images.findAsset(image.assets.full)).toBe(image.file);
    expect(workspace.images.findAsset(image.assets.thumbnail)).toBe(image.thumbnail);
    for (const wrong of [image.id, image.file, image.sha256, '', '%'])
      expect(workspace.images.findAsset(wrong)).toBeNull();
    workspace.close();
  });
});
