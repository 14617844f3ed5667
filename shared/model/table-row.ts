/** A row of somebody's table, read as a sample by a mapping. Pure. */
import { type AnswerKind, sampleDraft, type Split, tolerance } from './sample.ts';
import {
  cellAt,
  fault,
  type Found,
  found,
  type ImageCell,
  imagesOf,
  isEmptyCell,
  lastUserTurn,
  listOf,
  textOf,
} from './table-cells.ts';
import type { ColumnMapping } from './table-import.ts';

/** A sample whose images are still to be found. */
export interface MappedRow {
  readonly question: string;
  readonly images: readonly ImageCell[];
  readonly choices: readonly string[] | null;
  readonly answers: readonly string[];
  readonly answerKind: AnswerKind;
  readonly tolerance?: number;
  readonly kind: string;
  readonly tags: readonly string[];
  readonly split: Split;
}

type Row = Readonly<Record<string, unknown>>;

/** Reads one row, or says which column is wrong and why. */
export function mapRow(row: Row, mapping: ColumnMapping): Found<MappedRow> {
  const asked = questionOf(row, mapping);
  if (!asked.ok) return asked;
  const images: ImageCell[] = [];
  for (const column of mapping.images) {
    const cells = imagesOf(cellAt(row, column));
    if (!cells.ok) return fault(`${column}: ${cells.message}`);
    images.push(...cells.value);
  }
  if (images.length === 0) return fault(`${mapping.images.join(', ')}: the row has no image`);
  const listed = choicesOf(row, mapping, asked.value);
  const { question, choices } = listed;
  const answers = answersOf(row, mapping, choices);
  if (!answers.ok) return answers;
  const within = toleranceOf(row, mapping);
  if (!within.ok) return within;
  const mapped: MappedRow = {
    question,
    images,
    choices,
    answers: answers.value,
    answerKind: mapping.answerKind === 'auto' ? kindOfAnswer(choices, answers.value) : mapping.answerKind,
    ...(within.value === null ? {} : { tolerance: within.value }),
    kind:
      (mapping.kind === null ? null : textOf(cellAt(row, mapping.kind)))?.trim().slice(0, 64) || 'imported',
    tags:
      mapping.tags === null
        ? []
        : listOf(cellAt(row, mapping.tags))
            .map((tag) => tag.slice(0, 64))
            .slice(0, 64),
    split: splitOf(row, mapping),
  };
  return fits(mapped);
}

/** The limits of a sample, with the images not looked up yet. */
function fits(row: MappedRow): Found<MappedRow> {
  const checked = sampleDraft.unwrap().omit({ imageIds: true }).safeParse(row);
  if (!checked.success) {
    const issue = checked.error.issues[0];
    return fault(`${issue?.path.join('.') ?? 'row'}: ${issue?.message ?? 'not valid'}`);
  }
  return row.images.length > 32
    ? fault(`the row has ${row.images.length} images; 32 is the most`)
    : found(row);
}

/** Null where the row has none. */
function toleranceOf(row: Row, { tolerance: column }: ColumnMapping): Found<number | null> {
  if (column === null || column === undefined) return found(null);
  const text = textOf(cellAt(row, column))?.trim() ?? '';
  if (text === '') return found(null);
  const checked = tolerance.safeParse(Number(text));
  return checked.success
    ? found(checked.data)
    : fault(`${column}: "${text.slice(0, 40)}" is no tolerance; it is a number from 0 to 1`);
}

function questionOf(row: Row, { question }: ColumnMapping): Found<string> {
  if (question.from === 'constant') return found(question.text);
  const cell = cellAt(row, question.column);
  if (isEmptyCell(cell)) return fault(`${question.column}: the question is empty`);
  const text = lastUserTurn(cell) ?? textOf(cell);
  if (text === null) return fault(`${question.column}: the question is not a text`);
  const plain = text
    .replaceAll(/<image>\s?/gu, '')
    .replaceAll(/\n{3,}/gu, '\n\n')
    .trim();
  return plain === '' ? fault(`${question.column}: the question is empty`) : found(plain);
}

