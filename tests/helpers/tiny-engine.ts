import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';
import type {
  AgentBackend,
  BackendEpisode,
  ContextSegment,
  GenerateOptions,
  GenerateResult,
  SampledToken,
  ViewSource,
} from '../../main/agent/backend.ts';
import { createEngineBackend } from '../../main/agent/engine/engine-backend.ts';
import { createEngineClient, type EngineClient } from '../../main/agent/engine/engine-client.ts';
import { forkWorker } from '../../main/agent/engine/fork-worker.ts';
import { encodePng } from '../../main/agent/engine/image-decode.ts';
import type { RgbImage } from '../../main/agent/engine/pillow-resize.ts';
import { makeTempFolder, removeFolder } from './temp.ts';
import { tinyModelFiles, writeModelFolder } from './tiny-model.ts';

export const GREEDY = { temperature: 0, topK: 0, topP: 1, seed: 0 } as const;
export const SYSTEM: ContextSegment = { kind: 'text', text: '<|im_start|>system\nthe thing<|im_end|>\n' };
export const forever = new AbortController().signal;

export const picture: RgbImage = {
  width: 90,
  height: 70,
  data: Uint8Array.from({ length: 90 * 70 * 3 }, (_, index) => (index * 11 + (index >> 6)) & 255),
};

/** The real engine process with a tiny model, and a picture to ask about. */
export interface TinyEngine {
  /** A folder for what else a test needs. */
  readonly root: string;
  /** Of the model. */
  readonly folder: string;
  readonly client: EngineClient;
  readonly backend: AgentBackend;
  readonly view: (box: ViewSource['box'], width?: number, height?: number) => ViewSource;
  /** A question on one view of the picture. */
  readonly question: (box?: ViewSource['box'], text?: string) => ContextSegment[];
  /** Closed with the test that opened it. */
  readonly newEpisode: (signal?: AbortSignal) => Promise<BackendEpisode>;
}

/** Started before the tests of the calling file, and ended with them. */
export function tinyEngine(): TinyEngine {
  const root = makeTempFolder('engine');
  const imagePath = join(root, 'picture.png');
  const folder = writeModelFolder(join(root, 'model'), tinyModelFiles());
  const client = createEngineClient({ spawnWorker: forkWorker });
  let backend: AgentBackend | null = null;
  const started = (): AgentBackend => {
    if (backend === null) throw new Error('the engine is there once the tests run');
    return backend;
  };
  const open: BackendEpisode[] = [];
  beforeAll(async () => {
    writeFileSync(imagePath, await encodePng(picture));
    backend = await createEngineBackend(client, { folder });
  });
  afterEach(() => {
    for (const episode of open.splice(0)) episode.close();
  });
  afterAll(() => {
    client.close();
    removeFolder(root);
  });
  const view: TinyEngine['view'] = (box, width = 56, height = 84) => ({
    imagePath,
    imageKey: 'picture',
    box,
    width,
    height,
  });
  return {
    root,
    folder,
    client,
    get backend() {
      return started();
    },
    view,
    question: (box = [0, 0, 90, 70], text = 'what?') => [
      SYSTEM,
      { kind: 'text', text: '<|im_start|>user\nImage 1: <|vision_start|>' },
      { kind: 'image', view: view(box) },
      { kind: 'text', text: `<|vision_end|>\n${text}<|im_end|>\n<|im_start|>assistant\n` },
    ],
    newEpisode: async (signal = forever) => {
      const episode = await started().openEpisode({ signal });
      open.push(episode);
      return episode;
    },
  };
}

export async function readTurn(
  episode: BackendEpisode,
  options: Partial<GenerateOptions> = {},
): Promise<{ tokens: SampledToken[]; result: GenerateResult }> {
  const turn = episode.generate({ sampling: GREEDY, maxTokens: 20, stopStrings: [], ...options });
  const tokens: SampledToken[] = [];
  for (;;) {
    const next = await turn.next();
    if (next.done === true) return { tokens, result: next.value };
    tokens.push(next.value);
  }
}

export const idsOf = (tokens: readonly SampledToken[]): number[] => tokens.map((token) => token.id);
