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
  return { body: JSON.stringify(body), tokens: JSON.stringify(columns) };
}

export function fromStepColumns(row: StepColumns): Step {
  const columns: TokenColumns = JSON.parse(row.tokens);
  const tokens: readonly SampledToken[] = columns.id.map((id, at) => ({
    id,
    text: columns.text[at] ?? '',
    logprob: columns.logprob[at] ?? null,
    entropy: columns.entropy[at] ?? null,
  }));
  return step.parse({ ...JSON.parse(row.body), tokens });
}

/** A step without its tokens, for what only counts them. */
export function outlineOf(body: string): Step {
  return step.parse({ ...JSON.parse(body), tokens: [] });
}
