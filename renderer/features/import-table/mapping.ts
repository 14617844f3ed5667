/** The mapping as the form edits it: pure steps from one mapping to the next. */
import type { CellType, ColumnMapping, TableColumn } from '../../../shared/model/table-import.ts';

/** Where a form begins when nothing was recognised. */
export function emptyMapping(columns: readonly TableColumn[]): ColumnMapping {
  const first = (...types: readonly CellType[]): string | undefined =>
    columns.find(({ type }) => types.includes(type))?.path;
  const image = first('image', 'images') ?? columns[0]?.path ?? '';
  return {
    question: { from: 'constant', text: 'What is in the image?' },
    images: [image],
    choices: { from: 'none' },
    answer: null,
    answerKind: 'auto',
    kind: null,
    tags: null,
    split: { from: 'constant', split: 'none' },
  };
}

export interface ColumnOption {
  readonly value: string;
  readonly label: string;
}

const TYPE_WORDS: Readonly<Record<CellType, string>> = {
  empty: 'empty',
  text: 'text',
  number: 'number',
  list: 'list',
  object: 'fields',
  image: 'image',
  images: 'images',
};

/** Columns to choose from, each with what it holds; those that are only boxes of other fields are left out. */
export function columnOptions(columns: readonly TableColumn[]): readonly ColumnOption[] {
  return columns
    .filter(({ type }) => type !== 'object')
    .map(({ path, type }) => ({ value: path, label: `${path} (${TYPE_WORDS[type]})` }));
}

export const CHOICE_FORMS = [
  { value: 'none', label: 'None' },
  { value: 'column', label: 'A list in one column' },
  { value: 'columns', label: 'A column each' },
  { value: 'question', label: 'Lines (A), (B).. in the question' },
] as const;

/** The same mapping with its choices taken in another way; the columns start with the likeliest. */
export function withChoicesFrom(
  mapping: ColumnMapping,
  from: ColumnMapping['choices']['from'],
  columns: readonly TableColumn[],
): ColumnMapping {
  const lists = columns.filter(({ type }) => type === 'list' || type === 'text').map(({ path }) => path);
  const [first = '', second = first] = lists;
  switch (from) {
    case 'none':
    case 'question':
      return { ...mapping, choices: { from } };
    case 'column':
      return { ...mapping, choices: { from, column: first } };
    case 'columns':
      return { ...mapping, choices: { from, columns: [first, second] } };
  }
}

/** What still has to be said before a table can be imported; null when all is there. */
export function mappingProblem(mapping: ColumnMapping): string | null {
  if (mapping.images.length === 0) return 'Choose the column that holds the images.';
  if (mapping.question.from === 'constant' && mapping.question.text.trim() === '')
    return 'Write the question.';
  if (mapping.choices.from === 'columns' && mapping.choices.columns.length < 2) {
    return 'Choose at least two columns of choices.';
  }
  return null;
}
