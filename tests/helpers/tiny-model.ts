import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  FLOAT,
  floats,
  INT64,
  intAttribute,
  integers,
  intsAttribute,
  model,
  node,
  type Value,
  weight,
} from './onnx-writer.ts';

/**
 * A model folder of a few kilobytes with everything that a real one has: byte-level tokenizer, vision encoder,
 * causal attention over a cache (both decoder layouts, same weights), positions that matter. Its weights are
 * random, so it says nothing sensible, but every token depends on all that came before.
 */

export const TINY = { hidden: 16, layers: 2, heads: 2, headDim: 8 } as const;

export const SPECIAL_TOKENS = [
  '<|endoftext|>',
  '<|im_start|>',
  '<|im_end|>',
  '<|vision_start|>',
  '<|vision_end|>',
  '<|vision_pad|>',
  '<|image_pad|>',
  '<|video_pad|>',
] as const;

const TAGS = ['<tool_call>', '</tool_call>', '<think>', '</think>', '<answer>', '</answer>'] as const;
const ENVIRONMENT_TAGS = ['<tool_response>', '</tool_response>'] as const;

/** 256 bytes, a few merges, then the added tokens. */
export function tinyTokenizer(): { readonly json: object; readonly config: object; readonly size: number } {
  const alphabet: string[] = [];
  let standIn = 256;
  for (let byte = 0; byte < 256; byte += 1) {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    alphabet.push(String.fromCodePoint(printable ? byte : standIn));
    if (!printable) standIn += 1;
  }
  const merges: [string, string][] = [
    ['t', 'h'],
    ['th', 'e'],
    ['Ġ', 'the'],
    ['i', 'n'],
  ];
  const pieces = [...alphabet, ...merges.map(([left, right]) => left + right)];
  const vocab = Object.fromEntries(pieces.map((piece, id) => [piece, id]));
  const added = [...SPECIAL_TOKENS, ...TAGS, ...ENVIRONMENT_TAGS].map((content, index) => ({
    id: pieces.length + index,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: index < SPECIAL_TOKENS.length,
  }));
  const json = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added,
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      fuse_unk: false,
      byte_fallback: false,
      vocab,
      merges,
    },
  };
  const config = {
    tokenizer_class: 'Qwen2Tokenizer',
    eos_token: '<|im_end|>',
    clean_up_tokenization_spaces: false,
  };
  return { json, config, size: pieces.length + added.length };
}

/** A stream of numbers in [-scale, scale), the same for the same seed. */
function randoms(seed: number): (count: number, scale: number) => number[] {
  let state = seed;
  return (count, scale) =>
    Array.from({ length: count }, () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
      return (state / 0x7fff_ffff - 0.5) * 2 * scale;
    });
}

interface Layer {
  readonly query: readonly number[];
  readonly key: readonly number[];
  readonly value: readonly number[];
  readonly out: readonly number[];
}

interface Weights {
  readonly layers: readonly Layer[];
  readonly position: readonly number[];
  readonly logits: readonly number[];
}

function drawWeights(vocabulary: number): Weights {
  const random = randoms(7);
  const { hidden } = TINY;
  const square = (): number[] => random(hidden * hidden, 0.5);
  return {
    layers: Array.from({ length: TINY.layers }, () => ({
      query: square(),
      key: square(),
      value: square(),
      out: square(),
    })),
    position: random(3 * hidden, 0.3),
    logits: random(hidden * vocabulary, 1),
  };
}

function sharedWeights(weights: Weights, vocabulary: number): Buffer[] {
  const { hidden, headDim, heads } = TINY;
  const matrix = (name: string, rows: number, columns: number, values: readonly number[]): Buffer =>
    weight(name, FLOAT, [rows, columns], floats(values));
  return [
    ...weights.layers.flatMap((layer, index) => [
      matrix(`q${index}`, hidden, hidden, layer.query),
      matrix(`k${index}`, hidden, hidden, layer.key),
      matrix(`v${index}`, hidden, hidden, layer.value),
      matrix(`o${index}`, hidden, hidden, layer.out),
    ]),
    matrix('wp', 3, hidden, weights.position),
    matrix('wl', hidden, vocabulary, weights.logits),
    weight('scale', FLOAT, [], floats([1 / Math.sqrt(headDim)])),
    weight('masked', FLOAT, [], floats([-1e9])),
    weight('nothing', FLOAT, [], floats([0])),
    weight('zero', INT64, [], integers([0])),
    weight('one', INT64, [], integers([1])),
    weight('axis0', INT64, [1], integers([0])),
    weight('axis1', INT64, [1], integers([1])),
    weight('last', INT64, [1], integers([2 ** 40])),
    weight('heads', INT64, [4], integers([1, -1, heads, headDim])),
    weight('joined', INT64, [3], integers([1, -1, hidden])),
  ];
}

/** Adds the positions to the rows. */
function positioned(): Buffer[] {
  return [
    node('Cast', ['position_ids'], ['pf'], [intAttribute('to', FLOAT)]),
    node('Transpose', ['pf'], ['pt'], [intsAttribute('perm', [1, 2, 0])]),
    node('MatMul', ['pt', 'wp'], ['pw']),
    node('Sin', ['pw'], ['ps']),
    node('Add', ['inputs_embeds', 'ps'], ['x0']),
  ];
}

