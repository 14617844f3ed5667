import { Tokenizer } from '@huggingface/tokenizers';
import { BackendError } from '../backend.ts';

/** Text to ids and back, for one model folder. */
export interface AgentTokenizer {
  /** Ids of a text; special tokens written out in it become their ids, and nothing is added around it. */
  encode(text: string): number[];
  decode(ids: readonly number[]): string;
  /** Id of a token that is in the vocabulary exactly so, else null. */
  idOf(token: string): number | null;
  /** Ids run from 0 to this - 1; a model's logits may go further (padding rows). */
  readonly size: number;
  /** Decodes ids one after another; see StreamDecoder. */
  stream(): StreamDecoder;
}

/** Text that has become certain: bytes of an incomplete UTF-8 sequence are held back until it is complete. */
export interface StreamDecoder {
  push(id: number): string;
  /** What is still held back, as U+FFFD, once no more tokens come. */
  end(): string;
}

/** GPT-2's printable stand-ins for bytes: the alphabet of every byte-level BPE vocabulary. */
function byteOfCharacter(): ReadonlyMap<string, number> {
  const map = new Map<string, number>();
  let standIn = 256;
  for (let byte = 0; byte < 256; byte += 1) {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    map.set(String.fromCodePoint(printable ? byte : standIn), byte);
    if (!printable) standIn += 1;
  }
  return map;
}

function usesByteLevel(decoder: unknown): boolean {
  if (typeof decoder !== 'object' || decoder === null) return false;
  const { type, decoders } = decoder as { readonly type?: unknown; readonly decoders?: unknown };
  return type === 'ByteLevel' || (Array.isArray(decoders) && decoders.some(usesByteLevel));
}

/** Bytes of every id; a hole is an id without a token. */
function tableOfBytes(tokenizer: Tokenizer): readonly (Uint8Array | undefined)[] {
  const bytes = byteOfCharacter();
  const encoder = new TextEncoder();
  const added = tokenizer.get_added_tokens_decoder();
  const table: (Uint8Array | undefined)[] = [];
  for (const [token, id] of tokenizer.get_vocab(true)) {
    const mapped = [...token].map((character) => bytes.get(character));
    const isText = added.has(id) || mapped.includes(undefined);
    table[id] = isText ? encoder.encode(token) : Uint8Array.from(mapped as number[]);
  }
  return table;
}

/**
 * @param tokenizerJson the parsed tokenizer.json, @param tokenizerConfig the parsed tokenizer_config.json.
 * @throws BackendError model_invalid when it is not a byte-level tokenizer or the library refuses it.
 */
export function createTokenizer(tokenizerJson: object, tokenizerConfig: object): AgentTokenizer {
  if (!usesByteLevel((tokenizerJson as { readonly decoder?: unknown }).decoder)) {
    throw new BackendError(
      'model_invalid',
      'tokenizer.json: the decoder is not ByteLevel, as Qwen2.5 has it',
    );
  }
  let tokenizer: Tokenizer;
  let table: readonly (Uint8Array | undefined)[];
  try {
    tokenizer = new Tokenizer(tokenizerJson, tokenizerConfig);
    table = tableOfBytes(tokenizer);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BackendError('model_invalid', `tokenizer.json: can't be used: ${reason}`, { cause });
  }
  const vocabulary = tokenizer.get_vocab(true);
  const nothing = new Uint8Array(0);
  const stream = (): StreamDecoder => {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    return {
      push: (id) => decoder.decode(table[id] ?? nothing, { stream: true }),
      end: () => decoder.decode(),
    };
  };
  return {
    // An empty text has no tokens; some pre-tokenizers of the library give one for it.
    encode: (text) => (text === '' ? [] : tokenizer.encode(text, { add_special_tokens: false }).ids),
    decode(ids) {
      const decoder = stream();
      return ids.map((id) => decoder.push(id)).join('') + decoder.end();
    },
    idOf: (token) => vocabulary.get(token) ?? null,
    size: table.length,
    stream,
  };
}
