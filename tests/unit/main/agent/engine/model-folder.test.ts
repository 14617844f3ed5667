import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadModel } from '../../../../../main/agent/engine/model.ts';
import { openModelFolder } from '../../../../../main/agent/engine/model-folder.ts';
import { chooseThreads } from '../../../../../main/agent/engine/sessions.ts';
import {
  externalWeight,
  FLOAT,
  floats,
  INT64,
  model,
  node,
  type Value,
  weight,
} from '../../../../helpers/onnx-writer.ts';
import { type ModelFiles, TINY, tinyModelFiles, writeModelFolder } from '../../../../helpers/tiny-model.ts';

const root = mkdtempSync(join(tmpdir(), 'imagent-models-'));
afterAll(() => rmSync(root, { recursive: true }));

let folders = 0;
function newFolder(): string {
  folders += 1;
  return join(root, `model-${folders}`);
}

/** A tiny model with a change, on disk. */
function folderWith(change: (files: ModelFiles) => void): string {
  const files = tinyModelFiles();
  change(files);
  return writeModelFolder(newFolder(), files);
}

function editJson(files: ModelFiles, file: string, edit: (value: Record<string, unknown>) => object): void {
  const value = JSON.parse(String(files.get(file))) as Record<string, unknown>;
  files.set(file, Buffer.from(JSON.stringify(edit(value))));
}

/** The folder is refused, and the message holds this. */
async function refused(folder: string, message: RegExp): Promise<void> {
  await expect(loadModel(folder)).rejects.toMatchObject({
    code: 'model_invalid',
    message: expect.stringMatching(message) as string,
  });
}

describe('a model folder', () => {
  it('opens, and says what it holds', async () => {
    const loaded = await loadModel(writeModelFolder(newFolder()));
    const { profile, config, ids, parameterCount } = loaded.folder;
    expect(profile).toMatchObject({
      name: 'Tiny',
      worlds: 'nothing at all',
      limits: { maxCalls: 4, maxTokensPerTurn: 256 },
    });
    expect(config).toMatchObject({ hidden: TINY.hidden, layers: TINY.layers, headDim: TINY.headDim });
    expect(ids.eos).toContain(ids.turnEnd);
    expect(ids.neverSampled).not.toContain(ids.turnEnd);
    expect(ids.neverSampled).toContain(ids.imagePad);
    expect(parameterCount).toBeGreaterThan(20_000);
    await loaded.release();
  });

  it('opens as it is published, without imagent.json: flat config, merged decoder, a variant of a file', async () => {
    const folder = folderWith((files) => {
      files.delete('imagent.json');
      files.delete('generation_config.json');
      editJson(files, 'config.json', ({ text_config, ...rest }) => ({
        ...rest,
        ...(text_config as object),
        eos_token_id: 262,
      }));
      files.set('onnx/embed_tokens_quantized.onnx', files.get('onnx/embed_tokens.onnx') as Buffer);
      files.delete('onnx/embed_tokens.onnx');
    });
    const loaded = await loadModel(folder);
    expect(loaded.folder.profile).toMatchObject({
      decoder: 'merged',
      maxPixels: 1_003_520,
      cropMinPixels: 200_704,
      worlds: null,
    });
    expect(loaded.folder.files.decoder).toMatch(/decoder_model_merged\.onnx$/);
    expect(loaded.folder.ids.eos).toEqual([262]);
    await loaded.release();
  });

  it('of format 1 is run by its published decoder, because its delta decoder was another', async () => {
    const folder = folderWith((files) => {
      editJson(files, 'imagent.json', (value) => ({ ...value, format: 1 }));
      files.delete('onnx/decoder_delta.onnx');
    });
    const loaded = await loadModel(folder);
    expect(loaded.folder.files.decoder).toMatch(/decoder_model_merged\.onnx$/);
    await loaded.release();
  });

  it('is read in smaller chunks where the scores of many heads would be large', async () => {
    const folder = folderWith((files) =>
      editJson(files, 'config.json', (value) => ({
        ...value,
        text_config: { ...(value['text_config'] as object), num_attention_heads: 1024, head_dim: 8 },
      })),
    );
    const few = await loadModel(writeModelFolder(newFolder()));
    const many = await loadModel(folder);
    expect([few.chunkRows(0), few.chunkRows(5000)]).toEqual([256, 256]);
    expect([many.chunkRows(0), many.chunkRows(5000)]).toEqual([32, 32]);
    await few.release();
    await many.release();
  });

  it('gives small models one thread and large ones the machine', () => {
    expect(chooseThreads(3_000_000, 16)).toBe(1);
    expect(chooseThreads(3_000_000_000, 4)).toBe(4);
    expect(chooseThreads(3_000_000_000, 64)).toBe(8);
  });
});