/** The causal mask for the rows that come after those of `past`. */
function causalMask(past: string): Buffer[] {
  return [
    node('Shape', [past], ['pastShape']),
    node('Gather', ['pastShape', 'two'], ['p']),
    node('Shape', ['inputs_embeds'], ['rowShape']),
    node('Gather', ['rowShape', 'one'], ['s']),
    node('Add', ['p', 's'], ['t']),
    node('Range', ['p', 't', 'one'], ['r']),
    node('Unsqueeze', ['r', 'axis1'], ['rows']),
    node('Range', ['zero', 't', 'one'], ['c']),
    node('Unsqueeze', ['c', 'axis0'], ['columns']),
    node('LessOrEqual', ['columns', 'rows'], ['sees']),
    node('Where', ['sees', 'nothing', 'masked'], ['mask']),
  ];
}

const CACHED = [
  ['key', 'k'],
  ['value', 'v'],
] as const;

/** q, k and v of a layer: [1, heads, s, D]. */
function projections(layer: number): Buffer[] {
  const at = (name: string): string => `${name}.${layer}`;
  return ['q', 'k', 'v'].flatMap((part) => [
    node('MatMul', [`x${layer}`, `${part}${layer}`], [at(`${part}all`)]),
    node('Reshape', [at(`${part}all`), 'heads'], [at(`${part}split`)]),
    node('Transpose', [at(`${part}split`)], [at(part)], [intsAttribute('perm', [0, 2, 1, 3])]),
  ]);
}

function attention(layer: number, keys: string, values: string, mask: string): Buffer[] {
  const at = (name: string): string => `${name}.${layer}`;
  return [
    node('Transpose', [keys], [at('kt')], [intsAttribute('perm', [0, 1, 3, 2])]),
    node('MatMul', [at('q'), at('kt')], [at('raw')]),
    node('Mul', [at('raw'), 'scale'], [at('scaled')]),
    node('Add', [at('scaled'), mask], [at('seen')]),
    node('Softmax', [at('seen')], [at('weights')], [intAttribute('axis', 3)]),
    node('MatMul', [at('weights'), values], [at('mixed')]),
    node('Transpose', [at('mixed')], [at('back')], [intsAttribute('perm', [0, 2, 1, 3])]),
    node('Reshape', [at('back'), 'joined'], [at('joined')]),
    node('MatMul', [at('joined'), `o${layer}`], [at('out')]),
    node('Add', [`x${layer}`, at('out')], [`x${layer + 1}`]),
  ];
}

function closing(last: string): Buffer[] {
  return [
    node('MatMul', [last, 'wl'], ['all']),
    node('Neg', ['num_logits_to_keep'], ['n']),
    node('Unsqueeze', ['n', 'axis0'], ['from']),
    node('Slice', ['all', 'from', 'last', 'axis1'], ['logits']),
  ];
}

function rowInputs(): Value[] {
  return [
    ['inputs_embeds', FLOAT, [1, 's', TINY.hidden]],
    ['position_ids', INT64, [3, 1, 's']],
    ['num_logits_to_keep', INT64, []],
  ];
}

function deltaDecoder(weights: Weights, vocabulary: number): Buffer {
  const nodes = positioned();
  const inputs: Value[] = [...rowInputs(), ['attention_bias', FLOAT, ['s', 'total']]];
  const outputs: Value[] = [
    ['logits', FLOAT, [1, 'keep', vocabulary]],
    ['new', FLOAT, [2 * TINY.layers, TINY.heads, 's', TINY.headDim]],
  ];
  const fresh: string[] = [];
  for (let layer = 0; layer < TINY.layers; layer += 1) {
    const at = (name: string): string => `${name}.${layer}`;
    nodes.push(...projections(layer));
    for (const [part, short] of CACHED) {
      inputs.push([`past.${layer}.${part}`, FLOAT, [1, TINY.heads, 'capacity', TINY.headDim]]);
      nodes.push(node('Concat', [`past.${layer}.${part}`, at(short)], [at(part)], [intAttribute('axis', 2)]));
      fresh.push(at(short));
    }
    nodes.push(...attention(layer, at('key'), at('value'), 'attention_bias'));
  }
  nodes.push(node('Concat', fresh, ['new'], [intAttribute('axis', 0)]), ...closing(`x${TINY.layers}`));
  return model(nodes, inputs, outputs, sharedWeights(weights, vocabulary));
}