const LETTERED = /^\s*\(?([A-Z])\s?[).:]\s*(.+?)\s*$/u;

function choicesOf(
  row: Row,
  { choices }: ColumnMapping,
  question: string,
): { readonly question: string; readonly choices: readonly string[] | null } {
  switch (choices.from) {
    case 'none':
      return { question, choices: null };
    case 'question': {
      const lines = question.split('\n');
      const options = lines.flatMap((line) => LETTERED.exec(line)?.[2] ?? []);
      if (options.length < 2) return { question, choices: null };
      const rest = lines
        .filter((line) => !LETTERED.test(line))
        .join('\n')
        .trim();
      return { question: rest === '' ? question : rest, choices: options };
    }
    case 'column':
      return { question, choices: asChoices(listOf(cellAt(row, choices.column))) };
    case 'columns':
      return {
        question,
        choices: asChoices(choices.columns.flatMap((column) => textOf(cellAt(row, column)) ?? [])),
      };
  }
}

/** Without the letters in front where every one has its own; null where there are fewer than two. */
function asChoices(options: readonly string[]): readonly string[] | null {
  const plain = options.map((option) => option.trim()).filter((option) => option !== '');
  const lettered = plain.every((option, at) => LETTERED.exec(option)?.[1] === String.fromCodePoint(65 + at));
  const bare = lettered ? plain.map((option) => LETTERED.exec(option)?.[2] ?? option) : plain;
  return bare.length < 2 ? null : bare;
}

const LETTER = /^\s*\(?([A-Za-z])[).:]?\)?\s*$/u;

/** A letter stands for its choice; a list holds alternatives. */
function answersOf(
  row: Row,
  mapping: ColumnMapping,
  choices: readonly string[] | null,
): Found<readonly string[]> {
  if (mapping.answer === null) return found([]);
  const cell = cellAt(row, mapping.answer);
  if (isEmptyCell(cell)) return found([]);
  const isList = Array.isArray(cell) || (typeof cell === 'string' && /^\s*\[.*\]\s*$/su.test(cell));
  const texts = (isList ? listOf(cell) : [textOf(cell) ?? '']).map((text) => text.trim());
  if (texts.every((text) => text === '')) return fault(`${mapping.answer}: the answer is not a text`);
  const answers: string[] = [];
  for (const text of texts.filter((one) => one !== '')) {
    const letter = choices === null ? null : LETTER.exec(text)?.[1];
    if (letter === null || letter === undefined || choices === null) answers.push(text);
    else {
      const choice = choices[letter.toUpperCase().charCodeAt(0) - 65];
      if (choice === undefined)
        return fault(`${mapping.answer}: there is no choice ${letter} among ${choices.length}`);
      answers.push(choice);
    }
  }
  return found(answers);
}

const NUMBER = /^[+-]?[0-9]+(\.[0-9]+)?$/u;

function kindOfAnswer(choices: readonly string[] | null, answers: readonly string[]): AnswerKind {
  if (choices !== null) return 'choice';
  if (answers.length > 0 && answers.every((answer) => NUMBER.test(answer))) return 'number';
  if (answers.length > 0 && answers.every((answer) => /^(yes|no)$/iu.test(answer))) return 'yes_no';
  return 'text';
}

const SPLITS: Readonly<Record<string, Split>> = {
  train: 'train',
  training: 'train',
  val: 'validation',
  valid: 'validation',
  validation: 'validation',
  dev: 'validation',
  test: 'test',
};

function splitOf(row: Row, { split }: ColumnMapping): Split {
  if (split.from === 'constant') return split.split;
  return SPLITS[textOf(cellAt(row, split.column))?.trim().toLowerCase() ?? ''] ?? 'none';
}
