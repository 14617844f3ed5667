import { readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { BackendError } from '../backend.ts';
import { type AgentProfile, agentProfile, type ModelConfig, modelConfig } from './model-config.ts';
import { inspectOnnx, OnnxFormatError } from './onnx-inspect.ts';
import { type AgentTokenizer, createTokenizer } from './tokenizer.ts';

/**
 * Opens a model folder: this project's export or the published onnx-community layout. Nothing in it is believed
 * before it is checked; every fault is a BackendError `model_invalid` whose message names the file and what is
 * wrong with it, and never a crash of the runtime later.
 */

export interface ModelFiles {
  readonly visionEncoder: string;
  readonly embedTokens: string;
  readonly decoder: string;
}

export interface ModelFolder {
  readonly folder: string;
  readonly config: ModelConfig;
  readonly profile: AgentProfile;
  readonly tokenizer: AgentTokenizer;
  readonly ids: TokenIds;
  /** Real paths. */
  readonly files: ModelFiles;
  readonly parameterCount: number;
}

export interface TokenIds {
  /** Sampling one of these ends a turn. */
  readonly eos: readonly number[];
  readonly turnEnd: number;
  readonly imagePad: number;
  /** Vision tokens, <|im_start|> and what only the environment writes. */
  readonly neverSampled: readonly number[];
}

const MAX_JSON_BYTES = 64 * 1024 * 1024;
/** The protobuf limit; more weights go to data files. */
const MAX_ONNX_BYTES = 2 ** 31;
const MAX_WEIGHT_BYTES = 2 ** 36;

/**
 * Variants of a file that run with fp32 inputs and outputs, best first. Those with fp16 inputs (_fp16, _q4f16) come
 * last: they are only told apart by opening them.
 */
const SUFFIXES = [
  '',
  '_quantized',
  '_int8',
  '_uint8',
  '_q4',
  '_bnb4',
  '_q2',
  '_q1',
  '_fp16',
  '_q4f16',
] as const;

function invalid(message: string, cause?: unknown): BackendError {
  return new BackendError('model_invalid', message, { cause });
}

function realFolder(folder: string): string {
  try {
    const real = realpathSync(folder);
    if (statSync(real).isDirectory()) return real;
  } catch (cause) {
    throw invalid(`there is no model folder at ${folder}`, cause);
  }
  throw invalid(`${folder} is a file, not a model folder`);
}

/** The real path of a regular file that lies in the folder, or null when there is none of that name. */
function findFile(root: string, file: string): { readonly path: string; readonly bytes: number } | null {
  let path: string;
  try {
    path = realpathSync(join(root, file));
  } catch {
    return null;
  }
  if (!path.startsWith(root + sep)) {
    throw invalid(`${file}: leads out of the model folder (a link?); copy the file itself into the folder`);
  }
  const stat = statSync(path);
  if (!stat.isFile()) throw invalid(`${file}: not a regular file`);
  if (stat.size === 0) throw invalid(`${file}: the file is empty`);
  return { path, bytes: stat.size };
}

function readJson(root: string, file: string): object | null {
  const found = findFile(root, file);
  if (found === null) return null;
  if (found.bytes > MAX_JSON_BYTES) throw invalid(`${file}: absurdly large (${found.bytes} bytes)`);
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(found.path, 'utf8'));
  } catch (cause) {
    throw invalid(`${file}: not valid JSON`, cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(`${file}: not a JSON object`);
  return value;
}

function requiredJson(root: string, file: string): object {
  const value = readJson(root, file);
  if (value === null) throw invalid(`${file} is missing from the model folder`);
  return value;
}

interface CheckedOnnx {
  readonly path: string;
  readonly elements: number;
  readonly bytes: number;
}

/** Checks the weights that a graph keeps in other files: inside the folder, there, and long enough. */
function checkOnnx(root: string, file: string): CheckedOnnx {
  const found = findFile(root, file);
  if (found === null) throw invalid(`${file} is missing from the model folder`);
  if (found.bytes > MAX_ONNX_BYTES) throw invalid(`${file}: absurdly large (${found.bytes} bytes)`);
  let summary: ReturnType<typeof inspectOnnx>;
  try {
    summary = inspectOnnx(found.path);
  } catch (cause) {
    if (cause instanceof OnnxFormatError) throw invalid(`${file} ${cause.message}`, cause);
    throw cause;
  }
  const sizes = new Map<string, number>();
  let weightBytes = found.bytes;
  for (const external of summary.externals) {
    const { location, offset, length, tensor } = external;
    let size = sizes.get(location);
    if (size === undefined) {
      if (location === '' || location.startsWith('/') || /^[a-z]:|\\|(^|\/)\.\.(\/|$)/i.test(location)) {
        throw invalid(`${file}: its data file "${location.slice(0, 200)}" lies outside the model folder`);
      }
      // onnxruntime looks beside the real file, so a link must not move that place.
      const beside = join(dirname(found.path).slice(root.length + 1), location);
      const data = findFile(root, beside);
      if (data === null)
        throw invalid(`${beside} is missing from the model folder; ${file} keeps its weights there`);
      size = data.bytes;
      sizes.set(location, size);
      weightBytes += size;
    }
    if (offset + length > size) {
      throw invalid(
        `${location}: is cut off: ${file} wants ${offset + length} bytes for "${tensor}", it has ${size}`,
      );
    }
  }
  if (weightBytes > MAX_WEIGHT_BYTES)
    throw invalid(`${file}: absurdly large (${weightBytes} bytes of weights)`);
  return { path: found.path, elements: summary.elements, bytes: weightBytes };
}

function variant(root: string, name: string): string {
  for (const suffix of SUFFIXES) {
    const file = `onnx/${name}${suffix}.onnx`;
    if (findFile(root, file) !== null) return file;
  }
  throw invalid(`onnx/${name}.onnx is missing from the model folder`);
}

const NEVER_SAMPLED = [
  '<|im_start|>',
  '<|vision_start|>',
  '<|vision_end|>',
  '<|vision_pad|>',
  '<|image_pad|>',
  '<|video_pad|>',
  '<tool_response>',
  '</tool_response>',
] as const;

/** Ids of the special tokens, checked against the sizes that the configs tell. */
function tokenIds(tokenizer: AgentTokenizer, config: ModelConfig): TokenIds {
  const required = (token: string): number => {
    const id = tokenizer.idOf(token);
    if (id === null) throw invalid(`tokenizer.json: has no token ${token}`);
    return id;
  };
  const turnEnd = required('<|im_end|>');
  const imagePad = required('<|image_pad|>');
  required('<|im_start|>');
  required('<|vision_start|>');
  required('<|vision_end|>');
  if (tokenizer.size > config.vocabularySize) {
    const message = `tokenizer.json: has ids up to ${tokenizer.size - 1}, but config.json says vocab_size ${config.vocabularySize}`;
    throw invalid(message);
  }
  if (config.imageTokenId !== null && config.imageTokenId !== imagePad) {
    const message = `config.json: image_token_id is ${config.imageTokenId}, but <|image_pad|> is ${imagePad} in tokenizer.json`;
    throw invalid(message);
  }
  const eos = [...new Set([...config.eosIds, turnEnd])];
  const outside = eos.find((id) => id >= config.vocabularySize);
  if (outside !== undefined)
    throw invalid(`generation_config.json: eos_token_id ${outside} is outside the vocabulary`);
  const endOfText = tokenizer.idOf('<|endoftext|>');
  const banned = NEVER_SAMPLED.map((token) => tokenizer.idOf(token)).filter((id) => id !== null);
  // <|im_end|> is always among the ends, so <|endoftext|> is never the only one.
  const neverSampled = endOfText === null ? banned : [...banned, endOfText];
  return { eos, turnEnd, imagePad, neverSampled };
}

/** Reads and checks everything but the graphs' inputs and outputs, which need a session (`model-io.ts`). */
export function openModelFolder(folder: string): ModelFolder {
  const root = realFolder(folder);
  const config = modelConfig(
    requiredJson(root, 'config.json'),
    requiredJson(root, 'preprocessor_config.json'),
    readJson(root, 'generation_config.json'),
  );
  const profile = agentProfile(readJson(root, 'imagent.json'), basename(root));
  const tokenizer = createTokenizer(
    requiredJson(root, 'tokenizer.json'),
    requiredJson(root, 'tokenizer_config.json'),
  );
  const ids = tokenIds(tokenizer, config);
  const decoderName = profile.decoder === 'delta' ? 'decoder_delta' : 'decoder_model_merged';
  const vision = checkOnnx(root, variant(root, 'vision_encoder'));
  const embed = checkOnnx(root, variant(root, 'embed_tokens'));
  const decoder = checkOnnx(root, variant(root, decoderName));
  const twice = config.tiedEmbeddings ? config.vocabularySize * config.hidden : 0;
  return {
    folder: root,
    config,
    profile,
    tokenizer,
    ids,
    files: { visionEncoder: vision.path, embedTokens: embed.path, decoder: decoder.path },
    parameterCount: Math.max(0, vision.elements + embed.elements + decoder.elements - twice),
  };
}
