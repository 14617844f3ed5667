/** Guesses what the columns of a table mean, from their names and first cells. A person sees and changes it. */
import type { CellType, ColumnMapping, TableColumn } from './table-import.ts';

export interface Proposal {
  readonly mapping: ColumnMapping | null;
  /** A published layout that this is, for a person to read. */
  readonly recognised: string | null;
}

const QUESTIONS = [
  'question',
  'problem',
  'text',
  'query',
  'instruction',
  'prompt',
  'messages',
  'conversations',
];
const ANSWERS = ['answer', 'answers', 'label', 'solution', 'ground_truth', 'gold', 'target', 'output'];
const IMAGES = [
  'images',
  'image',
  'image_list',
  'file_names',
  'file_name',
  'image_path',
  'input_image_path',
  'img',
];
const CHOICES = ['choices', 'options', 'answer choices', 'multi-choice options'];
const KINDS = ['kind', 'category', 'task', 'question_type', 'ability', 'type'];

/** @param columns of the table, fields inside a column by their path */
export function proposeMapping(columns: readonly TableColumn[]): Proposal {
  const recognised = layoutOf(columns);
  const images = imageColumns(columns);
  const question =
    fieldOf(columns, ['extra_info.question'], ['text']) ??
    named(columns, QUESTIONS, ['text', 'list', 'images']);
  if (images.length === 0 || question === null) return { mapping: null, recognised };
  const answer =
    fieldOf(columns, ['reward_model.ground_truth'], ['text', 'number', 'list']) ??
    named(columns, ANSWERS, ['text', 'number', 'list']);
  return {
    recognised,
    mapping: {
      question: { from: 'column', column: question },
      images,
      choices: choicesOf(columns, question),
      answer,
      answerKind: 'auto',
      tolerance: fieldOf(columns, ['tolerance', 'extra_info.tolerance'], ['text', 'number']),
      kind: named(columns, KINDS, ['text', 'number']),
      tags: named(columns, ['tags'], ['text', 'list']),
      split: splitOf(columns),
    },
  };
}

function find(columns: readonly TableColumn[], name: string): TableColumn | undefined {
  return columns.find(({ path }) => path.toLowerCase() === name);
}

function fieldOf(
  columns: readonly TableColumn[],
  names: readonly string[],
  types: readonly CellType[],
): string | null {
  for (const name of names) {
    const column = find(columns, name);
    if (column !== undefined && types.includes(column.type)) return column.path;
  }
  return null;
}

/** A column of one of these names; the first name that is there counts. */
function named(
  columns: readonly TableColumn[],
  names: readonly string[],
  types: readonly CellType[],
): string | null {
  return (
    fieldOf(columns, names, types) ??
    columns.find(
      ({ path, type }) =>
        types.includes(type) && names.some((name) => path.toLowerCase().endsWith(`_${name}`)),
    )?.path ??
    null
  );
}

function imageColumns(columns: readonly TableColumn[]): readonly string[] {
  const numbered = columns
    .filter(({ path, type }) => /^(image|img)[_-]?\d+$/iu.test(path) && type !== 'number')
    .map(({ path }) => path)
    .toSorted((a, b) => Number(/\d+$/u.exec(a)?.[0]) - Number(/\d+$/u.exec(b)?.[0]));
  if (numbered.length > 0) return numbered.slice(0, 32);
  const byName = IMAGES.flatMap((name) => find(columns, name) ?? []).find(
    ({ type }) => type !== 'empty' && type !== 'number',
  );
  if (byName !== undefined) return [byName.path];
  const byContent = columns.filter(
    ({ type, path }) => (type === 'image' || type === 'images') && !path.includes('.'),
  );
  return byContent.slice(0, 1).map(({ path }) => path);
}

function choicesOf(columns: readonly TableColumn[], question: string): ColumnMapping['choices'] {
  const column = named(columns, CHOICES, ['text', 'list']);
  if (column !== null) return { from: 'column', column };
  const letters = ['A', 'B', 'C', 'D', 'E', 'F'].flatMap(
    (letter) => columns.find(({ path, type }) => path === letter && type !== 'image')?.path ?? [],
  );
  if (letters.length >= 2) return { from: 'columns', columns: letters };
  const examples = columns.find(({ path }) => path === question)?.examples ?? [];
  return examples.some((text) => /\(A\)\s.*\(B\)\s/su.test(text)) ? { from: 'question' } : { from: 'none' };
}

function splitOf(columns: readonly TableColumn[]): ColumnMapping['split'] {
  const column = fieldOf(columns, ['split', 'extra_info.split'], ['text']);
  return column === null ? { from: 'constant', split: 'none' } : { from: 'column', column };
}

/** Layouts of `reference` data sets, by the columns that only they have. */
const LAYOUTS: readonly { readonly name: string; readonly columns: readonly string[] }[] = [
  {
    name: 'DeepEyes parquet',
    columns: ['data_source', 'prompt', 'images', 'env_name', 'reward_model.ground_truth'],
  },
  { name: 'verl table', columns: ['data_source', 'prompt', 'images', 'reward_model.ground_truth'] },
  { name: 'HR-Bench table', columns: ['question', 'answer', 'category', 'cycle_category', 'image'] },
  { name: 'V* Bench questions', columns: ['image', 'text', 'category', 'label', 'question_id'] },
  { name: 'MUIRBench table', columns: ['question', 'options', 'image_list', 'counterpart_idx'] },
  { name: 'BLINK table', columns: ['sub_task', 'prompt', 'choices', 'image_1'] },
  { name: 'MMIU table', columns: ['visual_input_component', 'options', 'input_image_path', 'output'] },
  { name: 'ms-swift table', columns: ['messages', 'images', 'solution'] },
  { name: 'EasyR1 table', columns: ['problem', 'answer', 'images'] },
];

function layoutOf(columns: readonly TableColumn[]): string | null {
  const names = new Set(columns.map(({ path }) => path.toLowerCase()));
  return LAYOUTS.find((layout) => layout.columns.every((name) => names.has(name)))?.name ?? null;
}
