/**
 * The two-level loss mask. Action level: only tokens that the agent sampled carry loss. Trajectory level: a rollout
 * that broke a limit, gave no answer, or could not be scored carries none at all. Twin of
 * `trainer/imagent_trainer/rollout/masks.py`; `tests/fixtures/masks.json` drives both.
 */
import type { Episode, EpisodeStatus } from './episode.ts';

export type TokenClass = 'prompt' | 'trained' | 'tool_result' | 'dropped_trajectory';
export type MaskReason = EpisodeStatus | 'unscored';

/** Consecutive tokens of the context; `view` and `turn` as in the rollout files. */
export interface MaskSegment {
  readonly kind: 'prompt' | 'turn' | 'tool_result';
  readonly tokens: number;
  /** 1-based number of the view whose image tokens these are; null for text. */
  readonly view: number | null;
  /** 0-based turn that they are, or that they follow; null in the prompt. */
  readonly turn: number | null;
}

export interface MaskFacts {
  readonly status: EpisodeStatus;
  /** Whether its answer could be compared with anything. */
  readonly scored: boolean;
  /** A person stands behind it: it is never dropped. */
  readonly isDemonstration: boolean;
}

export interface MaskDecision {
  readonly dropped: boolean;
  /** Set where the whole trajectory is dropped. */
  readonly reason: MaskReason | null;
}

export interface TokenRun {
  readonly tokenClass: TokenClass;
  readonly tokens: number;
}

export const DEFAULT_MASKED_STATUSES: readonly EpisodeStatus[] = [
  'no_answer',
  'malformed',
  'too_many_steps',
  'too_long',
  'over_budget',
];

/** Ended from outside, or by a fault of the machine: nothing to learn from, whatever the settings say. */
const ALWAYS_MASKED: readonly EpisodeStatus[] = ['stopped', 'failed'];

export function maskDecision(facts: MaskFacts, statuses: readonly EpisodeStatus[]): MaskDecision {
  const { status, scored, isDemonstration } = facts;
  if (isDemonstration) return { dropped: false, reason: null };
  if (ALWAYS_MASKED.includes(status) || statuses.includes(status)) return { dropped: true, reason: status };
  return scored ? { dropped: false, reason: null } : { dropped: true, reason: 'unscored' };
}

/** What a segment's tokens are to the loss. */
export function classOfSegment(segment: MaskSegment, decision: MaskDecision): TokenClass {
  if (segment.kind !== 'turn') return segment.kind;
  return decision.dropped ? 'dropped_trajectory' : 'trained';
}

/** The class of every token of a context, equal neighbours joined. */
export function tokenRuns(segments: readonly MaskSegment[], decision: MaskDecision): readonly TokenRun[] {
  const runs: TokenRun[] = [];
  for (const segment of segments) {
    const tokenClass = classOfSegment(segment, decision);
    const last = runs.at(-1);
    if (last?.tokenClass === tokenClass) {
      runs[runs.length - 1] = { tokenClass, tokens: last.tokens + segment.tokens };
    } else if (segment.tokens > 0) {
      runs.push({ tokenClass, tokens: segment.tokens });
    }
  }
  return runs;
}

/** The context of an episode that the app played, in the trainer's terms. */
export function maskSegmentsOf(steps: Episode['steps']): readonly MaskSegment[] {
  return steps.flatMap((step, turn): readonly MaskSegment[] => [
    ...step.segments.map(
      (segment): MaskSegment => ({
        kind: turn === 0 ? 'prompt' : 'tool_result',
        tokens: segment.tokens,
        view: segment.kind === 'image' ? segment.view : null,
        turn: turn === 0 ? null : turn - 1,
      }),
    ),
    { kind: 'turn', tokens: step.tokens.length, view: null, turn },
  ]);
}
