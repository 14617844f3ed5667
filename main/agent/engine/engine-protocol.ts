import { z } from 'zod';
import { BACKEND_ERROR_CODES } from '../backend.ts';

/**
 * Messages between the host and the engine process. Requests are parsed in the engine; replies in the client.
 * Tokens come many a second and get a cheap check only (`isTokenMessage`).
 */

const whole = z.number().int().min(0);
const handle = whole.max(2 ** 52);

const viewSource = z.object({
  imagePath: z.string().min(1),
  imageKey: z.string().min(1),
  box: z.tuple([whole, whole, whole, whole]),
  width: whole.min(1),
  height: whole.min(1),
});

const contextSegment = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('text'), text: z.string() }),
  z.object({ kind: z.literal('ids'), ids: z.array(handle).max(1_000_000) }),
  z.object({ kind: z.literal('image'), view: viewSource }),
]);

const samplingOptions = z.object({
  temperature: z.number().min(0).max(100),
  topK: whole,
  topP: z.number().gt(0).max(1),
  seed: whole.max(0xffff_ffff),
});

export const engineRequest = z.discriminatedUnion('method', [
  z.object({ method: z.literal('load'), folder: z.string().min(1), threads: whole.max(256) }),
  z.object({ method: z.literal('unload'), model: handle }),
  /** The host says which handle the episode gets, so that it need not wait to use it. */
  z.object({ method: z.literal('open'), model: handle, episode: handle }),
  z.object({
    method: z.literal('append'),
    episode: handle,
    segments: z.array(contextSegment).max(10_000),
    /** What a `generate` that is already on its way names as `after`. */
    label: handle.optional(),
  }),
  z.object({
    method: z.literal('generate'),
    episode: handle,
    sampling: samplingOptions,
    maxTokens: whole,
    stopStrings: z.array(z.string().min(1)).max(100),
    /** Only if the append of this label went well, and nothing came between. */
    after: handle.optional(),
    maxContextTokens: whole.optional(),
  }),
  z.object({ method: z.literal('checkpoint'), episode: handle }),
  z.object({ method: z.literal('rollback'), episode: handle, checkpoint: handle }),
  z.object({ method: z.literal('close'), episode: handle }),
  z.object({ method: z.literal('render'), view: viewSource }),
  z.object({ method: z.literal('stats') }),
]);
export type EngineRequest = z.infer<typeof engineRequest>;

/** What the host sends. */
export const hostMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('call'), id: handle, request: engineRequest }),
  /** Ends call `id`, which then replies with the error `aborted`, if it is still under way. */
  z.object({ type: z.literal('cancel'), id: handle }),
]);
export type HostMessage = z.infer<typeof hostMessage>;

/** [id, text, logprob, entropy]: a tuple, because thousands are sent. */
export type WireToken = readonly [number, string, number, number];

export interface TokenMessage {
  readonly type: 'tokens';
  readonly id: number;
  readonly tokens: readonly WireToken[];
}

/** What the engine sends, apart from tokens. */
export const engineMessage = z.discriminatedUnion('type', [
  /** With the tokens that were not sent before it: most turns of a small model are one message. */
  z.object({
    type: z.literal('result'),
    id: handle,
    value: z.unknown(),
    tokens: z.custom<readonly WireToken[]>(Array.isArray).optional(),
  }),
  z.object({
    type: z.literal('error'),
    id: handle,
    code: z.enum(BACKEND_ERROR_CODES),
    message: z.string(),
  }),
  z.object({ type: z.literal('progress'), id: handle, doneTokens: whole, totalTokens: whole }),
]);
export type EngineMessage = z.infer<typeof engineMessage> | TokenMessage;

export function isTokenMessage(message: unknown): message is TokenMessage {
  if (typeof message !== 'object' || message === null) return false;
  const { type, id, tokens } = message as { type?: unknown; id?: unknown; tokens?: unknown };
  return type === 'tokens' && typeof id === 'number' && Array.isArray(tokens);
}

/** Figures of the engine process, for the screens and the benchmarks. Bytes. */
export interface EngineStats {
  readonly pid: number;
  readonly residentBytes: number;
  readonly imageCacheBytes: number;
  readonly models: number;
  readonly episodes: number;
}
