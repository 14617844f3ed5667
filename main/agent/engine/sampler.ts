import type { SamplingOptions } from '../backend.ts';

/** One draw. Logprob and entropy (nats) are those of the model's own distribution; see `sampleToken`. */
export interface Sample {
  readonly id: number;
  readonly logprob: number;
  readonly entropy: number;
}

/**
 * A number in [0, 1) that depends on the seed and the place in the context only (not on earlier draws), so that a
 * rollback and a second run over the same tokens draw the same again. Two rounds of the murmur3 finaliser.
 */
export function uniformAt(seed: number, place: number): number {
  const mix = (value: number): number => {
    let hash = value | 0;
    hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
    return hash ^ (hash >>> 16);
  };
  const stream = mix((seed | 0) + 0x9e37_79b9);
  const high = mix(stream ^ Math.imul(place + 1, 0x9e37_79b1));
  const low = mix(high + 0x6d2b_79f5 + place);
  return ((high >>> 0) * 2 ** 21 + (low >>> 11)) / 2 ** 53;
}

interface Candidate {
  readonly id: number;
  readonly logit: number;
}

/** Greatest first; of equals the lowest id first, as argmax does. */
function byLogit(a: Candidate, b: Candidate): number {
  return b.logit - a.logit || a.id - b.id;
}

function greatest(logits: Float32Array, banned: ReadonlySet<number>, size: number): number {
  let best = -1;
  let bestLogit = Number.NEGATIVE_INFINITY;
  for (let id = 0; id < size; id += 1) {
    const logit = logits[id] as number;
    if (logit > bestLogit && !banned.has(id)) {
      best = id;
      bestLogit = logit;
    }
  }
  return best;
}

/**
 * Tokens this many times less likely than the best (in nats) are left out before sorting: all 150,000 of a large
 * vocabulary together hold less than 1e-12 of the mass.
 */
const NEGLIGIBLE = 40;

/** Candidates after temperature, top-k and top-p with their weights; the weights need not sum to 1. */
function candidates(
  logits: Float32Array,
  banned: ReadonlySet<number>,
  size: number,
  sampling: SamplingOptions,
): { readonly ids: readonly number[]; readonly weights: readonly number[] } {
  const best = greatest(logits, banned, size);
  if (best < 0) return { ids: [], weights: [] };
  const top = logits[best] as number;
  const floor = top - NEGLIGIBLE * sampling.temperature;
  let list: Candidate[] = [];
  for (let id = 0; id < size; id += 1) {
    const logit = logits[id] as number;
    if (logit >= floor && !banned.has(id)) list.push({ id, logit });
  }
  const cuts = sampling.topK > 0 || sampling.topP < 1;
  if (cuts) list.sort(byLogit);
  if (sampling.topK > 0) list = list.slice(0, sampling.topK);
  const weights = list.map((one) => Math.exp((one.logit - top) / sampling.temperature));
  let kept = weights.length;
  if (sampling.topP < 1) {
    const wanted = weights.reduce((sum, weight) => sum + weight, 0) * sampling.topP;
    // The smallest head of the list that holds at least topP; never empty.
    let sum = 0;
    kept = 0;
    while (kept < weights.length && (kept === 0 || sum < wanted)) {
      sum += weights[kept] as number;
      kept += 1;
    }
  }
  return { ids: list.slice(0, kept).map((one) => one.id), weights: weights.slice(0, kept) };
}

function draw(ids: readonly number[], weights: readonly number[], uniform: number): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let rest = uniform * total;
  for (let index = 0; index < ids.length; index += 1) {
    rest -= weights[index] as number;
    if (rest < 0) return ids[index] as number;
  }
  // Rounding may leave a hair over; it belongs to the last one.
  return ids.at(-1) ?? -1;
}

/** Log-probability of one id and entropy of softmax(logits) over the whole vocabulary, at temperature 1. */
export function distributionFacts(logits: Float32Array, id: number): { logprob: number; entropy: number } {
  let top = Number.NEGATIVE_INFINITY;
  // By index: over a vocabulary an iterator would take as long as the sums.
  for (let at = 0; at < logits.length; at += 1) {
    const logit = logits[at] as number;
    if (logit > top) top = logit;
  }
  let sum = 0;
  let weighted = 0;
  for (let at = 0; at < logits.length; at += 1) {
    const shifted = (logits[at] as number) - top;
    // What is left out adds less than the last digit; and 0 * -Infinity would be NaN.
    if (shifted < -NEGLIGIBLE) continue;
    const weight = Math.exp(shifted);
    sum += weight;
    weighted += weight * shifted;
  }
  const logSum = Math.log(sum);
  return { logprob: (logits[id] as number) - top - logSum, entropy: Math.max(0, logSum - weighted / sum) };
}

/**
 * Draws the next token.
 *
 * Logprob and entropy are those of the untempered distribution over the whole vocabulary, before top-k, top-p and
 * the bans: that is what the trainer's forward pass computes for the same context, so the two can be compared, and
 * a low entropy means that the model is sure, whatever the temperature.
 * @param size ids from here on are padding of the vocabulary and are never drawn.
 * @param place index in the context that the token will have.
 * @throws RangeError when the logits hold NaN or nothing can be drawn.
 */
export function sampleToken(
  logits: Float32Array,
  sampling: SamplingOptions,
  place: number,
  banned: ReadonlySet<number>,
  size: number,
): Sample {
  let id: number;
  if (sampling.temperature === 0) {
    id = greatest(logits, banned, size);
  } else {
    const { ids, weights } = candidates(logits, banned, size, sampling);
    id = draw(ids, weights, uniformAt(sampling.seed, place));
  }
  const facts = id < 0 ? null : distributionFacts(logits, id);
  if (facts === null || Number.isNaN(facts.logprob)) {
    throw new RangeError('the model gave no usable logits (its weights are broken)');
  }
  return { id, ...facts };
}
