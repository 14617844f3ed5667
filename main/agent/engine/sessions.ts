import { availableParallelism } from 'node:os';
import type * as Ort from 'onnxruntime-node';
import { BackendError } from '../backend.ts';
import type { ModelFolder } from './model-folder.ts';
import { checkDecoder, checkEmbedTokens, checkVisionEncoder, type DecoderShape } from './model-io.ts';
import { onnxruntime } from './ort.ts';

export interface ModelSessions {
  readonly visionEncoder: Ort.InferenceSession;
  readonly embedTokens: Ort.InferenceSession;
  readonly decoder: Ort.InferenceSession;
  readonly decoderShape: DecoderShape;
  readonly threads: number;
  release(): Promise<void>;
}

/** Below this the work of a step is too small to share: two threads took twice as long as one. */
const SMALL_MODEL = 50_000_000;
const MAX_THREADS = 8;

/** Threads for a model of this many parameters, on this machine. */
export function chooseThreads(parameterCount: number, processors: number = availableParallelism()): number {
  if (parameterCount < SMALL_MODEL) return 1;
  return Math.max(1, Math.min(MAX_THREADS, processors));
}

function sessionOptions(threads: number): Ort.InferenceSession.SessionOptions {
  return {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    // An arena asks for one block of gigabytes, which ends the process under Electron's allocator.
    enableCpuMemArena: false,
    enableMemPattern: false,
    logSeverityLevel: 3,
    // Threads that spin between steps would take the host's and the renderer's share of the machine.
    extra: { session: { intra_op: { allow_spinning: threads > 1 ? '1' : '0' } } },
  };
}

async function openSession(path: string, file: string, threads: number): Promise<Ort.InferenceSession> {
  try {
    return await onnxruntime().InferenceSession.create(path, sessionOptions(threads));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    // The runtime's messages hold the full path and run over lines.
    const message = reason.replaceAll(path, file).replaceAll(/\s+/g, ' ').slice(0, 600);
    throw new BackendError('model_invalid', `${file}: the runtime can't open it: ${message}`, { cause });
  }
}

function relative(folder: string, path: string): string {
  return path.startsWith(folder) ? path.slice(folder.length + 1).replaceAll('\\', '/') : path;
}

/** Opens the three graphs and checks their inputs and outputs against the configs. */
export async function openSessions(folder: ModelFolder, threads: number): Promise<ModelSessions> {
  const opened: Ort.InferenceSession[] = [];
  const release = async (): Promise<void> => {
    await Promise.allSettled(opened.map((session) => session.release()));
  };
  const open = async (path: string): Promise<readonly [Ort.InferenceSession, string]> => {
    const file = relative(folder.folder, path);
    const session = await openSession(path, file, threads);
    opened.push(session);
    return [session, file];
  };
  try {
    const [visionEncoder, visionFile] = await open(folder.files.visionEncoder);
    checkVisionEncoder(visionFile, visionEncoder, folder.config);
    const [embedTokens, embedFile] = await open(folder.files.embedTokens);
    checkEmbedTokens(embedFile, embedTokens, folder.config);
    const [decoder, decoderFile] = await open(folder.files.decoder);
    const decoderShape = checkDecoder(decoderFile, decoder, folder.config, folder.profile.decoder);
    return { visionEncoder, embedTokens, decoder, decoderShape, threads, release };
  } catch (error) {
    await release();
    throw error;
  }
}
