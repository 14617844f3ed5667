import type { ImageId } from '../../../shared/model/ids.ts';
import { type AnswerKind, type SampleDraft, sampleDraft } from '../../../shared/model/sample.ts';

/** What a person has written so far. Lists are a line each. */
export interface SampleForm {
  readonly question: string;
  readonly answerKind: AnswerKind;
  readonly choices: string;
  readonly answers: string;
  readonly kind: string;
  /** For numbers; empty is the default. */
  readonly tolerance: string;
}

export const EMPTY_FORM: SampleForm = {
  question: '',
  answerKind: 'text',
  choices: '',
  answers: '',
  kind: '',
  tolerance: '',
};

export type FormField = 'question' | 'images' | 'choices' | 'answers' | 'kind' | 'tolerance';
export type FormProblems = Readonly<Partial<Record<FormField, string>>>;

function linesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function isNumber(text: string): boolean {
  return /^[+-]?(\d{1,3}(,\d{3})+|\d+)?(\.\d+)?(e[+-]?\d+)?$/i.test(text) && /\d/.test(text);
}

function answerProblem(
  form: SampleForm,
  choices: readonly string[],
  answers: readonly string[],
): string | null {
  if (form.answerKind === 'number') {
    const wrong = answers.find((answer) => !isNumber(answer));
    return wrong === undefined ? null : `"${wrong}" is not a number.`;
  }
  if (form.answerKind === 'yes_no') {
    const wrong = answers.find((answer) => !/^(yes|no)$/i.test(answer));
    return wrong === undefined ? null : `"${wrong}" is neither yes nor no.`;
  }
  if (form.answerKind === 'choice') {
    const letters = choices.map((_, index) => String.fromCharCode(65 + index));
    const known = new Set([...choices, ...letters].map((one) => one.toLowerCase()));
    const wrong = answers.find((answer) => !known.has(answer.toLowerCase()));
    return wrong === undefined ? null : `"${wrong}" is not one of the choices.`;
  }
  return null;
}

/** Undefined where none is written; what is no number is NaN, which no draft takes. */
function toleranceOf(text: string): number | undefined {
  const plain = text.trim();
  if (plain === '') return undefined;
  return isNumber(plain) ? Number(plain.replaceAll(',', '')) : Number.NaN;
}

/** The draft that the form stands for, or what is wrong with it, by field. */
export function draftOf(
  form: SampleForm,
  imageIds: readonly ImageId[],
):
  | { readonly draft: SampleDraft; readonly problems: null }
  | { readonly draft: null; readonly problems: FormProblems } {
  const choices = linesOf(form.choices);
  const answers = linesOf(form.answers);
  const withChoices = form.answerKind === 'choice';
  const problems: Partial<Record<FormField, string>> = {};
  if (withChoices && choices.length < 2) problems.choices = 'Write at least two choices, a line each.';
  if (withChoices && new Set(choices).size < choices.length) problems.choices = 'Two choices are the same.';
  const answer = answerProblem(form, choices, answers);
  if (answer !== null) problems.answers = answer;
  const within = form.answerKind === 'number' ? toleranceOf(form.tolerance) : undefined;
  const parsed = sampleDraft.safeParse({
    question: form.question,
    imageIds,
    choices: withChoices && choices.length >= 2 ? choices : null,
    answers,
    answerKind: form.answerKind,
    ...(within === undefined ? {} : { tolerance: within }),
    ...(form.kind.trim() === '' ? {} : { kind: form.kind }),
  });
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const field = issue.path[0] === 'imageIds' ? 'images' : issue.path[0];
      if (field === 'images' && imageIds.length > 32) problems.images = 'A sample takes at most 32 images.';
      else if (field === 'tolerance')
        problems.tolerance = 'Write a number from 0 to 1, such as 0.01 for one percent.';
      else if (
        field === 'question' ||
        field === 'images' ||
        field === 'choices' ||
        field === 'answers' ||
        field === 'kind'
      ) {
        problems[field] ??= issue.message;
      }
    }
  }
  if (parsed.success && Object.keys(problems).length === 0) return { draft: parsed.data, problems: null };
  return { draft: null, problems };
}

/** The list with one item moved from one place to another. */
export function moved<Item>(items: readonly Item[], from: number, to: number): readonly Item[] {
  const item = items[from];
  if (item === undefined || to < 0 || to >= items.length) return items;
  const rest = items.toSpliced(from, 1);
  return rest.toSpliced(to, 0, item);
}
