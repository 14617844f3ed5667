import { describe, expect, it } from 'vitest';
import { imagesOf, lastUserTurn, listOf, parsePythonList } from '../../../shared/model/table-cells.ts';
import type { ColumnMapping, TableColumn } from '../../../shared/model/table-import.ts';
import { proposeMapping } from '../../../shared/model/table-proposal.ts';
import { mapRow } from '../../../shared/model/table-row.ts';

const MAPPING: ColumnMapping = {
  question: { from: 'column', column: 'question' },
  images: ['image'],
  choices: { from: 'none' },
  answer: 'answer',
  answerKind: 'auto',
  kind: null,
  tags: null,
  split: { from: 'constant', split: 'none' },
};

function mapped(cells: Readonly<Record<string, unknown>>, change: Partial<ColumnMapping> = {}) {
  const row = mapRow(
    { question: 'Which?', image: 'a.png', answer: 'red', ...cells },
    { ...MAPPING, ...change },
  );
  return row.ok ? row.value : row.message;
}

describe('a list in a cell', () => {
  it.each([
    [
      ['a', 3],
      ['a', '3'],
    ],
    ['["a", "b"]', ['a', 'b']],
    [`['it''s']`, ['it', 's']],
    [`['left', "it's right", 4]`, ['left', "it's right", '4']],
    ['a | b', ['a', 'b']],
    ['A: red\nB: blue', ['A: red', 'B: blue']],
    ['one', ['one']],
    ['', []],
    [null, []],
  ])('%j', (cell, list) => {
    expect(listOf(cell)).toEqual(list);
  });

  it('a Python list that is cut off or nested is no list', () => {
    expect(parsePythonList("['a', 'b]")).toBeNull();
    expect(parsePythonList('[[1], 2]')).toBeNull();
  });
});

describe('the images of a cell', () => {
  const kinds = (cell: unknown): unknown => {
    const found = imagesOf(cell);
    return found.ok
      ? found.value.map((image) => (image.kind === 'path' ? image.path : image.kind))
      : found.message;
  };

  it('are found in every form in which data sets hold them', () => {
    const bytes = new Uint8Array([1, 2]);
    const base64 = `iVBORw0KGgo${'A'.repeat(200)}`;
    expect(kinds('a/b.png')).toEqual(['a/b.png']);
    expect(kinds('file:///data/b.png')).toEqual(['/data/b.png']);
    expect(kinds(['a.png', { path: 'b.png', bytes: null }])).toEqual(['a.png', 'b.png']);
    expect(kinds('["a.png", "b.png"]')).toEqual(['a.png', 'b.png']);
    expect(kinds([{ bytes, path: 'x' }, bytes])).toEqual(['bytes', 'bytes']);
    expect(kinds({ image: '/abs.png' })).toEqual(['/abs.png']);
    expect(kinds(base64)).toEqual(['base64']);
    expect(kinds(`data:image/png;base64,${base64}`)).toEqual(['base64']);
    expect(kinds(null)).toEqual([]);
  });

  it('on the web or by the number of another row are refused, with what to do', () => {
    expect(kinds('https://example.org/a.png')).toMatch(/download the images first/);
    expect(kinds(12)).toMatch(/another row/);
    expect(kinds({})).toMatch(/neither bytes nor a path/);
  });
});

