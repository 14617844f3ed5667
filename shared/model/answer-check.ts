/**
 * When an answer is right. Twin of `trainer/imagent_trainer/rewards/answer_check.py`;
 * `tests/fixtures/answers.json` drives both.
 */
import type { AnswerKind } from './sample.ts';

/** What an answer is checked against. `answers` are alternatives; empty means that none is known. */
export interface AnswerReference {
  readonly answers: readonly string[];
  readonly answerKind: AnswerKind;
  readonly choices: readonly string[] | null;
  /** Relative, for numbers. */
  readonly tolerance?: number | undefined;
}

const DEFAULT_TOLERANCE = 1e-6;
/** Spelled out: Python's strip() and JavaScript's \s do not agree on all of Unicode. */
const SPACE_RUN = /[ \t\n\v\f\r\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/gu;
const NUMBER = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]{1,4})?$/u;
const LETTER = /^\(?([a-z])[).:]?\)?$/u;
/** Between the parts of a set, once line breaks are commas. */
const PART_BREAK = /[,;&]| and /u;
const ARTICLES = ['a ', 'an ', 'the '];

/** NFKC, lower case, single spaces, without one final full stop and without leading articles. */
export function normaliseAnswer(text: string): string {
  let plain = fold(text);
  plain = trimSpaces(plain.endsWith('.') ? plain.slice(0, -1) : plain);
  for (;;) {
    const article = ARTICLES.find((candidate) => plain.startsWith(candidate));
    if (article === undefined) return plain;
    plain = plain.slice(article.length);
  }
}

/** Whether an answer equals any of its references, by the rules of its kind. */
export function isCorrect(answer: string, reference: AnswerReference): boolean {
  const { answers, answerKind, choices } = reference;
  const plain = normaliseAnswer(answer);
  if (plain !== '' && answers.some((candidate) => normaliseAnswer(candidate) === plain)) return true;
  if (answerKind === 'number') {
    const tolerance = reference.tolerance ?? DEFAULT_TOLERANCE;
    return answers.some((candidate) => isSameNumber(answer, candidate, tolerance));
  }
  if (answerKind === 'choice' && choices !== null && choices.length > 0) {
    const given = choiceIndex(answer, choices);
    return given !== null && answers.some((candidate) => choiceIndex(candidate, choices) === given);
  }
  if (answerKind === 'set') {
    const given = partsOf(answer);
    return given.size > 0 && answers.some((candidate) => isSameSet(given, partsOf(candidate)));
  }
  return false;
}

/**
 * The parts of a set, between commas, semicolons, ampersands, line breaks or "and", each normalised. Order and
 * repetition do not count, empty parts are dropped.
 */
function partsOf(text: string): ReadonlySet<string> {
  const parts = fold(text.replaceAll('\n', ',')).split(PART_BREAK).map(trimSpaces);
  const bare = parts.map((part) => normaliseAnswer(part.startsWith('and ') ? part.slice(4) : part));
  return new Set(bare.filter((part) => part !== ''));
}

function isSameSet(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((part) => other.has(part));
}

/** Which choice a text names, 0-based: by its own words first, else by a lone letter; null when by neither. */
function choiceIndex(text: string, choices: readonly string[]): number | null {
  const named = choices.map(normaliseAnswer).indexOf(normaliseAnswer(text));
  if (named >= 0) return named;
  const letter = LETTER.exec(fold(text))?.[1];
  const index = letter === undefined ? -1 : letter.charCodeAt(0) - 'a'.charCodeAt(0);
  return index >= 0 && index < choices.length ? index : null;
}

function isSameNumber(answer: string, reference: string, tolerance: number): boolean {
  const given = parseDecimal(answer);
  const wanted = parseDecimal(reference);
  if (given === null || wanted === null) return false;
  return given === wanted || Math.abs(given - wanted) <= tolerance * Math.abs(wanted);
}

/** A decimal number; commas are thousands separators and are dropped. Null for anything else. */
function parseDecimal(text: string): number | null {
  const plain = normaliseAnswer(text).replaceAll(',', '');
  return NUMBER.test(plain) ? Number(plain) : null;
}

function fold(text: string): string {
  return trimSpaces(text.normalize('NFKC').toLowerCase());
}

function trimSpaces(text: string): string {
  const single = text.replace(SPACE_RUN, ' ');
  return single.slice(
    single.startsWith(' ') ? 1 : 0,
    single.length > 1 && single.endsWith(' ') ? -1 : undefined,
  );
}
