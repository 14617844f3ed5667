import { describe, expect, test } from 'vitest';
import { chosenSettings, readAgentChoice } from '../../../../main/cli/agent-options.ts';
import { decimalNumber, readChoices, UsageError, wholeNumber } from '../../../../main/cli/command.ts';
import { plainText, progressLine } from '../../../../main/cli/printing.ts';
import { DEFAULT_LIMITS, GREEDY } from '../../../../shared/model/limits.ts';

describe('numbers on the command line', () => {
  test('are taken within their limits', () => {
    expect([
      wholeNumber('n', '0', 0, 8),
      wholeNumber('n', '8', 0, 8),
      wholeNumber('n', undefined, 0, 8),
    ]).toEqual([0, 8, undefined]);
    expect([
      decimalNumber('t', '0.7', 0, 4),
      decimalNumber('t', '.5', 0, 4),
      decimalNumber('t', '4', 0, 4),
    ]).toEqual([0.7, 0.5, 4]);
  });

  test.each(['', '-1', '9', '1.5', '1e1', '0x1', 'NaN', 'Infinity', ' 1', '٣'])(
    'refuse "%s" as whole',
    (text) => {
      expect(() => wholeNumber('n', text, 0, 8)).toThrow(UsageError);
    },
  );

  test.each(['', '-1', '4.1', '1e1', '.', 'NaN', '1,5'])('refuse "%s" as a decimal', (text) => {
    expect(() => decimalNumber('t', text, 0, 4)).toThrow(UsageError);
  });
});

describe('choices', () => {
  test('come in one list or one each', () => {
    expect(readChoices(undefined)).toBe(null);
    expect(readChoices(['red, blue'])).toEqual(['red', 'blue']);
    expect(readChoices(['a, b', 'c'])).toEqual(['a, b', 'c']);
  });

  test.each([[['red']], [['red,']], [[Array.from({ length: 27 }, (_, at) => `c${at}`).join(',')]]])(
    'are refused: %s',
    (values) => {
      expect(() => readChoices(values)).toThrow(UsageError);
    },
  );
});

describe('an agent', () => {
  test('is a folder, or a model on a server, or the demo agent', () => {
    expect(readAgentChoice({}).source).toBe(null);
    expect(readAgentChoice({ agent: '/models/a' }).source).toEqual({ kind: 'folder', folder: '/models/a' });
    expect(readAgentChoice({ server: 'http://127.0.0.1:8000/v1', model: 'm' }).source).toEqual({
      kind: 'openai',
      baseUrl: 'http://127.0.0.1:8000/v1',
      model: 'm',
    });
  });

  test.each([
    { model: 'm' },
    { server: 'http://127.0.0.1' },
    { agent: 'a', server: 'http://127.0.0.1', model: 'm' },
    { server: 'file:///etc/passwd', model: 'm' },
    { server: 'nonsense', model: 'm' },
  ])('is refused: %o', (values) => {
    expect(() => readAgentChoice(values)).toThrow(UsageError);
  });

  test('keeps its own settings but for what the command line says', () => {
    const agent = { sampling: { ...GREEDY, topP: 0.9 }, limits: DEFAULT_LIMITS };
    const choice = readAgentChoice({ seed: '7', temperature: '1', 'max-calls': '2', 'no-tools': true });
    expect(chosenSettings(choice, agent)).toEqual({
      sampling: { temperature: 1, topP: 0.9, topK: 0, seed: 7 },
      limits: { ...DEFAULT_LIMITS, maxCalls: 2 },
      withTools: false,
    });
    expect(chosenSettings(readAgentChoice({}), agent)).toEqual({ ...agent, withTools: true });
  });
});

test('text of a model cannot steer the terminal', () => {
  expect(plainText('a\u001b[2Jb\u009bc\rd\u202ee\tf\ng')).toBe('a\ufffd[2Jb\ufffdc\ufffdd\ufffde\tf\ng');
});

test('the progress bar fills as samples are done', () => {
  expect(progressLine(15, 30, 12, 4.2)).toContain(
    `[${'#'.repeat(15)}${'.'.repeat(15)}] 15/30, 12 right, 5 s left`,
  );
});
