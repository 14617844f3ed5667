import type { InferenceSession } from 'onnxruntime-node';
import { BackendError } from '../backend.ts';
import type { DecoderKind, ModelConfig } from './model-config.ts';

/**
 * Checks what a graph takes and gives against the configs, so that a wrong file is refused when it is opened and
 * not in the middle of an episode.
 */

export interface DecoderShape {
  readonly kind: DecoderKind;
  readonly layers: number;
  readonly keyValueHeads: number;
  readonly headDim: number;
  readonly vocabularySize: number;
  readonly hidden: number;
  /** The graph can be asked for the logits of the last rows only. */
  readonly keepsLogits: boolean;
  readonly takesAttentionMask: boolean;
}

/** null stands for any size. */
type Shape = readonly (number | null)[];

type Graph = Pick<InferenceSession, 'inputMetadata' | 'outputMetadata'>;
type Direction = 'input' | 'output';

function fault(file: string, message: string): BackendError {
  return new BackendError('model_invalid', `${file}: ${message}`);
}

function valuesOf(graph: Graph, direction: Direction): readonly InferenceSession.ValueMetadata[] {
  return direction === 'input' ? graph.inputMetadata : graph.outputMetadata;
}

function expectTensor(
  file: string,
  graph: Graph,
  direction: Direction,
  name: string,
  type: 'float32' | 'int64',
  shape: Shape,
): void {
  const value = valuesOf(graph, direction).find((one) => one.name === name);
  if (value === undefined) throw fault(file, `has no ${direction} "${name}"`);
  if (!value.isTensor) throw fault(file, `${direction} "${name}" is not a tensor`);
  if (value.type !== type) {
    const advice = value.type === 'float16' ? '; take the fp32, q4 or int8 variant of the file' : '';
    throw fault(file, `${direction} "${name}" is ${value.type}, not ${type}${advice}`);
  }
  const found = value.shape;
  const fits =
    found.length === shape.length &&
    shape.every((size, index) => size === null || typeof found[index] !== 'number' || found[index] === size);
  if (!fits) {
    const wanted = shape.map((size) => size ?? '*').join(', ');
    throw fault(file, `${direction} "${name}" has the shape [${found.join(', ')}], not [${wanted}]`);
  }
}

function refuseUnknownInputs(file: string, graph: Graph, known: ReadonlySet<string>): void {
  const unknown = graph.inputMetadata.find((input) => !known.has(input.name));
  if (unknown !== undefined)
    throw fault(file, `wants an input "${unknown.name}" that this program doesn't know`);
}

export function checkVisionEncoder(file: string, graph: Graph, config: ModelConfig): void {
  const { patchSize, temporalPatchSize } = config.patches;
  const patchLength = 3 * temporalPatchSize * patchSize * patchSize;
  refuseUnknownInputs(file, graph, new Set(['pixel_values', 'image_grid_thw']));
  expectTensor(file, graph, 'input', 'pixel_values', 'float32', [null, patchLength]);
  expectTensor(file, graph, 'input', 'image_grid_thw', 'int64', [null, 3]);
  expectTensor(file, graph, 'output', 'image_features', 'float32', [null, config.hidden]);
}

export function checkEmbedTokens(file: string, graph: Graph, config: ModelConfig): void {
  refuseUnknownInputs(file, graph, new Set(['input_ids']));
  expectTensor(file, graph, 'input', 'input_ids', 'int64', [null, null]);
  expectTensor(file, graph, 'output', 'inputs_embeds', 'float32', [null, null, config.hidden]);
}

const PARTS = ['key', 'value'] as const;

/** Names of the cache's tensors: what goes in, and what comes out in the same order. */
export interface CacheNames {
  readonly past: readonly string[];
  readonly fresh: readonly string[];
}

/** Layer by layer, key then value. A delta graph gives the new rows of all of them as one tensor. */
export function cacheNames(shape: Pick<DecoderShape, 'kind' | 'layers'>): CacheNames {
  const parts = Array.from({ length: shape.layers }, (_, layer) => PARTS.map((part) => `${layer}.${part}`));
  const names = parts.flat();
  return shape.kind === 'merged'
    ? {
        past: names.map((name) => `past_key_values.${name}`),
        fresh: names.map((name) => `present.${name}`),
      }
    : { past: names.map((name) => `past.${name}`), fresh: ['new'] };
}

export function checkDecoder(
  file: string,
  graph: Graph,
  config: ModelConfig,
  kind: DecoderKind,
): DecoderShape {
  const { layers, keyValueHeads, headDim, vocabularySize, hidden } = config;
  const names = cacheNames({ kind, layers });
  const further = ['num_logits_to_keep', kind === 'delta' ? 'attention_bias' : 'attention_mask'];
  refuseUnknownInputs(file, graph, new Set(['inputs_embeds', 'position_ids', ...further, ...names.past]));
  expectTensor(file, graph, 'input', 'inputs_embeds', 'float32', [null, null, hidden]);
  expectTensor(file, graph, 'input', 'position_ids', 'int64', [3, null, null]);
  expectTensor(file, graph, 'output', 'logits', 'float32', [null, null, vocabularySize]);
  const cacheShape: Shape = [null, keyValueHeads, null, headDim];
  const freshShape: Shape = kind === 'delta' ? [2 * layers, keyValueHeads, null, headDim] : cacheShape;
  for (const name of names.past) expectTensor(file, graph, 'input', name, 'float32', cacheShape);
  for (const name of names.fresh) expectTensor(file, graph, 'output', name, 'float32', freshShape);
  if (kind === 'delta') expectTensor(file, graph, 'input', 'attention_bias', 'float32', [null, null]);
  const has = (name: string): boolean => graph.inputMetadata.some((input) => input.name === name);
  const keepsLogits = has('num_logits_to_keep');
  const takesAttentionMask = has('attention_mask');
  if (keepsLogits) expectTensor(file, graph, 'input', 'num_logits_to_keep', 'int64', []);
  if (takesAttentionMask) expectTensor(file, graph, 'input', 'attention_mask', 'int64', [null, null]);
  return { kind, layers, keyValueHeads, headDim, vocabularySize, hidden, keepsLogits, takesAttentionMask };
}
