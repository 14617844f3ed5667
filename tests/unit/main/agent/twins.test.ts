/** The corpora that Python reads too (`tests/trainer/`): neither language may drift, not by a byte. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { failureFlags } from '../../../../main/agent/flags.ts';
import type { FlagFacts } from '../../../../main/agent/flags.ts';
import { parseTurn, thinkState } from '../../../../shared/agent/parser.ts';
import {
  errorResponseSegments,
  promptSegments,
  SYSTEM_WITH_TOOLS,
  SYSTEM_WITHOUT_TOOLS,
  viewResponseSegments,
} from '../../../../main/agent/prompt.ts';
import { runTool } from '../../../../shared/agent/tools/index.ts';
import type { ViewSizing } from '../../../../shared/agent/tools/tool.ts';
import { isCorrect, normaliseAnswer } from '../../../../shared/model/answer-check.ts';
import { rewardOf } from '../../../../shared/model/reward.ts';
import type { RewardFacts, RewardSettings } from '../../../../shared/model/reward.ts';
import type { AnswerKind } from '../../../../shared/model/sample.ts';
import type { ImageView } from '../../../../shared/model/view.ts';

function corpus<Case>(name: string): readonly Case[] {
  const path = new URL(`../../../fixtures/${name}.json`, import.meta.url);
  const { cases } = JSON.parse(readFileSync(path, 'utf8')) as { cases: readonly Case[] };
  // An empty corpus would let everything pass.
  expect(cases.length).toBeGreaterThan(10);
  return cases;
}

interface PromptCase {
  readonly name: string;
  readonly kind: 'prompt' | 'image_result' | 'error_result';
  readonly imageCount: number;
  readonly question: string;
  readonly choices: readonly string[] | null;
  readonly tools: boolean;
  readonly view: number;
  readonly error: string;
  readonly turnEnded: boolean;
  readonly segments: unknown;
}

function segmentsOf(one: PromptCase): unknown {
  switch (one.kind) {
    case 'prompt': {
      const system = one.tools ? SYSTEM_WITH_TOOLS : SYSTEM_WITHOUT_TOOLS;
      return promptSegments(system, one.imageCount, one.question, one.choices);
    }
    case 'image_result':
      return viewResponseSegments(one.view, one.turnEnded);
    case 'error_result':
      return errorResponseSegments(one.error, one.turnEnded);
  }
}

describe('the prompt is the text that the trainer writes', () => {
  test.each(corpus<PromptCase>('prompt'))('$name', (one) => {
    expect(segmentsOf(one)).toEqual(one.segments);
  });
});

interface ParserCase {
  readonly name: string;
  readonly text: string;
  readonly expected: unknown;
  readonly closedThought: boolean;
}

describe('a turn means what it means to the trainer', () => {
  test.each(corpus<ParserCase>('parser'))('$name', (one) => {
    expect(parseTurn(one.text)).toEqual(one.expected);
    expect(thinkState(one.text) === 'closed').toBe(one.closedThought);
  });
});

interface ToolCase {
  readonly name: string;
  readonly offered: boolean;
  readonly sizing: ViewSizing;
  readonly views: readonly ImageView[];
  readonly call: { readonly name: string; readonly arguments: Readonly<Record<string, unknown>> };
  readonly expected: object;
}

describe('a tool does what it does in training', () => {
  test.each(corpus<ToolCase>('tools'))('$name', ({ call, views, sizing, offered, expected }) => {
    const result = runTool(call.name, call.arguments, { views, sizing }, offered);
    expect(result.ok ? { ok: true, view: result.view } : result).toEqual(expected);
  });
});

interface AnswerCase {
  readonly answer: string;
  readonly references: readonly string[];
  readonly kind: AnswerKind;
  readonly choices: readonly string[] | null;
  readonly tolerance: number;
  readonly normalised: string;
  readonly expected: boolean;
}

test('an answer is right where the trainer finds it right', () => {
  for (const one of corpus<AnswerCase>('answers')) {
    const { answer, references: answers, kind: answerKind, choices, tolerance } = one;
    expect({ answer, is: normaliseAnswer(answer) }).toEqual({ answer, is: one.normalised });
    const correct = isCorrect(answer, { answers, answerKind, choices, tolerance });
    expect({ ...one, is: correct }).toEqual({ ...one, is: one.expected });
  }
});

test('an episode is worth what it is worth in training', () => {
  for (const one of corpus<RewardFacts & RewardSettings & { readonly expected: unknown }>('rewards')) {
    expect({ one, is: rewardOf(one, one) }).toEqual({ one, is: one.expected });
  }
});

describe('the flags are those of the trainer', () => {
  test.each(corpus<FlagFacts & { readonly name: string; readonly expected: unknown }>('flags'))(
    '$name',
    (one) => {
      expect(failureFlags(one)).toEqual(one.expected);
    },
  );
});