describe('what is missing is named', () => {
  it('when there is no folder, or it is a file', async () => {
    await refused(join(root, 'nowhere'), /there is no model folder at .*nowhere/);
    writeFileSync(join(root, 'file'), 'x');
    await refused(join(root, 'file'), /is a file, not a model folder/);
  });

  it.each([
    'config.json',
    'preprocessor_config.json',
    'tokenizer.json',
    'tokenizer_config.json',
    'onnx/vision_encoder.onnx',
    'onnx/embed_tokens.onnx',
    'onnx/decoder_delta.onnx',
  ])('%s', async (file) => {
    await refused(
      folderWith((files) => files.delete(file)),
      new RegExp(`^${file} is missing`),
    );
  });
});

describe('what lies is named', () => {
  it.each([
    ['not JSON', 'config.json', '{"model_type": ', /^config\.json: not valid JSON/],
    ['JSON, but no object', 'generation_config.json', '[1]', /^generation_config\.json: not a JSON object/],
    ['an empty file', 'tokenizer.json', '', /^tokenizer\.json: the file is empty/],
    [
      'text instead of a graph',
      'onnx/embed_tokens.onnx',
      'version https://git-lfs.github.com/spec/v1\n',
      /^onnx\/embed_tokens\.onnx .*not an ONNX file/,
    ],
    ['no graph', 'onnx/embed_tokens.onnx', '\x08\x08', /^onnx\/embed_tokens\.onnx holds no graph/],
  ])('%s', async (_what, file, content, message) => {
    await refused(
      folderWith((files) => files.set(file, Buffer.from(content, 'latin1'))),
      message,
    );
  });

  it.each<[string, string, (value: Record<string, unknown>) => object, RegExp]>([
    [
      'another architecture',
      'config.json',
      (value) => ({ ...value, model_type: 'llama' }),
      /^config\.json: model_type: must be "qwen2_5_vl"/,
    ],
    [
      'no layers',
      'config.json',
      (value) => ({ ...value, text_config: { ...(value['text_config'] as object), num_hidden_layers: 0 } }),
      /^config\.json: num_hidden_layers/,
    ],
    [
      'absurd dimensions',
      'config.json',
      (value) => ({ ...value, text_config: { ...(value['text_config'] as object), hidden_size: 1e12 } }),
      /^config\.json: hidden_size/,
    ],
    [
      'a head size that does not divide',
      'config.json',
      (value) => ({ ...value, text_config: { ...(value['text_config'] as object), num_attention_heads: 3 } }),
      /^config\.json: hidden_size is not a multiple/,
    ],
    [
      'another patch size in the processor',
      'preprocessor_config.json',
      (value) => ({ ...value, patch_size: 16 }),
      /^preprocessor_config\.json: patch_size is 16, but config\.json says 14/,
    ],
    [
      'a deviation of zero',
      'preprocessor_config.json',
      (value) => ({ ...value, image_std: [1, 0, 1] }),
      /^preprocessor_config\.json: image_std: must be above 0/,
    ],
    [
      'a vocabulary smaller than the tokenizer',
      'config.json',
      (value) => ({ ...value, text_config: { ...(value['text_config'] as object), vocab_size: 100 } }),
      /^tokenizer\.json: has ids up to 275, but config\.json says vocab_size 100/,
    ],
    [
      'another image token',
      'config.json',
      (value) => ({ ...value, image_token_id: 3 }),
      /^config\.json: image_token_id is 3/,
    ],
    [
      'an end outside the vocabulary',
      'generation_config.json',
      () => ({ eos_token_id: 999_999 }),
      /^generation_config\.json: eos_token_id 999999 is outside/,
    ],
    [
      'a tokenizer without special tokens',
      'tokenizer.json',
      (value) => ({ ...value, added_tokens: [] }),
      /^tokenizer\.json: has no token <\|im_end\|>/,
    ],
    [
      'a newer imagent.json',
      'imagent.json',
      (value) => ({ ...value, format: 3 }),
      /^imagent\.json: format: must be 1 or 2/,
    ],
    [
      'limits that are no numbers',
      'imagent.json',
      (value) => ({ ...value, limits: { max_calls: 'many' } }),
      /^imagent\.json: limits\.max_calls/,
    ],
    [
      'sizes the wrong way round',
      'imagent.json',
      (value) => ({ ...value, min_pixels: 999_999 }),
      /^imagent\.json: min_pixels/,
    ],
  ])('%s', async (_what, file, edit, message) => {
    await refused(
      folderWith((files) => editJson(files, file, edit)),
      message,
    );
  });

  it('layers that the graph does not have', async () => {
    const folder = folderWith((files) =>
      editJson(files, 'config.json', (value) => ({
        ...value,
        text_config: { ...(value['text_config'] as object), num_hidden_layers: 3 },
      })),
    );
    await refused(folder, /^onnx\/decoder_delta\.onnx: has no input "past\.2\.key"/);
  });

  it('a graph in the place of another', async () => {
    const folder = folderWith((files) => {
      files.set('onnx/embed_tokens.onnx', files.get('onnx/vision_encoder.onnx') as Buffer);
    });
    await refused(
      folder,
      /^onnx\/embed_tokens\.onnx: wants an input "pixel_values" that this program doesn't know/,
    );
  });

  it('a graph that is cut off, at any place', async () => {
    const whole = tinyModelFiles().get('onnx/decoder_delta.onnx') as Buffer;
    for (const share of [0.05, 0.5, 0.99]) {
      const folder = folderWith((files) => {
        files.set('onnx/decoder_delta.onnx', whole.subarray(0, Math.floor(whole.length * share)));
      });
      await refused(folder, /^onnx\/decoder_delta\.onnx is cut off/);
    }
  });
});

