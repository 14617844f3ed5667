import type { EpisodeLimits, SamplingSettings } from '../../../shared/model/limits.ts';

/** What a number means, for the person who sets it. Bounds are those of the schema. */
export interface FieldFacts<Name extends string> {
  readonly name: Name;
  readonly label: string;
  readonly hint: string;
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  /** Digits after the point; 0 for whole numbers. */
  readonly digits: number;
}

export const SAMPLING_FIELDS: readonly FieldFacts<keyof SamplingSettings>[] = [
  {
    name: 'temperature',
    label: 'Temperature',
    hint: '0 always takes the likeliest token; then the rest has no effect.',
    unit: '',
    min: 0,
    max: 4,
    step: 0.1,
    digits: 2,
  },
  {
    name: 'topP',
    label: 'Top-p',
    hint: 'Samples from the likeliest tokens that together reach this probability.',
    unit: 'probability',
    min: 0.01,
    max: 1,
    step: 0.05,
    digits: 2,
  },
  {
    name: 'topK',
    label: 'Top-k',
    hint: 'Samples from this many of the likeliest tokens. 0 keeps every token.',
    unit: 'tokens',
    min: 0,
    max: 1_000_000,
    step: 1,
    digits: 0,
  },
  {
    name: 'seed',
    label: 'Seed',
    hint: 'The same seed gives the same episode.',
    unit: '',
    min: 0,
    max: 0xffff_ffff,
    step: 1,
    digits: 0,
  },
];

export const LIMIT_FIELDS: readonly FieldFacts<keyof EpisodeLimits>[] = [
  {
    name: 'maxCalls',
    label: 'Tool calls',
    hint: 'Valid or not.',
    unit: 'calls',
    min: 0,
    max: 64,
    step: 1,
    digits: 0,
  },
  {
    name: 'maxTokensPerTurn',
    label: 'Length of a turn',
    hint: 'Tokens that one turn may sample.',
    unit: 'tokens',
    min: 1,
    max: 8192,
    step: 64,
    digits: 0,
  },
  {
    name: 'maxEpisodeTokens',
    label: 'Length of an episode',
    hint: 'All tokens of the context, those of images included.',
    unit: 'tokens',
    min: 64,
    max: 131_072,
    step: 512,
    digits: 0,
  },
  {
    name: 'maxEpisodePixels',
    label: 'Pixel budget',
    hint: 'All images that enter, at the size at which the agent sees them.',
    unit: 'pixels',
    min: 784,
    max: 64_000_000,
    step: 100_000,
    digits: 0,
  },
  {
    name: 'maxBadCallsInRow',
    label: 'Bad calls in a row',
    hint: 'So many end the episode as malformed.',
    unit: 'calls',
    min: 1,
    max: 64,
    step: 1,
    digits: 0,
  },
];

/** A group with one number changed; null where every number is the default again. */
export function withField<Group extends Readonly<Record<string, number>>>(
  value: Group | null,
  defaults: Group,
  name: keyof Group & string,
  number: number,
): Group | null {
  const changed = { ...(value ?? defaults), [name]: number };
  const isDefault = Object.entries(defaults).every(([key, wanted]) => changed[key] === wanted);
  return isDefault ? null : changed;
}
