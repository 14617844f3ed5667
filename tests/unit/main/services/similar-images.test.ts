import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { ALIKE_BITS, distance, similarGroups } from '../../../../main/services/library/similar-images.ts';
import type { Bands } from '../../../../main/store/repositories/image-looks.ts';
import { startTestHost } from '../../../helpers/test-host.ts';
import { tempFolder } from '../../../helpers/temp.ts';
import { until } from '../../../helpers/until.ts';
import { mkdirSync } from 'node:fs';

const band = fc.integer({ min: 0, max: 0xffff });

describe('images that look alike', () => {
  it('are found wherever they differ in three bits or fewer, and are never further apart than a chain of small steps', () => {
    fc.assert(
      fc.property(
        fc.tuple(band, band, band, band),
        fc.uniqueArray(fc.integer({ min: 0, max: 63 }), { maxLength: 12 }),
        (bands, flipped) => {
          const other = flipped.reduce<Bands>(
            (now, bit) =>
              now.map((one, at) => (at === bit >> 4 ? one ^ (1 << (bit & 15)) : one)) as unknown as Bands,
            bands,
          );
          expect(distance(bands, other)).toBe(flipped.length);
          const ones = (look: Bands): number => distance(look, [0, 0, 0, 0]);
          fc.pre([bands, other].every((look) => ones(look) >= 4 && ones(look) <= 60));
          const groups = similarGroups([
            { seq: 1, bands },
            { seq: 2, bands: other },
          ]);
          if (flipped.length <= 3) expect(groups).toEqual([[1, 2]]);
          if (flipped.length > ALIKE_BITS) expect(groups).toEqual([]);
        },
      ),
    );
  });

  it('plain images say nothing, so they are no group', () => {
    expect(similarGroups([1, 2, 3].map((seq) => ({ seq, bands: [0, 0, 0, 0] as const })))).toEqual([]);
  });

  it('a smaller, re-encoded copy of an imported picture is found, another picture is not', async () => {
    const folder = tempFolder();
    const set = join(folder, 'set');
    mkdirSync(set);
    const picture = (turn: number): Buffer =>
      Buffer.from(
        `<svg width="400" height="300" xmlns="http://www.w3.org/2000/svg"><rect width="400" height="300" fill="#eee"/>
         <circle cx="${100 + turn * 150}" cy="${220 - turn * 120}" r="70" fill="#223"/>
         <rect x="${220 - turn * 160}" y="${40 + turn * 90}" width="120" height="60" fill="#a40"/></svg>`,
      );
    await sharp(picture(0)).png().toFile(join(set, 'a.png'));
    await sharp(picture(0)).resize(180).jpeg({ quality: 60 }).toFile(join(set, 'b.jpg'));
    await sharp(picture(1)).png().toFile(join(set, 'c.png'));
    const host = await startTestHost({ folder });
    const { imports, library } = host.services;
    await imports.settled(imports.startPaths([set]).id);
    await until(() => library.similarImages(10).known === 3, 'every look is known');
    const { groups, total } = library.similarImages(10);
    expect(groups.map(({ images }) => images.map(({ name }) => name).toSorted())).toEqual([
      ['a.png', 'b.jpg'],
    ]);
    expect(total).toBe(1);
    await host.close();
  });
});