/** An embedding graph with these weights; its table must be called `w`. */
function embedGraph(weights: readonly Buffer[], type = FLOAT, hidden: number = TINY.hidden): Buffer {
  const inputs: Value[] = [['input_ids', INT64, ['b', 's']]];
  const outputs: Value[] = [['inputs_embeds', type, ['b', 's', hidden]]];
  return model([node('Gather', ['w', 'input_ids'], ['inputs_embeds'])], inputs, outputs, weights);
}

const ROWS = 276;
const BYTES = ROWS * TINY.hidden * 4;

describe('graphs', () => {
  it('are refused when they give fp16, with the way out', async () => {
    const table = weight('w', 10, [ROWS, TINY.hidden], Buffer.alloc(BYTES / 2));
    const folder = folderWith((files) => files.set('onnx/embed_tokens.onnx', embedGraph([table], 10)));
    await refused(folder, /"inputs_embeds" is float16, not float32; take the fp32, q4 or int8 variant/);
  });

  it('are refused when their rows are of another width', async () => {
    const table = weight('w', FLOAT, [ROWS, 8], Buffer.alloc(ROWS * 8 * 4));
    const folder = folderWith((files) => files.set('onnx/embed_tokens.onnx', embedGraph([table], FLOAT, 8)));
    await refused(folder, /"inputs_embeds" has the shape \[.*8\], not \[\*, \*, 16\]/);
  });

  it('are refused when a weight is not as long as its shape', async () => {
    const table = weight('w', FLOAT, [1_000_000, TINY.hidden], floats([1, 2, 3]));
    const folder = folderWith((files) => files.set('onnx/embed_tokens.onnx', embedGraph([table])));
    await refused(folder, /has a weight "w" of shape 1000000x16 that needs 64000000 bytes but has 12/);
  });

  it('are refused when a weight has an absurd shape', async () => {
    const table = weight('w', FLOAT, [2 ** 40, 2 ** 20], floats([1]));
    const folder = folderWith((files) => files.set('onnx/embed_tokens.onnx', embedGraph([table])));
    await refused(folder, /has a weight "w" of absurd shape/);
  });
});

