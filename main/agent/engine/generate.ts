import { BackendError, type GenerateOptions, type GenerateResult, type SampledToken } from '../backend.ts';
import type { Context } from './context.ts';
import type { DraftMemory } from './draft-memory.ts';
import type { LoadedModel } from './model.ts';
import { sampleToken } from './sampler.ts';

/** More are seldom all right, and each makes the run a little slower. */
const MOST_DRAFTS = 3;

function round(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}

/**
 * Whether a stop string became complete in text[before...]. It need not be the very end: a foreign tokenizer may
 * join its last character with what follows.
 */
function completes(text: string, before: number, stopStrings: readonly string[]): boolean {
  return stopStrings.some((stop) => text.includes(stop, Math.max(0, before - stop.length + 1)));
}

/**
 * Samples one turn onto a context; see BackendEpisode.generate. Tokens that `memory` guesses go through the decoder
 * together; which tokens are drawn does not depend on it, because every one is drawn from the logits at its own place.
 */
export async function* generateTurn(
  model: LoadedModel,
  context: Context,
  options: GenerateOptions,
  memory: DraftMemory,
): AsyncGenerator<SampledToken, GenerateResult, void> {
  const { ids, tokenizer } = model.folder;
  const banned = new Set(ids.neverSampled);
  const ends = new Set(ids.eos);
  const stream = tokenizer.stream();
  const drafts = memory.beginTurn();
  const startedAt = performance.now();
  let text = '';
  let tokens = 0;
  const finish = (end: GenerateResult['end'], lastId: number): GenerateResult => {
    const totalMs = performance.now() - startedAt;
    return {
      end,
      text,
      tokens,
      endsWithTurnEnd: lastId === ids.turnEnd,
      contextTokens: context.tokens,
      stats: { totalMs: round(totalMs), msPerToken: tokens === 0 ? 0 : round(totalMs / tokens) },
    };
  };
  if (options.maxTokens < 1) return finish('max_tokens', -1);
  for (;;) {
    if (options.signal?.aborted === true)
      throw new BackendError('aborted', 'stopped while a turn was sampled');
    const room = Math.min(MOST_DRAFTS, options.maxTokens - tokens - 1);
    const logits = await context.nextLogits(drafts.propose(room));
    const sample = sampleToken(logits, options.sampling, context.tokens, banned, tokenizer.size);
    context.push(sample.id);
    drafts.push(sample.id);
    tokens += 1;
    const isEnd = ends.has(sample.id);
    const isLast = isEnd || tokens >= options.maxTokens;
    const certain = isEnd ? '' : stream.push(sample.id);
    const piece = isLast ? certain + stream.end() : certain;
    const before = text.length;
    text += piece;
    yield { id: sample.id, text: piece, logprob: sample.logprob, entropy: sample.entropy };
    if (isEnd) return finish('eos', sample.id);
    if (piece !== '' && completes(text, before, options.stopStrings)) return finish('stop_string', sample.id);
    if (isLast) return finish('max_tokens', sample.id);
  }
}
