import { step } from '../../../shared/model/step.ts';
import type { SampledToken, Step } from '../../../shared/model/step.ts';

/** Tokens as one list per field: a third of the size of a list of objects. */
interface TokenColumns {
  readonly id: readonly number[];
  readonly text: readonly string[];
  readonly logprob: readonly (number | null)[];
  readonly entropy: readonly (number | null)[];
}

export interface StepColumns {
  readonly body: string;
  readonly tokens: string;
}

export function toStepColumns(one: Step): StepColumns {
  const { tokens, ...body } = one;
  const columns: TokenColumns = {
    id: tokens.map((token) => token.id),
    text: tokens.map((token) => token.text),
    logprob: tokens.map((token) => token.logprob),
    entropy: tokens.map((token) => token.entropy),
  };
  // The count stands in the body too, so that it is known without reading the tokens.
  return { body: JSON.stringify({ ...body, tokenCount: tokens.length }), tokens: JSON.stringify(columns) };
}

export function fromStepColumns(row: StepColumns): Step {
  return step.parse({ ...JSON.parse(row.body), tokens: tokensOf(row.tokens) });
}

/** A step that says how many tokens it has, but has none of them. */
export function leanStep(body: string, tokenCount: number): Step {
  const { tokensLeftOut: _none, ...rest } = JSON.parse(body);
  return step.parse({ ...rest, tokens: [], ...(tokenCount > 0 ? { tokensLeftOut: tokenCount } : {}) });
}

export function tokensOf(tokens: string): readonly SampledToken[] {
  const columns: TokenColumns = JSON.parse(tokens);
  return columns.id.map((id, at) => ({
    id,
    text: columns.text[at] ?? '',
    logprob: columns.logprob[at] ?? null,
    entropy: columns.entropy[at] ?? null,
  }));
}

/** A step without its tokens, for what only counts them. */
export function outlineOf(body: string): Step {
  return step.parse({ ...JSON.parse(body), tokens: [] });
}