describe('weights in a file of their own', () => {
  const place = { location: 'embed.data', offset: '0', length: String(BYTES) };
  const graphAt = (where: Readonly<Record<string, string>>): Buffer =>
    embedGraph([externalWeight('w', [ROWS, TINY.hidden], where)]);

  it('are read from beside the graph', async () => {
    const folder = folderWith((files) => {
      files.set('onnx/embed_tokens.onnx', graphAt(place));
      files.set('onnx/embed.data', floats(Array.from({ length: BYTES / 4 }, (_, index) => index)));
    });
    const loaded = await loadModel(folder);
    expect([...(await loaded.embed([2, 0])).subarray(0, 17)]).toEqual([
      ...Array.from({ length: 16 }, (_, index) => 32 + index),
      0,
    ]);
    await loaded.release();
  });

  it.each([
    ['missing', place, null, /^onnx\/embed\.data is missing/],
    ['too short', place, BYTES - 1, /^embed\.data: is cut off/],
    ['shorter than the offset', { ...place, offset: '4096' }, BYTES, /^embed\.data: is cut off/],
    ['of another length than the shape', { ...place, length: '8' }, BYTES, /needs 17664 bytes but claims 8/],
    ['at a place that is no number', { ...place, offset: '-4' }, BYTES, /malformed place/],
    [
      'outside the folder',
      { ...place, location: '../../secret' },
      BYTES,
      /"\.\.\/\.\.\/secret" lies outside the model folder/,
    ],
    ['at an absolute path', { ...place, location: '/etc/passwd' }, BYTES, /lies outside the model folder/],
    ['nowhere', { offset: '0' }, BYTES, /without the name of its data file/],
  ] as const)('are refused when they are %s', async (_what, where, bytes, message) => {
    const folder = folderWith((files) => {
      files.set('onnx/embed_tokens.onnx', graphAt(where));
      if (bytes !== null) files.set('onnx/embed.data', Buffer.alloc(bytes));
    });
    await refused(folder, message);
  });

  it('are refused when they are a link out of the folder', async () => {
    const folder = folderWith((files) => files.set('onnx/embed_tokens.onnx', graphAt(place)));
    const outside = join(root, 'outside.data');
    writeFileSync(outside, Buffer.alloc(BYTES));
    symlinkSync(outside, join(folder, 'onnx/embed.data'));
    await refused(folder, /^onnx\/embed\.data: leads out of the model folder/);
  });
});

describe('files that are not what they seem', () => {
  it('are refused when they are links out of the folder', async () => {
    const folder = folderWith((files) => files.delete('config.json'));
    const outside = join(root, 'config.json');
    writeFileSync(outside, tinyModelFiles().get('config.json') as Buffer);
    symlinkSync(outside, join(folder, 'config.json'));
    await refused(folder, /^config\.json: leads out of the model folder/);
  });

  it('may be links inside the folder, and the folder itself may be one', async () => {
    const folder = folderWith((files) => {
      files.set('real.json', files.get('config.json') as Buffer);
      files.delete('config.json');
    });
    symlinkSync('real.json', join(folder, 'config.json'));
    const link = newFolder();
    symlinkSync(folder, link);
    expect(openModelFolder(link).profile.name).toBe('Tiny');
  });

  it('are refused when they are folders', async () => {
    const folder = folderWith((files) => files.delete('tokenizer.json'));
    mkdirSync(join(folder, 'tokenizer.json'));
    await refused(folder, /^tokenizer\.json: not a regular file/);
  });

  it('are refused when they are huge, without being read', async () => {
    const folder = folderWith(() => undefined);
    truncateSync(join(folder, 'tokenizer.json'), 2 ** 33);
    await refused(folder, /^tokenizer\.json: absurdly large/);
    const other = folderWith(() => undefined);
    truncateSync(join(other, 'onnx/vision_encoder.onnx'), 2 ** 33);
    await refused(other, /^onnx\/vision_encoder\.onnx: absurdly large/);
  });
});
