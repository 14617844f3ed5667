import type {
  CheckedRow,
  ColumnMapping,
  TableColumn,
  TableFormat,
} from '../../../../shared/model/table-import.ts';
import type { MappedRow } from '../../../../shared/model/table-row.ts';

/** What is opened: a file of rows or a folder, on this machine or as files that a page sent. */
export interface TableSource {
  /** As a person chose it. */
  readonly name: string;
  /** Absolute path of a file or folder; the file itself for an upload of one. */
  readonly path: string;
  /** Files that a page sent, by their names; null for a path on this machine. */
  readonly uploaded: Readonly<Record<string, string>> | null;
}

/** What the host asks of the process that reads tables. */
export type TableRequest =
  | { readonly op: 'open'; readonly source: TableSource }
  /** How the first rows would be read. */
  | {
      readonly op: 'check';
      readonly source: TableSource;
      readonly mapping: ColumnMapping;
      readonly count: number;
    }
  /** `count` rows from row `from` (0-based); images that are bytes are written under `folder`. */
  | {
      readonly op: 'read';
      readonly source: TableSource;
      readonly mapping: ColumnMapping;
      readonly from: number;
      readonly count: number;
      readonly folder: string;
    };

/** Where an image of a row is, by now: a path that the row names, or a file that was written for it. */
export type RowImage =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'file'; readonly path: string };

/** `number` is what a person finds the row by: the line of a file, or the 1-based row of a table. */
export type ReadRow =
  | {
      readonly ok: true;
      readonly number: number;
      readonly row: Omit<MappedRow, 'images'>;
      readonly images: readonly RowImage[];
    }
  | { readonly ok: false; readonly number: number; readonly message: string };

export interface TableAnswers {
  readonly open: {
    readonly format: TableFormat;
    readonly columns: readonly TableColumn[];
    readonly rowCount: number | null;
    readonly warnings: readonly string[];
  };
  readonly check: { readonly rows: readonly CheckedRow[] };
  readonly read: { readonly rows: readonly ReadRow[]; readonly end: boolean };
}

export type TableOutcome<Op extends TableRequest['op']> =
  | { readonly ok: true; readonly value: TableAnswers[Op] }
  | { readonly ok: false; readonly message: string };
