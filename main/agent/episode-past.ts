/** Turns that an episode already has when the agent goes on from them. */
import { parseTurn } from '../../shared/agent/parser.ts';
import { callKey, runTool } from '../../shared/agent/tools/index.ts';
import type { ViewSizing } from '../../shared/agent/tools/tool.ts';
import type { ImageView } from '../../shared/model/view.ts';
import type { ContextSegment } from './backend.ts';
import { errorResponseSegments, viewResponseSegments } from './prompt.ts';
import type { PromptSegment } from './prompt.ts';
import { contextSegment, promptOf } from './turns.ts';
import type { EpisodeFacts, TurnContext } from './turns.ts';

/** A turn as it stands: what was said, and what came of it. */
export interface PastTurn {
  readonly text: string;
  /** As it was sampled, where it was and the agent tells ids; then nothing of it is tokenised anew. */
  readonly sampled: { readonly ids: readonly number[]; readonly endsWithTurnEnd: boolean } | null;
  readonly outcome:
    | { readonly kind: 'view'; readonly view: number }
    | { readonly kind: 'error'; readonly error: string }
    | { readonly kind: 'nothing' };
}

export interface EpisodePast {
  /** What the first turn read, as it was recorded; null where no turn ever read it. */
  readonly prompt: readonly PromptSegment[] | null;
  /** The inputs, then what the turns brought in. */
  readonly views: readonly ImageView[];
  readonly turns: readonly PastTurn[];
}

/** What the loop would know by now, had it played those turns itself. */
export function factsOf({ views, turns }: EpisodePast, sizing: ViewSizing): EpisodeFacts {
  const facts: EpisodeFacts = {
    views: [...views],
    turns: turns.map(({ text }) => text),
    validCalls: [],
    calls: 0,
    badCalls: 0,
    badCallsInRow: 0,
  };
  for (const { text, outcome } of turns) {
    if (outcome.kind === 'nothing') continue;
    facts.calls += 1;
    if (outcome.kind === 'error') {
      facts.badCalls += 1;
      facts.badCallsInRow += 1;
      continue;
    }
    facts.badCallsInRow = 0;
    const parsed = parseTurn(text);
    const before = views.slice(0, outcome.view - 1);
    const result =
      parsed.kind === 'call'
        ? runTool(parsed.name, parsed.arguments, { views: before, sizing }, true)
        : undefined;
    if (parsed.kind === 'call' && result?.ok === true) {
      facts.validCalls.push(callKey(parsed.name, result.arguments));
    }
  }
  return facts;
}

/**
 * The past as the backend reads it, and what the next turn reads after it. Kept apart, so that a step records only what
 * entered before it.
 */
export function pastSegments(
  { prompt, turns }: EpisodePast,
  context: TurnContext,
): { readonly read: readonly ContextSegment[]; readonly next: readonly PromptSegment[] } {
  const inputs = context.facts.views.filter((view) => view.origin === 'input');
  const first = prompt ?? promptOf({ ...context, facts: { ...context.facts, views: inputs } });
  const read: ContextSegment[] = [];
  let next = first;
  for (const turn of turns) {
    read.push(...next.map((segment) => contextSegment(segment, context)), turnSegment(turn));
    next = responseTo(turn);
  }
  return { read, next };
}

function turnSegment({ text, sampled }: PastTurn): ContextSegment {
  return sampled === null ? { kind: 'text', text } : { kind: 'ids', ids: sampled.ids, text };
}

/** Closes the turn, too, unless the model did. */
function responseTo({ outcome, sampled }: PastTurn): readonly PromptSegment[] {
  const endsWithTurnEnd = sampled?.endsWithTurnEnd ?? false;
  switch (outcome.kind) {
    case 'view':
      return viewResponseSegments(outcome.view, endsWithTurnEnd);
    case 'error':
      return errorResponseSegments(outcome.error, endsWithTurnEnd);
    case 'nothing':
      return [];
  }
}
