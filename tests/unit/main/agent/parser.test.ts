import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ERROR_JSON,
  ERROR_SHAPE,
  parseStrictJson,
  parseTurn,
  thinkState,
} from '../../../../shared/agent/parser.ts';

const call = (body: string) => parseTurn(`<think>t</think>\n<tool_call>${body}</tool_call>`);
const errorOf = (body: string) => {
  const parsed = call(body);
  return parsed.kind === 'bad_call' ? parsed.error : parsed.kind;
};

describe('a turn', () => {
  test('with a call gives its name and arguments', () => {
    const text =
      '<think> look\n</think>\n<tool_call>\n{"name": "look_back", "arguments": {"image": 1}}\n</tool_call>';
    expect(parseTurn(text)).toEqual({
      kind: 'call',
      thought: 'look',
      name: 'look_back',
      arguments: { image: 1 },
    });
  });

  test('with an answer gives it stripped of ASCII space only', () => {
    expect(parseTurn('<think>t</think><answer>\n \u00a0red \n</answer>')).toEqual({
      kind: 'answer',
      thought: 't',
      answer: '\u00a0red',
    });
  });

  test.each([
    ['an answer left open runs to the end', '<answer>red', 'answer'],
    ['an empty answer is nothing', '<answer> </answer>', 'nothing'],
    ['plain text is nothing', 'I think it is red.', 'nothing'],
    ['empty text is nothing', '', 'nothing'],
    ['a call inside the thought is not a call', '<think><tool_call>{}</tool_call></think>', 'nothing'],
    ['an answer before a call decides', '<answer>a</answer><tool_call>{}</tool_call>', 'answer'],
    ['a call before an answer decides', '<tool_call>{}</tool_call><answer>a</answer>', 'bad_call'],
    ['a call left open is a bad call', '<tool_call>{"name": "look_back", "arguments": {}}', 'bad_call'],
    ['a thought left open hides nothing', '<think>a<answer>b</answer>', 'answer'],
    ['what comes before the first closing tag is not looked at', '<answer>a</answer></think>', 'nothing'],
  ])('%s', (_promise, text, kind) => {
    expect(parseTurn(text).kind).toBe(kind);
  });

  test('with an unclosed thought keeps the thought', () => {
    expect(parseTurn('<think> still thinking').thought).toBe('still thinking');
  });

  test('never throws, whatever the text', () => {
    const tags = [
      '<think>',
      '</think>',
      '<tool_call>',
      '</tool_call>',
      '<answer>',
      '</answer>',
      '{"name":',
      '[',
      '"',
    ];
    const piece = fc.oneof(fc.constantFrom(...tags), fc.string({ unit: 'binary' }), fc.json());
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        expect(['call', 'answer', 'bad_call', 'nothing']).toContain(parseTurn(pieces.join('')).kind);
      }),
    );
  });
});

describe('a hostile call', () => {
  test.each([
    ['not JSON', '{name: zoom_in}'],
    ['NaN', '{"name": "zoom_in", "arguments": {"image": NaN}}'],
    ['a number beyond doubles', '{"name": "zoom_in", "arguments": {"image": 1e400}}'],
    ['such a number deep inside', '{"name": "zoom_in", "arguments": {"a": [{"b": -1e999}]}}'],
    ['a trailing comma', '{"name": "zoom_in", "arguments": {},}'],
    ['a comment', '{"name": "zoom_in", /* c */ "arguments": {}}'],
    ['two values', '{} {}'],
    ['nothing', ''],
    ['a byte order mark', '\ufeff{"name": "zoom_in", "arguments": {}}'],
    ['depth 33', '['.repeat(33) + ']'.repeat(33)],
    ['depth a million', '['.repeat(1_000_000)],
    ['65,537 bytes', `"${'a'.repeat(65_535)}"`],
    ['65,537 bytes of two-byte letters', `"${'é'.repeat(32_767)}a"`],
  ])('%s is not valid JSON', (_what, body) => {
    expect(errorOf(body)).toBe(ERROR_JSON);
  });

  test.each([
    ['depth 32', '['.repeat(32) + ']'.repeat(32)],
    ['65,536 bytes', `"${'a'.repeat(65_534)}"`],
    ['brackets inside a string', `["${'['.repeat(100)}\\"${'{'.repeat(100)}"]`],
    ['an array', '[]'],
    ['null', 'null'],
    ['no arguments', '{"name": "zoom_in"}'],
    ['arguments that are an array', '{"name": "zoom_in", "arguments": []}'],
    ['a name that is a number', '{"name": 3, "arguments": {}}'],
    ['a name that was overwritten', '{"name": "zoom_in", "name": null, "arguments": {}}'],
  ])('%s is JSON of the wrong shape', (_what, body) => {
    expect(errorOf(body)).toBe(ERROR_SHAPE);
  });

  test('keeps the last of equal keys', () => {
    const parsed = call('{"name": "look_back", "arguments": {"image": 1, "image": 2}}');
    expect(parsed).toMatchObject({ kind: 'call', arguments: { image: 2 } });
  });

  test('of 1 MB of opening tags is one bad call', () => {
    expect(parseTurn('<tool_call>'.repeat(100_000))).toMatchObject({ kind: 'bad_call', error: ERROR_JSON });
  });
});

test('strict JSON gives what JSON.parse gives for finite values', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 10 }), (text) => {
      expect(parseStrictJson(text)).toEqual({ ok: true, value: JSON.parse(text) });
    }),
  );
});

test('a thought is none, open or closed', () => {
  expect(['', '<think>a', '<think>a</think>', '</think><think>'].map(thinkState)).toEqual([
    'none',
    'open',
    'closed',
    'open',
  ]);
});
