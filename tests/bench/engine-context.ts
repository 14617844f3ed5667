import { type Context, createContext } from '../../main/agent/engine/context.ts';
import { createEngineEpisode, createModelRuntime } from '../../main/agent/engine/engine-episode.ts';
import type { KeyValueCache } from '../../main/agent/engine/kv-cache.ts';
import { type LoadedModel, loadModel } from '../../main/agent/engine/model.ts';
import { createViewImages } from '../../main/agent/engine/view-images.ts';
import type { ContextSegment } from '../../main/agent/backend.ts';
import { promptSegments, SYSTEM_WITH_TOOLS, viewResponseSegments } from '../../main/agent/prompt.ts';
import { inputViews, viewSource } from '../../main/agent/views.ts';
import type { BenchOptions } from './engine.ts';
import { type Figure, median } from './report.ts';
import { readInputs } from './samples.ts';

const LONG_CONTEXT = 5000;
const STEPS = 60;
const TURNS = 4;
const never = new AbortController().signal;
const quiet = (): void => undefined;

/** Fills a context with text up to a length and times single-token steps on it. */
async function timeSteps(model: LoadedModel, context: Context, length: number): Promise<number[]> {
  const ids = model.folder.tokenizer.encode('The red star is in image 2. ');
  while (context.tokens < length) {
    await context.append([
      { kind: 'text', ids: Array.from({ length: 250 }, (_, i) => ids[i % ids.length] ?? 0) },
    ]);
  }
  const times: number[] = [];
  for (let step = 0; step < STEPS; step += 1) {
    context.push(ids[step % ids.length] ?? 0);
    const startedAt = performance.now();
    await context.nextLogits();
    times.push(performance.now() - startedAt);
  }
  return times.slice(10);
}

/** A model whose caches add up what they themselves take: handing in the past, taking over the new rows. */
function withTimedCache(model: LoadedModel): { readonly model: LoadedModel; readonly takeMs: () => number } {
  let spent = 0;
  const timed = <Value>(work: () => Value): Value => {
    const startedAt = performance.now();
    const value = work();
    spent += performance.now() - startedAt;
    return value;
  };
  const wrap = (cache: KeyValueCache): KeyValueCache => ({
    get length() {
      return cache.length;
    },
    get bytes() {
      return cache.bytes;
    },
    feeds: (rows) => timed(() => cache.feeds(rows)),
    append: (outputs, rows) => timed(() => cache.append(outputs, rows)),
    truncate: (length) => cache.truncate(length),
    clone: () => wrap(cache.clone()),
    release: () => cache.release(),
  });
  return {
    model: { ...model, newCache: () => wrap(model.newCache()) },
    takeMs: () => {
      const taken = spent;
      spent = 0;
      return taken;
    },
  };
}

async function measureCache(model: LoadedModel): Promise<readonly Figure[]> {
  const timed = withTimedCache(model);
  const context = createContext(timed.model);
  const short = await timeSteps(model, createContext(model), 500);
  await timeSteps(model, context, LONG_CONTEXT);
  timed.takeMs();
  const long = await timeSteps(model, context, LONG_CONTEXT);
  const share = (timed.takeMs() / STEPS / median(long)) * 100;
  const of = STEPS - 10;
  return [
    { name: 'step at 500 tokens', value: median(short), unit: 'ms', of },
    { name: 'step at 5,000 tokens', value: median(long), unit: 'ms', of },
    { name: 'cache overhead in that step', value: share, unit: '%', of, goal: '< 5 %', met: share < 5 },
  ];
}

/** From a tool's result to the first token of the next turn: with the cache kept, and with everything read again. */
async function measureReuse(
  options: BenchOptions,
  model: LoadedModel,
  samples: string,
): Promise<readonly Figure[]> {
  const inputs = await readInputs(samples);
  const input = inputs.find((one) => one.images.length >= 2) ?? inputs[0];
  if (input === undefined) throw new Error('the world wrote no samples');
  const { profile } = model.folder;
  const sized = inputViews(input.images, { ...profile, factor: 28 });
  if (!sized.ok) throw new Error(sized.error);
  const views = Array.from({ length: sized.views.length + TURNS }, (_, index) => ({
    ...(sized.views[index % sized.views.length] ?? sized.views[0]),
    number: index + 1,
  }));
  const segmentsOf = (parts: ReturnType<typeof promptSegments>): ContextSegment[] =>
    parts.map((part) => {
      if (part.kind === 'text') return part;
      const view = views[part.view - 1];
      if (view === undefined) throw new Error(`no view ${part.view}`);
      return { kind: 'image', view: viewSource(view as Parameters<typeof viewSource>[0], input.images) };
    });
  const turns: ContextSegment[][] = [
    segmentsOf(promptSegments(SYSTEM_WITH_TOOLS, sized.views.length, input.question, null)),
  ];
  for (let turn = 1; turn <= TURNS; turn += 1) {
    const call = `<think>Look again at image 1.</think>\n<tool_call>\n{"name": "look_back", "arguments": {"image": 1}}\n</tool_call>`;
    turns.push([
      { kind: 'text', text: call },
      ...segmentsOf(viewResponseSegments(sized.views.length + turn, false)),
    ]);
  }
  const appendOptions = { signal: never, onProgress: quiet };
  const kept: number[] = [];
  const again: number[] = [];
  for (let run = 0; run < options.runs * 4; run += 1) {
    const runtime = createModelRuntime(model, createViewImages());
    const episode = createEngineEpisode(runtime);
    for (const [turn, segments] of turns.entries()) {
      const startedAt = performance.now();
      await episode.append(segments, appendOptions);
      if (turn === TURNS) kept.push(performance.now() - startedAt);
    }
    const fresh = createEngineEpisode(createModelRuntime(model, createViewImages()));
    const startedAt = performance.now();
    await fresh.append(turns.flat(), appendOptions);
    again.push(performance.now() - startedAt);
  }
  const of = kept.length;
  return [
    { name: `tool result read in turn ${TURNS + 1}, cache kept`, value: median(kept), unit: 'ms', of },
    { name: 'the same, whole context read again', value: median(again), unit: 'ms', of },
    { name: 'gain by keeping the cache', value: median(again) / median(kept), unit: 'x', of },
  ];
}

export async function measureContext(options: BenchOptions, samples: string): Promise<readonly Figure[]> {
  const model = await loadModel(options.agent);
  try {
    return [...(await measureReuse(options, model, samples)), ...(await measureCache(model))];
  } finally {
    await model.release();
  }
}
