import { z } from 'zod';
import { importId } from './ids.ts';
import { answerKind, split } from './sample.ts';

/** Files of rows that are read. `imagefolder` is Hugging Face's: images with a metadata file beside them. */
export const tableFormat = z.enum(['csv', 'tsv', 'jsonl', 'json', 'parquet', 'imagefolder']);
export type TableFormat = z.infer<typeof tableFormat>;

/** What the cells of a column are, by the rows that were looked at. */
export const cellType = z.enum(['empty', 'text', 'number', 'list', 'object', 'image', 'images']);
export type CellType = z.infer<typeof cellType>;

/** A column, or a field inside one: `reward_model.ground_truth`. */
export const tableColumn = z
  .object({
    path: z.string(),
    type: cellType,
    /** Of the first rows, as text of at most 200 characters. */
    examples: z.array(z.string()).readonly(),
  })
  .readonly();
export type TableColumn = z.infer<typeof tableColumn>;

const columnPath = z.string().min(1).max(500);

/** Where each part of a sample comes from. */
export const columnMapping = z
  .object({
    question: z.discriminatedUnion('from', [
      /** A text, or a list of chat messages of which the last user turn is taken. `<image>` marks are dropped. */
      z.object({ from: z.literal('column'), column: columnPath }).readonly(),
      z.object({ from: z.literal('constant'), text: z.string().trim().min(1).max(8000) }).readonly(),
    ]),
    /** In order; a cell may hold one image or several. */
    images: z.array(columnPath).min(1).max(32).readonly(),
    choices: z.discriminatedUnion('from', [
      z.object({ from: z.literal('none') }).readonly(),
      /** A list, or a text that lists them. */
      z.object({ from: z.literal('column'), column: columnPath }).readonly(),
      /** A column a choice: A, B, C, D. */
      z
        .object({ from: z.literal('columns'), columns: z.array(columnPath).min(2).max(26).readonly() })
        .readonly(),
      /** Lines such as "(A) red" in the question. */
      z.object({ from: z.literal('question') }).readonly(),
    ]),
    answer: columnPath.nullable(),
    /** `auto` looks at each row: choices, a number, yes or no, else text. */
    answerKind: z.union([z.literal('auto'), answerKind]),
    /** Of a number, relative; a row with an empty cell has the default. Absent in imports from before. */
    tolerance: columnPath.nullish(),
    kind: columnPath.nullable(),
    tags: columnPath.nullable(),
    split: z.discriminatedUnion('from', [
      z.object({ from: z.literal('column'), column: columnPath }).readonly(),
      z.object({ from: z.literal('constant'), split }).readonly(),
    ]),
  })
  .readonly();
export type ColumnMapping = z.infer<typeof columnMapping>;

/** A table as it was opened: what is in it, and how its columns may be meant. */
export const tablePreview = z
  .object({
    id: importId,
    name: z.string(),
    format: tableFormat,
    columns: z.array(tableColumn).readonly(),
    /** Null where counting would mean reading the whole file. */
    rowCount: z.number().int().nullable(),
    /** Null where nothing fits; a person then says what is what. */
    proposal: columnMapping.nullable(),
    /** What the layout was recognised as, for a person: "DeepEyes parquet". */
    recognised: z.string().nullable(),
    warnings: z.array(z.string()).readonly(),
  })
  .readonly();
export type TablePreview = z.infer<typeof tablePreview>;

/** How one row would be read, before anything is imported. */
export const checkedRow = z.discriminatedUnion('ok', [
  z
    .object({
      ok: z.literal(true),
      row: z.number().int(),
      question: z.string(),
      images: z.array(z.string()).readonly(),
      choices: z.array(z.string()).readonly().nullable(),
      answers: z.array(z.string()).readonly(),
      answerKind,
      kind: z.string(),
      tags: z.array(z.string()).readonly(),
      split,
    })
    .readonly(),
  z.object({ ok: z.literal(false), row: z.number().int(), message: z.string() }).readonly(),
]);
export type CheckedRow = z.infer<typeof checkedRow>;

/** An import of a table that was begun in this workspace; one that was cut off can go on. */
export const tableImport = z
  .object({
    id: importId,
    name: z.string(),
    startedAt: z.number(),
    state: z.enum(['running', 'interrupted', 'finished', 'cancelled', 'failed']),
    /** Rows that were dealt with. */
    done: z.number().int(),
    total: z.number().int().nullable(),
    importedSamples: z.number().int(),
    duplicates: z.number().int(),
    rejectedCount: z.number().int(),
    /** What it brought was taken back by undo. */
    isUndone: z.boolean(),
    /** False where its file was an upload that is gone, or where it was undone. */
    canResume: z.boolean(),
  })
  .readonly();
export type TableImport = z.infer<typeof tableImport>;
