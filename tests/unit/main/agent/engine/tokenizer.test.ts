import { Tokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTokenizer } from '../../../../../main/agent/engine/tokenizer.ts';
import { tinyTokenizer } from '../../../../helpers/tiny-model.ts';

const { json, config, size } = tinyTokenizer();
const tokenizer = createTokenizer(json, config);

/** Text piece by piece, one a token. */
function streamed(ids: readonly number[]): string[] {
  const stream = tokenizer.stream();
  const pieces = ids.map((id) => stream.push(id));
  return [...pieces, stream.end()];
}

describe('the tokenizer', () => {
  it('gives any text back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
      }),
    );
  });

  it('adds nothing around a text and gives no tokens for an empty one', () => {
    expect(tokenizer.encode('')).toEqual([]);
    expect(tokenizer.encode('a')).toHaveLength(1);
  });

  it('reads special tokens that are written out as one id', () => {
    const end = tokenizer.idOf('<|im_end|>');
    expect(end).not.toBeNull();
    expect(tokenizer.encode('<|im_end|>')).toEqual([end]);
    expect(tokenizer.idOf('<|nowhere|>')).toBeNull();
    expect(tokenizer.size).toBe(size);
  });

  it('refuses a tokenizer that is not byte-level, and one that makes no sense', () => {
    expect(() => createTokenizer({ ...json, decoder: { type: 'WordPiece' } }, config)).toThrow(
      /not ByteLevel/,
    );
    expect(() => createTokenizer({ ...json, model: { type: 'BPE' } }, config)).toThrow(/^tokenizer.json/);
    expect(() => createTokenizer({}, {})).toThrow(/^tokenizer.json/);
  });
});

describe('streaming decode', () => {
  it('says in all what the library says at once, for any ids', () => {
    const library = new Tokenizer(json, config);
    const anyIds = fc.array(fc.nat(size - 1), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(anyIds, (ids) => {
        const whole = library.decode(ids, {
          skip_special_tokens: false,
          clean_up_tokenization_spaces: false,
        });
        expect(streamed(ids).join('')).toBe(whole);
        expect(tokenizer.decode(ids)).toBe(whole);
      }),
    );
  });

  it('holds back a character until its last byte has come', () => {
    const ids = tokenizer.encode('é日👍');
    expect(ids).toHaveLength(2 + 3 + 4);
    expect(streamed(ids)).toEqual(['', 'é', '', '', '日', '', '', '', '👍', '']);
  });

  it('shows what never became a character as one U+FFFD at the end', () => {
    const [first = 0, second = 0] = tokenizer.encode('日');
    expect(streamed([first, second])).toEqual(['', '', '\ufffd']);
  });

  it('says nothing for an id without a token', () => {
    expect(streamed([size + 5])).toEqual(['', '']);
  });
});
