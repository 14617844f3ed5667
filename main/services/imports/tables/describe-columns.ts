import { isEmptyCell } from '../../../../shared/model/table-cells.ts';
import type { CellType, TableColumn } from '../../../../shared/model/table-import.ts';
import { isImageName } from './table-files.ts';

type Row = Readonly<Record<string, unknown>>;

const EXAMPLES = 5;
const MAX_COLUMNS = 400;

/** The columns of some rows and the fields inside them, in the order in which they first appear. */
export function describeColumns(rows: readonly Row[]): readonly TableColumn[] {
  const cells = new Map<string, unknown[]>();
  for (const row of rows) collect(row, '', 0, cells);
  return [...cells].slice(0, MAX_COLUMNS).map(([path, values]) => {
    const filled = values.filter((value) => !isEmptyCell(value));
    return { path, type: commonType(filled), examples: filled.slice(0, EXAMPLES).map(exampleOf) };
  });
}

function collect(row: Row, prefix: string, depth: number, cells: Map<string, unknown[]>): void {
  for (const [name, value] of Object.entries(row)) {
    const path = `${prefix}${name}`;
    const known = cells.get(path) ?? [];
    known.push(value);
    cells.set(path, known);
    if (depth < 2 && typeOf(value) === 'object') collect(value as Row, `${path}.`, depth + 1, cells);
  }
}

function commonType(values: readonly unknown[]): CellType {
  const types = new Set(values.map(typeOf));
  if (types.size === 0) return 'empty';
  if (types.size === 1) return [...types][0] ?? 'empty';
  return types.has('image') || types.has('images') ? 'images' : 'text';
}

function typeOf(value: unknown): CellType {
  if (value instanceof Uint8Array) return 'image';
  if (typeof value === 'number') return 'number';
  if (typeof value === 'string') return typeOfText(value);
  if (Array.isArray(value)) {
    const inside = value.map(typeOf);
    return inside.length > 0 && inside.every((one) => one === 'image') ? 'images' : 'list';
  }
  if (typeof value !== 'object' || value === null) return 'text';
  const names = Object.keys(value);
  return names.includes('bytes') || (names.includes('path') && names.length <= 2) ? 'image' : 'object';
}

function typeOfText(text: string): CellType {
  if (/^[+-]?[0-9]+(\.[0-9]+)?$/u.test(text)) return 'number';
  if (/^data:image\//iu.test(text) || isImageName(text.slice(-300)))
    return text.startsWith('[') ? 'images' : 'image';
  return text.length > 1000 && /^[A-Za-z0-9+/=\s]+$/u.test(text.slice(0, 1000)) ? 'image' : 'text';
}

function exampleOf(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value, short) ?? '');
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}

function short(_name: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  return typeof value === 'string' && value.length > 200 ? `${value.slice(0, 199)}…` : value;
}
