import { sampledCount, type SampledToken, type SeenSegment, type Step } from '../../shared/model/step.ts';

/** Means over the sampled tokens whose values are known; null where none is. */
export interface TokenMeans {
  readonly logprob: number | null;
  readonly entropy: number | null;
}

export function tokenMeans(tokens: readonly SampledToken[]): TokenMeans {
  return {
    logprob: mean(tokens.map((token) => token.logprob)),
    entropy: mean(tokens.map((token) => token.entropy)),
  };
}

function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}

/**
 * How sure the model was of a token, in six classes for colouring: 0 almost certain (p >= 0.9), 5 a guess
 * (p < 0.05); null if unknown.
 */
export function surenessClass(logprob: number | null): 0 | 1 | 2 | 3 | 4 | 5 | null {
  if (logprob === null) return null;
  const probability = Math.exp(logprob);
  if (probability >= 0.9) return 0;
  if (probability >= 0.7) return 1;
  if (probability >= 0.5) return 2;
  if (probability >= 0.25) return 3;
  return probability >= 0.05 ? 4 : 5;
}

/** A turn's text while it is being sampled: the thought so far, and what follows it. */
export interface LiveText {
  readonly thought: string;
  readonly rest: string;
}

const OPEN = '<think>';
const CLOSE = '</think>';

/**
 * Splits text that may still grow. A tag that has only begun to arrive is kept out of sight, so that `</thi`
 * does not flash by.
 */
export function splitLive(text: string): LiveText {
  const start = text.indexOf(OPEN);
  if (start < 0)
    return OPEN.startsWith(text.trim()) ? { thought: '', rest: '' } : { thought: '', rest: text.trim() };
  const after = text.slice(start + OPEN.length);
  const end = after.indexOf(CLOSE);
  if (end >= 0) return { thought: after.slice(0, end).trim(), rest: after.slice(end + CLOSE.length).trim() };
  return { thought: withoutBegunTag(after).trimStart(), rest: '' };
}

function withoutBegunTag(text: string): string {
  for (let length = Math.min(CLOSE.length - 1, text.length); length > 0; length -= 1) {
    if (CLOSE.startsWith(text.slice(-length))) return text.slice(0, -length);
  }
  return text;
}

/** A part of the context: what was shown to the model, or what it wrote. */
export type ContextPart =
  | { readonly kind: 'seen'; readonly key: string; readonly step: number; readonly segment: SeenSegment }
  | {
      readonly kind: 'written';
      readonly key: string;
      readonly step: number;
      readonly text: string;
      readonly tokens: number;
    };

/** The context up to the end of a step. `onlyThis` leaves out what was there before the step. */
export function contextParts(
  steps: readonly Step[],
  index: number,
  onlyThis: boolean,
): readonly ContextPart[] {
  return steps.slice(onlyThis ? index : 0, index + 1).flatMap((step) => [
    ...step.segments.map(
      (segment, at): ContextPart => ({
        kind: 'seen',
        key: `${step.index}:${at}`,
        step: step.index,
        segment,
      }),
    ),
    {
      kind: 'written',
      key: `${step.index}:written`,
      step: step.index,
      text: step.text,
      tokens: sampledCount(step),
    },
  ]);
}

const IMAGE_SLOT = '<|image_pad|>';

/** The parts as one text. An image stands as a single slot, however many tokens it takes. */
export function contextText(parts: readonly ContextPart[]): string {
  return parts
    .map((part) => {
      if (part.kind === 'written') return part.text;
      return part.segment.kind === 'text' ? part.segment.text : IMAGE_SLOT;
    })
    .join('');
}

export interface TextPiece {
  readonly text: string;
  /** A special token or a tag of the protocol. */
  readonly special: boolean;
}

const SPECIAL = /(<\|[^|<>]{1,40}\|>|<\/?(?:think|answer|tool_call|tool_response|tools)>)/;

/** Cuts text at special tokens and tags, so that they can be shown as what they are. */
export function specialPieces(text: string): readonly TextPiece[] {
  return text
    .split(SPECIAL)
    .map((piece, index) => ({ text: piece, special: index % 2 === 1 }))
    .filter((piece) => piece.text !== '');
}

/** Tokens by what they are, over the whole context to the end of a step. */
export function contextTotals(steps: readonly Step[], index: number) {
  const seen = steps.slice(0, index + 1).flatMap((step) => step.segments);
  const count = (kind: SeenSegment['kind']) =>
    seen.filter((segment) => segment.kind === kind).reduce((sum, segment) => sum + segment.tokens, 0);
  const written = steps.slice(0, index + 1).reduce((sum, step) => sum + sampledCount(step), 0);
  return { text: count('text'), image: count('image'), written };
}
