import { existsSync } from 'node:fs';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeBeginnerFolder } from '../../../../main/services/demo/beginner-folder.ts';
import { openModelFolder } from '../../../../main/agent/engine/model-folder.ts';
import { countWeights } from '../../../../main/trainer-control/weights.ts';
import { ROOT } from '../../../helpers/project.ts';
import { tempFolder } from '../../../helpers/temp.ts';

const demo = join(ROOT, 'assets', 'demo-agent');
const packed = join(ROOT, 'assets', 'beginner');

describe('the beginner that ships', () => {
  it('becomes a model folder of the demo agent’s shape, with weights of its own', async () => {
    const out = join(tempFolder('beginner-folder'), 'agents', 'beginner');
    await makeBeginnerFolder(demo, packed, out);
    const folder = openModelFolder(out);
    expect(folder.profile).toMatchObject({ name: 'Beginner' });
    expect(folder.parameterCount).toBe(openModelFolder(demo).parameterCount);
    expect(countWeights(out)).toBe(countWeights(demo));
    const bytes = (name: string) => Promise.all([demo, out].map((one) => readFile(join(one, name))));
    for (const name of ['model.safetensors', 'onnx/decoder.onnx_data', 'onnx/embed_tokens.onnx']) {
      const [own, other] = await bytes(name);
      expect(own?.length, name).toBe(other?.length);
      expect(own?.equals(other ?? Buffer.alloc(0)), name).toBe(false);
    }
    const [tower, same] = await bytes('onnx/vision_encoder.onnx');
    expect(tower?.equals(same ?? Buffer.alloc(0))).toBe(true);
  });

  it('is not made of anything else than what was packed', async () => {
    const root = tempFolder('beginner-other');
    const other = join(root, 'demo-agent');
    await cp(demo, other, { recursive: true });
    const weights = await readFile(join(other, 'model.safetensors'));
    weights[weights.length - 1] = (weights.at(-1) ?? 0) ^ 1;
    await writeFile(join(other, 'model.safetensors'), weights);
    const out = join(root, 'beginner');
    await expect(makeBeginnerFolder(other, packed, out)).rejects.toThrow(/model\.safetensors/);
    expect(existsSync(out)).toBe(false);
    expect(await readdir(root)).toEqual(['demo-agent']);
  });
});

describe('the size of an agent', () => {
  it('is read from the headers of its weights', async () => {
    expect(countWeights(demo)).toBe(2_588_352);
    const root = tempFolder('weights');
    expect(countWeights(root)).toBeNull();
    await writeFile(join(root, 'model.safetensors'), Buffer.alloc(4));
    expect(countWeights(root)).toBeNull();
  });

  it('is that of all parts', async () => {
    const root = tempFolder('weights-parts');
    const part = (shape: readonly number[]) => {
      const header = Buffer.from(
        JSON.stringify({ __metadata__: { format: 'pt' }, x: { dtype: 'F16', shape, data_offsets: [0, 2] } }),
      );
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(header.length));
      return Buffer.concat([length, header]);
    };
    await writeFile(join(root, 'a.safetensors'), part([3, 5]));
    await writeFile(join(root, 'b.safetensors'), part([7]));
    const map = { one: 'a.safetensors', two: 'b.safetensors', three: 'b.safetensors' };
    await writeFile(join(root, 'model.safetensors.index.json'), JSON.stringify({ weight_map: map }));
    expect(countWeights(root)).toBe(22);
  });
});