function mergedDecoder(weights: Weights, vocabulary: number): Buffer {
  const nodes = [...positioned(), ...causalMask('past_key_values.0.key')];
  const inputs: Value[] = [...rowInputs(), ['attention_mask', INT64, [1, 't']]];
  const outputs: Value[] = [['logits', FLOAT, [1, 'keep', vocabulary]]];
  for (let layer = 0; layer < TINY.layers; layer += 1) {
    const at = (name: string): string => `${name}.${layer}`;
    nodes.push(...projections(layer));
    for (const [part, short] of CACHED) {
      inputs.push([`past_key_values.${layer}.${part}`, FLOAT, [1, TINY.heads, 'past', TINY.headDim]]);
      outputs.push([`present.${layer}.${part}`, FLOAT, [1, TINY.heads, 'total', TINY.headDim]]);
      const both = [`past_key_values.${layer}.${part}`, at(short)];
      nodes.push(node('Concat', both, [`present.${layer}.${part}`], [intAttribute('axis', 2)]));
    }
    nodes.push(...attention(layer, `present.${layer}.key`, `present.${layer}.value`, 'mask'));
  }
  nodes.push(...closing(`x${TINY.layers}`));
  const two = weight('two', INT64, [], integers([2]));
  return model(nodes, inputs, outputs, [...sharedWeights(weights, vocabulary), two]);
}

function embedTokens(vocabulary: number): Buffer {
  const table = randoms(11)(vocabulary * TINY.hidden, 1);
  return model(
    [node('Gather', ['w', 'input_ids'], ['inputs_embeds'])],
    [['input_ids', INT64, ['b', 's']]],
    [['inputs_embeds', FLOAT, ['b', 's', TINY.hidden]]],
    [weight('w', FLOAT, [vocabulary, TINY.hidden], floats(table))],
  );
}

function visionEncoder(): Buffer {
  const projection = randoms(13)(1176 * TINY.hidden, 0.05);
  return model(
    [
      node('MatMul', ['pixel_values', 'wv'], ['patches']),
      node('Reshape', ['patches', 'blocks'], ['grouped']),
      node('ReduceMean', ['grouped'], ['mean'], [intsAttribute('axes', [1]), intAttribute('keepdims', 0)]),
      node('Cast', ['image_grid_thw'], ['grid'], [intAttribute('to', FLOAT)]),
      node('ReduceSum', ['grid'], ['sum'], [intAttribute('keepdims', 0)]),
      node('Mul', ['sum', 'none'], ['nil']),
      node('Add', ['mean', 'nil'], ['image_features']),
    ],
    [
      ['pixel_values', FLOAT, ['n', 1176]],
      ['image_grid_thw', INT64, ['i', 3]],
    ],
    [['image_features', FLOAT, ['k', TINY.hidden]]],
    [
      weight('wv', FLOAT, [1176, TINY.hidden], floats(projection)),
      weight('blocks', INT64, [3], integers([-1, 4, TINY.hidden])),
      weight('none', FLOAT, [], floats([0])),
    ],
  );
}

/** Files of the folder by path; a test changes or drops some before it writes them. */
export type ModelFiles = Map<string, Buffer>;

export function tinyModelFiles(decoder: 'delta' | 'merged' = 'delta'): ModelFiles {
  const tokenizer = tinyTokenizer();
  const vocabulary = tokenizer.size;
  const weights = drawWeights(vocabulary);
  const idOf = (index: number): number => vocabulary - 16 + index;
  const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));
  return new Map([
    [
      'config.json',
      json({
        model_type: 'qwen2_5_vl',
        image_token_id: idOf(6),
        vision_config: { patch_size: 14, temporal_patch_size: 2, spatial_merge_size: 2 },
        text_config: {
          hidden_size: TINY.hidden,
          num_hidden_layers: TINY.layers,
          num_attention_heads: TINY.heads,
          num_key_value_heads: TINY.heads,
          vocab_size: vocabulary,
          max_position_embeddings: 8192,
        },
      }),
    ],
    ['generation_config.json', json({ eos_token_id: [idOf(2), idOf(0)] })],
    [
      'preprocessor_config.json',
      json({
        patch_size: 14,
        temporal_patch_size: 2,
        merge_size: 2,
        image_mean: [0.48145466, 0.4578275, 0.40821073],
        image_std: [0.26862954, 0.26130258, 0.27577711],
        min_pixels: 3136,
        max_pixels: 100_352,
      }),
    ],
    ['tokenizer.json', json(tokenizer.json)],
    ['tokenizer_config.json', json(tokenizer.config)],
    [
      'imagent.json',
      json({
        format: 2,
        name: 'Tiny',
        description: 'Random weights.',
        decoder,
        min_pixels: 3136,
        max_pixels: 100_352,
        crop_min_pixels: 3136,
        limits: { max_calls: 4 },
        sampling: { temperature: 0 },
        worlds: 'nothing at all',
      }),
    ],
    ['onnx/vision_encoder.onnx', visionEncoder()],
    ['onnx/embed_tokens.onnx', embedTokens(vocabulary)],
    ['onnx/decoder_delta.onnx', deltaDecoder(weights, vocabulary)],
    ['onnx/decoder_model_merged.onnx', mergedDecoder(weights, vocabulary)],
  ]);
}

/** @returns the folder. */
export function writeModelFolder(folder: string, files: ModelFiles = tinyModelFiles()): string {
  mkdirSync(join(folder, 'onnx'), { recursive: true });
  for (const [path, content] of files) writeFileSync(join(folder, path), content);
  return folder;
}
