import type { EpisodeStatus, FailureFlag } from '../../shared/model/episode.ts';

/** What the flags are read from: facts of the whole episode. */
export interface FlagFacts {
  readonly status: EpisodeStatus;
  readonly toolsOffered: boolean;
  /** Calls that the model made, valid or not. */
  readonly calls: number;
  /** One key per valid call, in order; equal calls have equal keys. */
  readonly validCalls: readonly string[];
  /** Text of every turn that ended. */
  readonly turns: readonly string[];
}

/** The same call this often is a loop. */
const LOOP_LENGTH = 3;

/** What the loop notices by itself. Order is fixed, so that lists compare equal. */
export function failureFlags(facts: FlagFacts): readonly FailureFlag[] {
  const counts = new Map<string, number>();
  for (const call of facts.validCalls) {
    counts.set(call, (counts.get(call) ?? 0) + 1);
  }
  const mostRepeated = Math.max(0, ...counts.values());
  const flags: FailureFlag[] = [];
  if (facts.status === 'answered' && facts.toolsOffered && facts.calls === 0) {
    flags.push('tool_abandonment');
  }
  if (mostRepeated > 1) {
    flags.push('repeated_call');
  }
  if (mostRepeated >= LOOP_LENGTH) {
    flags.push('loop');
  }
  if (facts.turns.some((turn) => !turn.includes('<think>'))) {
    flags.push('format');
  }
  return flags;
}