describe('a row', () => {
  it('takes the last user turn of a chat as its question, without image marks', () => {
    const messages = [
      { role: 'system', content: 'Zoom.' },
      { role: 'user', content: '<image><image>\nWhich dock?' },
    ];
    expect(lastUserTurn(messages)).toContain('Which dock?');
    expect(mapped({ question: messages })).toMatchObject({ question: 'Which dock?' });
    expect(mapped({ question: JSON.stringify(messages) })).toMatchObject({ question: 'Which dock?' });
    expect(
      mapped({ question: [{ role: 'user', content: [{ type: 'image' }, { type: 'text', text: 'Who?' }] }] }),
    ).toMatchObject({ question: 'Who?' });
  });

  it('turns a letter into its choice, whatever the letter wears', () => {
    const choices = { choices: { from: 'column', column: 'options' } } as const;
    for (const answer of ['B', '(B)', 'b.', ' B) ']) {
      expect(mapped({ options: ['(A) red', '(B) blue'], answer }, choices)).toMatchObject({
        choices: ['red', 'blue'],
        answers: ['blue'],
        answerKind: 'choice',
      });
    }
    expect(mapped({ options: ['red', 'blue'], answer: 'D' }, choices)).toMatch(/no choice D among 2/);
  });

  it('takes its choices out of the question where they stand there', () => {
    expect(
      mapped({ question: 'What colour?\n(A) red\n(B) teal', answer: 'B' }, { choices: { from: 'question' } }),
    ).toMatchObject({ question: 'What colour?', choices: ['red', 'teal'], answers: ['teal'] });
  });

  it('guesses how its answer is compared', () => {
    expect(mapped({ answer: 7 })).toMatchObject({ answerKind: 'number', answers: ['7'] });
    expect(mapped({ answer: 'No' })).toMatchObject({ answerKind: 'yes_no' });
    expect(mapped({ answer: ['red', 'dark red'] })).toMatchObject({
      answerKind: 'text',
      answers: ['red', 'dark red'],
    });
    expect(mapped({ answer: null })).toMatchObject({ answers: [] });
  });

  it('says which column is wrong', () => {
    expect(mapped({ question: '' })).toBe('question: the question is empty');
    expect(mapped({ question: 'x'.repeat(9000) })).toMatch(/^question: /);
    expect(mapped({ image: '' })).toBe('image: the row has no image');
    expect(mapped({ image: Array.from({ length: 33 }, () => 'a.png') })).toMatch(/32 is the most/);
  });

  it('reads fields inside a column, and never the prototype', () => {
    expect(
      mapped({ reward_model: { ground_truth: 'green' } }, { answer: 'reward_model.ground_truth' }),
    ).toMatchObject({
      answers: ['green'],
    });
    expect(mapped({}, { answer: 'constructor.name' })).toMatchObject({ answers: [] });
  });
});

describe('the tolerance of a row', () => {
  it.each<[unknown, number | undefined]>([
    [0.05, 0.05],
    [' 1e-3 ', 0.001],
    ['', undefined],
    [null, undefined],
  ])('%j', (cell, tolerance) => {
    const row = mapped({ answer: '3', within: cell }, { tolerance: 'within' });
    expect(typeof row === 'string' ? row : row.tolerance).toBe(tolerance);
  });

  it.each(['5%', 2, -1])('%j is refused, with the column named', (cell) => {
    expect(mapped({ within: cell }, { tolerance: 'within' })).toMatch(/^within: .* is no tolerance/);
  });

  it('is read of no column where none is chosen, and proposed where a column has its name', () => {
    expect(mapped({ tolerance: 0.05 })).not.toHaveProperty('tolerance');
    const columns: readonly TableColumn[] = (
      ['question', 'image', 'answer', 'extra_info.tolerance'] as const
    ).map((path) => ({
      path,
      type: path === 'image' ? 'image' : path === 'answer' ? 'number' : 'text',
      examples: [],
    }));
    expect(proposeMapping(columns).mapping?.tolerance).toBe('extra_info.tolerance');
  });
});

describe('the proposal', () => {
  const columns = (types: Readonly<Record<string, TableColumn['type']>>, examples: readonly string[] = []) =>
    Object.entries(types).map(([path, type]) => ({ path, type, examples }));

  it('knows the DeepEyes table', () => {
    const { mapping, recognised } = proposeMapping(
      columns({
        data_source: 'text',
        prompt: 'list',
        images: 'images',
        ability: 'text',
        env_name: 'text',
        reward_model: 'object',
        'reward_model.ground_truth': 'text',
        extra_info: 'object',
        'extra_info.question': 'text',
      }),
    );
    expect(recognised).toBe('DeepEyes parquet');
    expect(mapping).toMatchObject({
      question: { from: 'column', column: 'extra_info.question' },
      images: ['images'],
      answer: 'reward_model.ground_truth',
      kind: 'ability',
    });
  });

  it('takes numbered image columns in the order of their numbers, and letters as choices', () => {
    const { mapping } = proposeMapping(
      columns({
        question: 'text',
        image_10: 'image',
        image_2: 'image',
        A: 'text',
        B: 'text',
        answer: 'text',
      }),
    );
    expect(mapping).toMatchObject({
      images: ['image_2', 'image_10'],
      choices: { from: 'columns', columns: ['A', 'B'] },
    });
  });

  it('proposes nothing where there is no question or no image', () => {
    expect(proposeMapping(columns({ question: 'text' })).mapping).toBeNull();
    expect(proposeMapping(columns({ image: 'image' })).mapping).toBeNull();
  });
});
