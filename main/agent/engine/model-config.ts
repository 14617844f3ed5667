import { z } from 'zod';
import { DEFAULT_LIMITS, type EpisodeLimits, episodeLimits } from '../../../shared/model/limits.ts';
import { BackendError, type SamplingOptions } from '../backend.ts';
import type { PatchConfig } from './patches.ts';

/**
 * The JSON files of a model folder, as transformers (4.x flat, 5.x nested) and this project's export write them,
 * parsed into what the engine needs. Every number is bounded: a folder is input, not truth.
 */

const count = (max: number): z.ZodNumber => z.number().int().min(1).max(max);
const tokenId = z.number().int().min(0).max(2_000_000);
const triple = z.tuple([z.number(), z.number(), z.number()]);
const pixels = count(1_000_000_000);

const textConfig = z.object({
  hidden_size: count(65_536),
  num_hidden_layers: count(512),
  num_attention_heads: count(1024),
  num_key_value_heads: count(1024),
  head_dim: count(4096).nullish(),
  vocab_size: count(2_000_000),
  max_position_embeddings: count(100_000_000).nullish(),
});

const configFile = z.object({
  model_type: z.literal('qwen2_5_vl', { error: 'must be "qwen2_5_vl"' }),
  image_token_id: tokenId.nullish(),
  eos_token_id: z.union([tokenId, z.array(tokenId)]).nullish(),
  tie_word_embeddings: z.boolean().nullish(),
  vision_config: z.object({
    patch_size: count(1024).default(14),
    temporal_patch_size: count(16).default(2),
    spatial_merge_size: count(16).default(2),
    in_channels: z.literal(3).nullish(),
  }),
  text_config: z.looseObject({}).nullish(),
});

const preprocessorFile = z.object({
  patch_size: count(1024).default(14),
  temporal_patch_size: count(16).default(2),
  merge_size: count(16).default(2),
  rescale_factor: z
    .number()
    .positive()
    .default(1 / 255),
  image_mean: triple,
  image_std: triple.refine((std) => std.every((value) => value > 0), 'must be above 0'),
  min_pixels: pixels.nullish(),
  max_pixels: pixels.nullish(),
  size: z.object({ shortest_edge: pixels.nullish(), longest_edge: pixels.nullish() }).nullish(),
});

const generationFile = z.object({
  eos_token_id: z.union([tokenId, z.array(tokenId)]).nullish(),
});

const { shape: limit } = episodeLimits.unwrap();
const limitsFile = z.object({
  max_calls: limit.maxCalls.optional(),
  max_tokens_per_turn: limit.maxTokensPerTurn.optional(),
  max_episode_tokens: limit.maxEpisodeTokens.optional(),
  max_episode_pixels: limit.maxEpisodePixels.optional(),
  max_bad_calls_in_row: limit.maxBadCallsInRow.optional(),
});

const imagentFile = z.object({
  format: z.literal([1, 2], {
    error: 'must be 1 or 2: a newer format needs a newer version of this program',
  }),
  name: z.string().min(1).max(200),
  description: z.string().max(4000).default(''),
  decoder: z.enum(['delta', 'merged']).default('delta'),
  min_pixels: pixels.optional(),
  max_pixels: pixels.optional(),
  crop_min_pixels: pixels.optional(),
  limits: limitsFile.default({}),
  sampling: z
    .object({
      temperature: z.number().min(0).max(4).default(0),
      top_k: z.number().int().min(0).max(2_000_000).default(0),
      top_p: z.number().gt(0).max(1).default(1),
    })
    .default({ temperature: 0, top_k: 0, top_p: 1 }),
  worlds: z.string().max(4000).nullish(),
});

export type DecoderKind = 'delta' | 'merged';

export interface ModelConfig {
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headDim: number;
  readonly vocabularySize: number;
  readonly maxPositions: number;
  readonly tiedEmbeddings: boolean;
  readonly imageTokenId: number | null;
  readonly eosIds: readonly number[];
  readonly patches: PatchConfig;
}

/** What is said about the agent itself: imagent.json, or the defaults for a downloaded folder. */
export interface AgentProfile {
  readonly name: string;
  readonly description: string;
  readonly decoder: DecoderKind;
  readonly minPixels: number;
  readonly maxPixels: number;
  readonly cropMinPixels: number;
  readonly limits: EpisodeLimits;
  readonly sampling: Omit<SamplingOptions, 'seed'>;
  readonly worlds: string | null;
}

/** Bounds of a downloaded model: the checkpoint's own upper bound (12.8 Mpx an image) is past any CPU. */
const DOWNLOADED = { minPixels: 3136, maxPixels: 1_003_520, cropMinPixels: 200_704 } as const;

