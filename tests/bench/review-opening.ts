import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import type { StoredImage } from '../../main/store/repositories/images.ts';
import { placeInBatch } from '../../main/store/repositories/page.ts';
import { openWorkspace } from '../../main/store/workspace.ts';
import type { Workspace } from '../../main/store/workspace.ts';
import type { Episode } from '../../shared/model/episode.ts';
import type { EpisodeId, SampleId } from '../../shared/model/ids.ts';
import type { SampledToken, Step } from '../../shared/model/step.ts';
import type { ImageView } from '../../shared/model/view.ts';
import { addSample, runningEpisode } from '../helpers/store-rows.ts';
import { connect, startTestHost } from '../helpers/test-host.ts';
import { createRandom } from './random.ts';
import { type Figure, median } from './report.ts';
import { figure } from './review-store.ts';

export const STEPS = 300;
/** As one message of JSON, the whole episode then has about 130 MB. */
export const TOKENS_PER_STEP = 5460;

/** Where a long run is, for those who open it. */
export interface LongRun {
  readonly sample: SampleId;
  readonly episode: EpisodeId;
}

function inputView(): ImageView {
  return {
    number: 1,
    origin: 'input',
    parent: null,
    rootImage: 0,
    rootBox: [0, 0, 640, 480],
    width: 640,
    height: 480,
  };
}

function zoomed(index: number): { readonly view: ImageView; readonly step: Omit<Step, 'tokens' | 'text'> } {
  const x = (index * 37) % 560;
  const y = (index * 53) % 420;
  const rootBox = [x, y, x + 60, y + 45] as const;
  return {
    view: {
      number: index + 2,
      origin: 'zoom_in',
      parent: 1,
      rootImage: 0,
      rootBox,
      width: 112,
      height: 84,
    },
    step: {
      index,
      segments: [{ kind: 'text', text: 'result', tokens: 3 }],
      contextTokens: index * 100,
      thought: `Look at place ${index}.`,
      action: { kind: 'zoom_in', image: 1, viewBox: rootBox, rootBox, rootImage: 0 },
      resultView: index + 2,
      stopReason: 'stop_string',
      timings: { prefillMs: 1, samplingMs: 2 },
    },
  };
}

/** What was sampled, as it is read again where the run is corrected. */
function saidIn({ thought, action }: Pick<Step, 'thought' | 'action'>): string {
  const box = action?.kind === 'zoom_in' ? action.viewBox : [];
  const call = JSON.stringify({ name: 'zoom_in', arguments: { image: 1, bbox_2d: box } });
  return `<think>${thought}</think>\n<tool_call>${call}</tool_call>`;
}

/** An image of 640 x 480 that is there, with enough in it that no two parts are the same. */
export async function addPicture(workspace: Workspace, folder: string): Promise<StoredImage> {
  const [width, height] = [640, 480];
  const random = createRandom(7);
  const pixels = Uint8Array.from({ length: width * height * 3 }, () => random.below(256));
  const bytes = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const [file, thumbnail] = [
    `images/${sha256.slice(0, 2)}/${sha256}.png`,
    `thumbnails/${sha256.slice(0, 2)}/${sha256}.webp`,
  ];
  for (const path of [file, thumbnail]) mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, file), bytes);
  await sharp(bytes).resize(320).webp().toFile(join(folder, thumbnail));
  return workspace.write(() =>
    workspace.images.add({
      place: placeInBatch(workspace.counters.nextBatch(), 0),
      sha256,
      name: 'noise.png',
      format: 'png',
      width,
      height,
      byteSize: bytes.length,
      importedAt: 1,
      file,
      thumbnail,
    }),
  );
}

/** A run with this many zooms into one image, and with this many tokens a step. */
export function addLongRun(
  workspace: Workspace,
  steps: number,
  tokens: number,
  image?: StoredImage,
): LongRun {
  const sample = addSample(workspace, {
    question: `A run of ${steps} steps?`,
    ...(image === undefined ? {} : { imageIds: [image.id] }),
  });
  const running = runningEpisode(workspace, sample.id);
  const all = Array.from({ length: steps }, (_, index) => zoomed(index));
  const written: readonly SampledToken[] = Array.from({ length: tokens }, (_, at) => ({
    id: at % 4096,
    text: ` word${at % 100}`,
    logprob: -0.123_456_789_012_3 * (at % 7),
    entropy: 0.512_345_678_901_2 + (at % 5),
  }));
  const episode: Episode = {
    ...running,
    state: { kind: 'ended', status: 'answered', endedAt: 9 },
    answer: 'red',
    verdict: 'right',
    views: [inputView(), ...all.map(({ view }) => view)],
    steps: all.map(({ step }) => ({ ...step, tokens: written, text: saidIn(step) })),
  };
  workspace.episodes.finish(episode);
  return { sample: sample.id, episode: episode.id };
}

/** From the question to the answer over a real WebSocket, as the page asks it. */
export async function measureOpening(folder: string, runs: number): Promise<readonly Figure[]> {
  const workspace = openWorkspace(join(folder, 'workspace'), 1);
  const { episode } = addLongRun(workspace, STEPS, TOKENS_PER_STEP);
  const megabytes = JSON.stringify(workspace.episodes.get(episode)).length / 1e6;
  workspace.close();
  const host = await startTestHost({ folder });
  const { client, close } = await connect(host, 'websocket');
  try {
    const times: number[] = [];
    for (let run = 0; run < Math.max(3, runs); run += 1) {
      const from = performance.now();
      await new Promise<void>((resolve, reject) => {
        const watching = client.episodes.watch.subscribe(
          { id: episode },
          {
            onData: () => {
              watching.unsubscribe();
              resolve();
            },
            onError: reject,
          },
        );
      });
      times.push(performance.now() - from);
    }
    return [
      figure(
        `episode of 300 steps, ${megabytes.toFixed(0)} MB: at the page`,
        median(times),
        times.length,
        1000,
      ),
    ];
  } finally {
    await close();
    await host.close();
  }
}
