import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { REVIEWS_WANTED } from '../../../../shared/model/guide.ts';
import { ROOT } from '../../../helpers/project.ts';
import { startTestHost } from '../../../helpers/test-host.ts';
import type { TestHost } from '../../../helpers/test-host.ts';
import { tempFolder } from '../../../helpers/temp.ts';

describe('the first steps of the demo workspace', () => {
  let host: TestHost | undefined;
  afterEach(async () => {
    await host?.close();
  });

  async function start(withDemo: boolean): Promise<TestHost> {
    const folder = tempFolder('guide');
    if (withDemo) cpSync(join(ROOT, 'assets'), join(folder, 'assets'), { recursive: true });
    host = await startTestHost({ folder, script: ['<answer>yes</answer>'] });
    await host.demoReady;
    return host;
  }

  it('are not there where the demo is not', async () => {
    const { services } = await start(false);
    expect(services.guide.get()).toMatchObject({ exists: false, shown: false, facts: null });
  });

  it('follow what happens, from the first run to the snapshot', async () => {
    const { services } = await start(true);
    const { guide } = services;
    const { beginner, sample } = guide.get();
    expect((await services.agents.list()).find(({ id }) => id === beginner)?.isDemo).toBe(false);
    expect(services.library.listSamples({ cursor: null, limit: 1, filter: {} }).items[0]?.sample.id).toBe(
      sample,
    );
    expect(guide.get().facts).toMatchObject({ episodes: 0, reviewed: 0, snapshot: null });

    await guide.play();
    expect(guide.get().facts).toMatchObject({ episodes: REVIEWS_WANTED, reviewed: 0 });
    expect(await guide.play()).toBeNull();

    const { items } = services.reviews.queue({
      ...{ order: 'unreviewed', seed: 0, filter: { todo: true }, cursor: null, limit: 50 },
    });
    expect(new Set(items.map(({ episode }) => episode.agentVersionId))).toEqual(new Set([beginner]));
    for (const { episode } of items) {
      const { id: episodeId } = episode;
      services.reviews.put({ episodeId, revision: null, verdict: 'accept', reasons: [], note: '' });
    }
    expect(guide.get().facts).toMatchObject({ reviewed: REVIEWS_WANTED });

    const [one, two] = await Promise.all([guide.prepare(undefined), guide.prepare(undefined)]);
    expect(two).toBe(one);
    const { name, counts } = services.snapshots.get(one);
    expect(name).toBe('After 5 reviews');
    expect(counts.splits).toEqual({ train: 64, validation: 16, test: 60, none: 0 });
    expect(guide.get().facts?.snapshot).toBe(one);
    // A second one brings no second copy of the questions.
    expect(services.snapshots.get(await guide.prepare(undefined)).counts.samples).toBe(140);
  });

  it('are put away for good, and brought back', async () => {
    const { services } = await start(true);
    expect(services.guide.get()).toMatchObject({ exists: true, shown: true });
    services.guide.show(false);
    expect(services.guide.get()).toMatchObject({ exists: true, shown: false, facts: null });
    services.guide.show(true);
    expect(services.guide.get()).toMatchObject({ shown: true, facts: { episodes: 0 } });
  });
});