/** @throws BackendError model_invalid that names the file, the key and what is wrong with it. */
function parseFile<Schema extends z.ZodType>(schema: Schema, value: unknown, file: string): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const key = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
  throw new BackendError('model_invalid', `${file}: ${key}${issue?.message ?? 'not as expected'}`);
}

function asList(ids: number | readonly number[] | null | undefined): readonly number[] {
  if (ids === null || ids === undefined) return [];
  return typeof ids === 'number' ? [ids] : ids;
}

export function modelConfig(config: unknown, preprocessor: unknown, generation: unknown): ModelConfig {
  const top = parseFile(configFile, config, 'config.json');
  const text = parseFile(textConfig, top.text_config ?? config, 'config.json');
  const images = parseFile(preprocessorFile, preprocessor, 'preprocessor_config.json');
  const generationConfig = parseFile(generationFile, generation ?? {}, 'generation_config.json');
  const vision = top.vision_config;
  const pairs = [
    ['patch_size', vision.patch_size, images.patch_size],
    ['temporal_patch_size', vision.temporal_patch_size, images.temporal_patch_size],
    ['merge_size', vision.spatial_merge_size, images.merge_size],
  ] as const;
  for (const [key, inConfig, inPreprocessor] of pairs) {
    if (inConfig !== inPreprocessor) {
      const message = `preprocessor_config.json: ${key} is ${inPreprocessor}, but config.json says ${inConfig}`;
      throw new BackendError('model_invalid', message);
    }
  }
  const headDim = text.head_dim ?? text.hidden_size / text.num_attention_heads;
  if (!Number.isInteger(headDim)) {
    throw new BackendError(
      'model_invalid',
      'config.json: hidden_size is not a multiple of num_attention_heads',
    );
  }
  const fromGeneration = asList(generationConfig.eos_token_id);
  return {
    hidden: text.hidden_size,
    layers: text.num_hidden_layers,
    heads: text.num_attention_heads,
    keyValueHeads: text.num_key_value_heads,
    headDim,
    vocabularySize: text.vocab_size,
    maxPositions: text.max_position_embeddings ?? 32_768,
    tiedEmbeddings: top.tie_word_embeddings ?? false,
    imageTokenId: top.image_token_id ?? null,
    eosIds: fromGeneration.length > 0 ? fromGeneration : asList(top.eos_token_id),
    patches: {
      patchSize: images.patch_size,
      temporalPatchSize: images.temporal_patch_size,
      mergeSize: images.merge_size,
      rescaleFactor: images.rescale_factor,
      mean: images.image_mean,
      std: images.image_std,
    },
  };
}

/** @param imagent parsed imagent.json, null for a downloaded folder; @param folderName stands in for a name. */
export function agentProfile(imagent: unknown, folderName: string): AgentProfile {
  if (imagent === null) {
    return {
      name: folderName,
      description: '',
      decoder: 'merged',
      ...DOWNLOADED,
      limits: { ...DEFAULT_LIMITS, maxTokensPerTurn: 1024, maxEpisodeTokens: 16_384 },
      sampling: { temperature: 0, topK: 0, topP: 1 },
      worlds: null,
    };
  }
  const file = parseFile(imagentFile, imagent, 'imagent.json');
  const profile: AgentProfile = {
    name: file.name,
    description: file.description,
    // Folders of format 1 hold an older form of the delta decoder; the published form beside it stays the same.
    decoder: file.format === 1 ? 'merged' : file.decoder,
    minPixels: file.min_pixels ?? DOWNLOADED.minPixels,
    maxPixels: file.max_pixels ?? DOWNLOADED.maxPixels,
    cropMinPixels: file.crop_min_pixels ?? DOWNLOADED.cropMinPixels,
    limits: {
      maxCalls: file.limits.max_calls ?? DEFAULT_LIMITS.maxCalls,
      maxTokensPerTurn: file.limits.max_tokens_per_turn ?? DEFAULT_LIMITS.maxTokensPerTurn,
      maxEpisodeTokens: file.limits.max_episode_tokens ?? DEFAULT_LIMITS.maxEpisodeTokens,
      maxEpisodePixels: file.limits.max_episode_pixels ?? DEFAULT_LIMITS.maxEpisodePixels,
      maxBadCallsInRow: file.limits.max_bad_calls_in_row ?? DEFAULT_LIMITS.maxBadCallsInRow,
    },
    sampling: {
      temperature: file.sampling.temperature,
      topK: file.sampling.top_k,
      topP: file.sampling.top_p,
    },
    worlds: file.worlds ?? null,
  };
  if (profile.minPixels > profile.maxPixels || profile.cropMinPixels > profile.maxPixels) {
    throw new BackendError(
      'model_invalid',
      'imagent.json: min_pixels and crop_min_pixels must not be over max_pixels',
    );
  }
  return profile;
}
