import type { CorrectedEpisode } from '../../shared/correction/corrected-episode.ts';
import type { Episode } from '../../shared/model/episode.ts';
import type { SampledToken, SeenSegment, Step } from '../../shared/model/step.ts';
import { classOfSegment, maskDecision, maskSegmentsOf } from '../../shared/model/token-mask.ts';
import type { MaskDecision, MaskSegment, TokenClass } from '../../shared/model/token-mask.ts';

/** A stretch of the context that training treats alike. */
export interface MaskBlock {
  readonly key: string;
  readonly tokenClass: TokenClass;
  /** 0-based step that it is of. */
  readonly step: number;
  /** Null where nobody has counted them: a person wrote it. */
  readonly tokenCount: number | null;
  readonly content: MaskContent;
}

export type MaskContent =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'image'; readonly view: number }
  | { readonly kind: 'tokens'; readonly tokens: readonly SampledToken[] }
  /** A turn, or a part of it, that a person wrote: there are no tokens of it yet. */
  | { readonly kind: 'written'; readonly text: string };

export const TOKEN_CLASSES: readonly TokenClass[] = [
  'prompt',
  'trained',
  'tool_result',
  'dropped_trajectory',
];

/** What training would make of an episode that has ended, with the mask as it is by default or as given. */
export function decisionFor(
  { state, reward }: Pick<Episode, 'state' | 'reward'>,
  maskedStatuses: Parameters<typeof maskDecision>[1],
): MaskDecision {
  if (state.kind === 'running') return { dropped: false, reason: null };
  const facts = { status: state.status, scored: reward !== null, isDemonstration: false };
  return maskDecision(facts, maskedStatuses);
}

/** The context of an episode, piece by piece, each with what the mask does to it. */
export function maskBlocks(steps: readonly Step[], decision: MaskDecision): readonly MaskBlock[] {
  const segments = maskSegmentsOf(steps).values();
  return steps.flatMap((step) => {
    const classNext = (): TokenClass => classOfNext(segments, decision);
    return [
      ...step.segments.map((segment, at) => seenBlock(step.index, at, segment, classNext())),
      turnBlock(step.index, step.tokens, step.text, classNext()),
    ];
  });
}

function classOfNext(segments: Iterator<MaskSegment>, decision: MaskDecision): TokenClass {
  const next = segments.next();
  if (next.done === true) throw new RangeError('the mask has fewer segments than the episode');
  return classOfSegment(next.value, decision);
}

function seenBlock(step: number, at: number, segment: SeenSegment, tokenClass: TokenClass): MaskBlock {
  return {
    key: `${step}:${at}`,
    tokenClass,
    step,
    tokenCount: segment.tokens,
    content:
      segment.kind === 'text' ? { kind: 'text', text: segment.text } : { kind: 'image', view: segment.view },
  };
}

function turnBlock(
  step: number,
  tokens: readonly SampledToken[],
  text: string,
  tokenClass: TokenClass,
): MaskBlock {
  return {
    key: `${step}:turn`,
    tokenClass,
    step,
    tokenCount: tokens.length,
    content: tokens.length === 0 ? { kind: 'written', text } : { kind: 'tokens', tokens },
  };
}

/** Image tokens of a view: a patch of 28 x 28 pixels each. */
function tokensOfView({ width, height }: { readonly width: number; readonly height: number }): number {
  return (width / 28) * (height / 28);
}

/**
 * A corrected trajectory. A person stands behind it, so it is never dropped: what was sampled and what a person wrote
 * trains alike, and what the tools brought in does not.
 */
export function correctedBlocks(episode: Episode, corrected: CorrectedEpisode): readonly MaskBlock[] {
  const decision = maskDecision({ status: corrected.status, scored: true, isDemonstration: true }, []);
  const classOf = (kind: MaskSegment['kind']): TokenClass =>
    classOfSegment({ kind, tokens: 0, view: null, turn: null }, decision);
  const prompt = episode.steps[0]?.segments ?? [];
  return [
    ...prompt.map((segment, at) => seenBlock(0, at, segment, classOf('prompt'))),
    ...corrected.steps.flatMap((step, index): readonly MaskBlock[] => {
      const own = step.sampled !== null && step.sampled.run === episode.id;
      const tokens = own ? (episode.steps[step.sampled.index]?.tokens ?? []) : [];
      const turn: MaskBlock = {
        ...turnBlock(index, tokens, step.text, classOf('turn')),
        tokenCount: tokens.length === 0 ? null : tokens.length,
      };
      const view = corrected.views.find(({ number }) => number === step.resultView);
      if (view === undefined) return [turn];
      return [
        turn,
        {
          key: `${index}:result`,
          tokenClass: classOf('tool_result'),
          step: index + 1,
          tokenCount: tokensOfView(view),
          content: { kind: 'image', view: view.number },
        },
      ];
    }),
  ];
}

export type MaskCounts = Readonly<Record<TokenClass, number>>;

/** Tokens of each class; those that nobody counted are left out. */
export function countTokens(blocks: readonly MaskBlock[]): MaskCounts {
  const counts = { prompt: 0, trained: 0, tool_result: 0, dropped_trajectory: 0 };
  for (const { tokenClass, tokenCount } of blocks) counts[tokenClass] += tokenCount ?? 0;
  return counts;
}

/** How unsure the model was between tokens, in six classes for colouring, from nats; null if unknown. */
export function entropyClass(entropy: number | null): 0 | 1 | 2 | 3 | 4 | 5 | null {
  if (entropy === null) return null;
  if (entropy < 0.1) return 0;
  if (entropy < 0.3) return 1;
  if (entropy < 0.7) return 2;
  if (entropy < 1.2) return 3;
  return entropy < 2 ? 4 : 5;
}
