import { ByteWriter, ParquetWriter } from 'hyparquet-writer';

/** Parquet files whose counts are lies, made when a test wants them. */

const SCHEMA = [
  { name: 'root', num_children: 2 },
  { name: 'question', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  { name: 'image', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
] as const;

interface Lies {
  /** Rows that the footer claims. */
  readonly rows?: bigint;
  /** Values that the header of the first data page claims. */
  readonly pageValues?: number;
}

/** Row groups of questions about one image; the lies stand in the first. */
export function lyingParquet(
  groups: readonly (readonly string[])[],
  image: string,
  { rows, pageValues }: Lies,
): Uint8Array {
  const draft = new ByteWriter();
  const parquet = new ParquetWriter({
    writer: draft,
    schema: [...SCHEMA],
    codec: 'UNCOMPRESSED',
    statistics: false,
  });
  for (const questions of groups) {
    void parquet.write({
      columnData: [
        { name: 'question', data: [...questions], offsetIndex: false },
        { name: 'image', data: questions.map(() => image), offsetIndex: false },
      ],
    });
  }
  const [first] = parquet.row_groups;
  if (first === undefined) throw new Error('no row group');
  if (rows !== undefined) {
    parquet.num_rows += rows - first.num_rows;
    first.num_rows = rows;
    for (const { meta_data: column } of first.columns) if (column) column.num_values = rows;
  }
  let bytes = new Uint8Array(draft.getBuffer());
  if (pageValues !== undefined) {
    const honest = groups[0]?.length ?? 0;
    const at = placeOf(bytes, [0x15, honest * 2, 0x15, 0, 0x15, honest * 2]);
    const varint = zigzagVarint(pageValues);
    bytes = new Uint8Array([...bytes.subarray(0, at + 1), ...varint, ...bytes.subarray(at + 2)]);
    shift(parquet, varint.length - 1);
  }
  const whole = new ByteWriter();
  whole.appendBytes(bytes);
  parquet.writer = whole;
  void parquet.finish();
  return new Uint8Array(whole.getBuffer());
}

/** What follows a header that has become longer lies further back. */
function shift({ row_groups: groups }: ParquetWriter, by: number): void {
  for (const [at, column] of groups.flatMap(({ columns }) => columns).entries()) {
    const meta = column.meta_data;
    if (meta === undefined) continue;
    if (at === 0) meta.total_compressed_size += BigInt(by);
    else meta.data_page_offset += BigInt(by);
    if (at > 0 && meta.dictionary_page_offset !== undefined) meta.dictionary_page_offset += BigInt(by);
  }
}

/** Thrift's compact form of a page's number of values, of its nulls (none) and of its rows. */
function placeOf(bytes: Uint8Array, sought: readonly number[]): number {
  for (let at = 0; at < bytes.length; at += 1) {
    if (sought.every((byte, offset) => bytes[at + offset] === byte)) return at;
  }
  throw new Error('the page header is not where it is looked for');
}

function zigzagVarint(value: number): readonly number[] {
  const bytes: number[] = [];
  let rest = value * 2;
  while (rest > 127) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return [...bytes, rest];
}
