import { z } from 'zod';
import type { Episode } from './episode.ts';
import { failureFlag } from './episode.ts';
import { episodeId, reviewerId } from './ids.ts';
import type { Step } from './step.ts';

/**
 * What a person says about an episode. `fix` asks for a correction, `unsure` for another pair of eyes; `skip` says
 * nothing about the episode and leaves it to the others.
 */
export const reviewVerdict = z.enum(['accept', 'fix', 'reject', 'skip', 'unsure']);
export type ReviewVerdict = z.infer<typeof reviewVerdict>;

/** The usual reasons, in the order of the keys 1 to 9. What they leave open goes into the note. */
export const reviewReason = z.enum([
  'wrong_answer',
  'wrong_region',
  'missed_detail',
  'wrong_image',
  'needless_call',
  'bad_reasoning',
  'bad_question',
  'bad_reference',
  'good_example',
]);
export type ReviewReason = z.infer<typeof reviewReason>;

/** What one reviewer said last about an episode. What was said before is in the journal. */
export const review = z
  .object({
    episodeId,
    by: reviewerId,
    verdict: reviewVerdict,
    reasons: z.array(reviewReason).readonly(),
    note: z.string(),
    at: z.number(),
    /** Names this state of it; a change that names another is a conflict. */
    revision: z.number().int(),
  })
  .readonly();
export type Review = z.infer<typeof review>;

/** Where an episode stands once everybody's reviews are taken together. */
export const standing = z.enum([
  'unreviewed',
  'accepted',
  'to_fix',
  'rejected',
  'unsure',
  'skipped',
  'disputed',
]);
export type Standing = z.infer<typeof standing>;

/** What goes wrong in an episode: what the loop notices by itself, and what can be seen once it has ended. */
export const reviewFlag = z.enum([...failureFlag.options, 'limit_broken', 'unsupported_answer']);
export type ReviewFlag = z.infer<typeof reviewFlag>;

export const flagDecision = z.enum(['confirmed', 'dismissed']);
export type FlagDecision = z.infer<typeof flagDecision>;

/** A flag of an episode. One decision for all reviewers, so its revision keeps two of them apart. */
export const flagState = z
  .object({
    flag: reviewFlag,
    /** By the app; false for one that a person added. */
    proposed: z.boolean(),
    decision: flagDecision.nullable(),
    by: reviewerId.nullable(),
    at: z.number().nullable(),
    revision: z.number().int(),
  })
  .readonly();
export type FlagState = z.infer<typeof flagState>;

const DECIDED: Readonly<Partial<Record<ReviewVerdict, Standing>>> = {
  accept: 'accepted',
  fix: 'to_fix',
  reject: 'rejected',
};

/** The standing that follows from the verdicts, one per reviewer. The store's triggers say the same. */
export function standingOf(verdicts: readonly ReviewVerdict[]): Standing {
  const decided = new Set(verdicts.flatMap((verdict) => DECIDED[verdict] ?? []));
  const [first] = decided;
  if (first !== undefined) return decided.size === 1 ? first : 'disputed';
  if (verdicts.includes('unsure')) return 'unsure';
  return verdicts.length === 0 ? 'unreviewed' : 'skipped';
}

/** How many opinions an episode needs: two where it belongs to the share that is looked at twice. */
export function opinionsWanted(draw: number, share: number): 1 | 2 {
  return draw < share * 0x1_0000_0000 ? 2 : 1;
}

/**
 * A number below 2^32 that depends on the id alone: which episodes get a second opinion, and in which order a random
 * queue shows them, is the same for everybody and on every day. FNV-1a, then murmur3's last mix.
 */
export function drawOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < id.length; at += 1) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const LIMIT_BROKEN: ReadonlySet<string> = new Set(['malformed', 'too_many_steps', 'too_long', 'over_budget']);
const NAMED_IMAGE = /\bimage\s*(\d{1,3})\b/giu;

/** What the app proposes for an episode that has ended; in the order of the enum. */
export function proposedFlags(
  one: Pick<Episode, 'state' | 'flags' | 'steps' | 'views' | 'answer'>,
): readonly ReviewFlag[] {
  const limitBroken = one.state.kind === 'ended' && LIMIT_BROKEN.has(one.state.status);
  const found = new Set<ReviewFlag>([
    ...one.flags,
    ...(limitBroken ? ['limit_broken' as const] : []),
    ...(isUnsupported(one) ? ['unsupported_answer' as const] : []),
  ]);
  return reviewFlag.options.filter((flag) => found.has(flag));
}

/**
 * An answer that no look stands behind: every call failed, or it names an image that was never looked at while
 * others were. One that made no call at all is `tool_abandonment` where it had tools.
 */
function isUnsupported({ steps, views, answer }: Pick<Episode, 'steps' | 'views' | 'answer'>): boolean {
  if (answer === null) return false;
  const looked = new Set(
    steps.flatMap(({ resultView }) => views.find(({ number }) => number === resultView)?.rootImage ?? []),
  );
  const calls = steps.filter(
    ({ action }) => action !== null && action.kind !== 'answer' && action.kind !== 'nothing',
  );
  if (calls.length === 0) return false;
  if (looked.size === 0) return true;
  const inputs = views.filter((view) => view.origin === 'input').length;
  const named = [...answer.matchAll(NAMED_IMAGE)].map(([, digits]) => Number(digits));
  return named.some((number) => number >= 1 && number <= inputs && !looked.has(number - 1));
}

const THOUGHT_ENDS = '</think>';
const ANSWER_BEGINS = '<answer>';
const ANSWER_ENDS = '</answer>';

/**
 * Mean entropy, in nats, of the tokens that write the answer: how unsure the model was of what it said. Null where
 * there is no answer or the backend told no entropy.
 */
export function answerEntropy(steps: readonly Step[]): number | null {
  const last = steps.at(-1);
  if (last?.action?.kind !== 'answer') return null;
  const text = last.tokens.map((token) => token.text).join('');
  const begins = text.indexOf(ANSWER_BEGINS, Math.max(0, text.indexOf(THOUGHT_ENDS)));
  if (begins < 0) return null;
  const from = begins + ANSWER_BEGINS.length;
  const closing = text.indexOf(ANSWER_ENDS, from);
  const to = closing < 0 ? text.length : closing;
  let at = 0;
  let sum = 0;
  let count = 0;
  for (const token of last.tokens) {
    const start = at;
    at += token.text.length;
    if (token.entropy === null || at <= from || start >= to) continue;
    sum += token.entropy;
    count += 1;
  }
  return count === 0 ? null : sum / count;
}

/** A figure as the store keeps it: whole millionths, so that it can be journaled and compared; -1 where unknown. */
export function toMillionths(value: number | null): number {
  return value === null ? -1 : Math.round(value * 1_000_000);
}

export function fromMillionths(value: number): number | null {
  return value < 0 ? null : value / 1_000_000;
}
