import type { EpisodeLimits } from '../../shared/model/limits.ts';

/**
 * What the episode loop needs from anything that runs an agent. Two kinds exist: the onnxruntime engine in its
 * own process, and an OpenAI-compatible server. The loop, the tools and the text are the same over both.
 *
 * Lengths are tokens, sizes are pixels, times are milliseconds. A backend never throws anything but
 * `BackendError`.
 */

/** Why a backend call failed. Closed: callers switch over it. */
export const BACKEND_ERROR_CODES = [
  /** The caller's AbortSignal fired. */
  'aborted',
  /** A method of an episode or backend that was closed. */
  'closed',
  /** The engine process ended while the call was pending; the next call starts a new one. */
  'engine_crashed',
  /** The engine process can't be started. */
  'engine_unavailable',
  /** The model folder is not one that can be run; the message names the file and what is wrong with it. */
  'model_invalid',
  /** The file of an image is missing, broken, of an unknown format or over the limits. */
  'image_unreadable',
  /** A view that lies outside its image, or a size that the model can't take. */
  'view_invalid',
  /** A recorded turn with ids that the agent doesn't have. */
  'ids_invalid',
  /** The context would grow past what the model or the memory allows. */
  'context_full',
  /** A checkpoint that doesn't belong to this episode or was rolled back over. */
  'checkpoint_invalid',
  /** The server can't be reached or answered with an error. */
  'server_unavailable',
  /** A fault in our own code. */
  'internal',
] as const;

export type BackendErrorCode = (typeof BACKEND_ERROR_CODES)[number];

export class BackendError extends Error {
  override readonly name = 'BackendError';
  readonly code: BackendErrorCode;

  constructor(code: BackendErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** How tokens are drawn. Temperature 0 is greedy, and then the rest has no effect. */
export interface SamplingOptions {
  readonly temperature: number;
  /** 0 turns it off. */
  readonly topK: number;
  /** 1 turns it off. */
  readonly topP: number;
  /**
   * Unsigned 32-bit. The draw at a place of the context depends on the seed and on that place only, so the same
   * seed over the same context gives the same tokens, also after a rollback. Their log-probabilities may differ in the
   * seventh digit, by how many tokens went through the model together.
   */
  readonly seed: number;
}

/** Facts of an agent that the loop and the screens show or obey. */
export interface AgentDescription {
  readonly kind: 'onnx' | 'openai';
  readonly name: string;
  readonly description: string;
  /** Model folder or base URL. */
  readonly source: string;
  /** What the agent knows, where it is limited to a world; null for a general model. */
  readonly worlds: string | null;
  readonly images: {
    /** Sides of a view are multiples of this (28). */
    readonly factor: number;
    readonly minPixels: number;
    readonly maxPixels: number;
    /** Least pixels of a zoomed crop. */
    readonly cropMinPixels: number;
  };
  /** The agent's defaults; settings override each. */
  readonly limits: EpisodeLimits;
  /** Defaults of the agent, without a seed. */
  readonly sampling: Omit<SamplingOptions, 'seed'>;
  /** Null where it is not known (a server). */
  readonly vocabularySize: number | null;
  readonly parameterCount: number | null;
}

/** Pixels [x1, y1, x2, y2) of the canonical root image: whole numbers, 0 <= x1 < x2 <= width. */
export type RootBox = readonly [number, number, number, number];

/** An image as the model gets it: the root image cropped to `box`, resized (Pillow bicubic) to width x height. */
export interface ViewSource {
  /** Path of the canonical image file. */
  readonly imagePath: string;
  /** Identifies the bytes of that file (its sha256); caches are keyed by it. */
  readonly imageKey: string;
  readonly box: RootBox;
  readonly width: number;
  readonly height: number;
}

/** A piece of the context; each is tokenised on its own, never across a border. */
export type ContextSegment =
  | { readonly kind: 'text'; readonly text: string }
  /**
   * A recorded turn: the ids as they were sampled, which need not be those that its text is tokenised into. `text` is
   * what they say, for a backend that takes no ids.
   */
  | { readonly kind: 'ids'; readonly ids: readonly number[]; readonly text: string }
  | { readonly kind: 'image'; readonly view: ViewSource };

export interface AppendProgress {
  readonly doneTokens: number;
  readonly totalTokens: number;
}

export interface AppendOptions {
  /** Checked between chunks of prefill. After an abort the context is as it was before the append. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: AppendProgress) => void;
  /**
   * What comes next, so that a backend in another process can begin with it at once: `generate` with these options, or
   * nothing but `close`. With less room than one token, nothing is sampled.
   */
  readonly followedBy?: FollowingTurn;
}

export interface FollowingTurn extends Pick<GenerateOptions, 'sampling' | 'stopStrings'> {
  /** `generate` gets the lesser of this and what is left up to `maxContextTokens`. */
  readonly maxTokens: number;
  readonly maxContextTokens: number;
}

export interface AppendStats {
  /** Reading, cropping and resizing of images. */
  readonly imageMs: number;
  readonly visionMs: number;
  readonly prefillMs: number;
  /** Tokens that went through the decoder; less than those appended when a shared prefix was reused. */
  readonly prefillTokens: number;
  readonly visionRuns: number;
  readonly visionCacheHits: number;
}

export interface AppendResult {
  /** One per segment, in order. */
  readonly segments: readonly { readonly tokens: number }[];
  /** Length of the whole context after the append. */
  readonly contextTokens: number;
  readonly stats: AppendStats;
}

export interface SampledToken {
  /** -1 where the backend doesn't tell ids. */
  readonly id: number;
  /** What this token added to the turn's text; '' while a character is still incomplete. */
  readonly text: string;
  /**
   * Natural log of the token's probability under the model's own distribution: temperature 1, before top-k,
   * top-p and the ban of never-sampled tokens. NaN where the backend doesn't tell it.
   */
  readonly logprob: number;
  /** Entropy of that distribution in nats. NaN where the backend doesn't tell it. */
  readonly entropy: number;
}

export interface GenerateOptions {
  readonly sampling: SamplingOptions;
  readonly maxTokens: number;
  /** Generation ends when the turn's text ends with one of these; it stays in the text. */
  readonly stopStrings: readonly string[];
  readonly signal?: AbortSignal;
}

export type GenerateEnd = 'stop_string' | 'eos' | 'max_tokens';

export interface GenerateResult {
  readonly end: GenerateEnd;
  /** Text of the turn without an eos token: the concatenation of the token texts. */
  readonly text: string;
  readonly tokens: number;
  /** True when the last sampled token is <|im_end|>, so that the next segment must not repeat it. */
  readonly endsWithTurnEnd: boolean;
  readonly contextTokens: number;
  readonly stats: { readonly totalMs: number; readonly msPerToken: number };
}

/** A place in an episode's context to come back to. Opaque; belongs to the episode that made it. */
export interface Checkpoint {
  readonly id: number;
  readonly contextTokens: number;
}

export interface BackendEpisode {
  /** Appends to the context. All or nothing: on an error or abort the context is as it was. */
  append(segments: readonly ContextSegment[], options?: AppendOptions): Promise<AppendResult>;
  /**
   * Samples one turn onto the context. On abort it throws BackendError('aborted'); tokens that were yielded stay
   * in the context. Leaving the loop early ends the generation the same way.
   */
  generate(options: GenerateOptions): AsyncGenerator<SampledToken, GenerateResult, void>;
  checkpoint(): Promise<Checkpoint>;
  rollback(checkpoint: Checkpoint): Promise<void>;
  /** A view as the model saw it: an 8-bit RGB PNG of exactly width x height. */
  renderView(view: ViewSource): Promise<Uint8Array>;
  /** Frees the context. Never throws; calls after it reject with `closed`. */
  close(): void;
}

export interface AgentBackend {
  readonly description: AgentDescription;
  /** An empty context. `signal` ends everything that the episode does. */
  openEpisode(options: { readonly signal: AbortSignal }): Promise<BackendEpisode>;
  /** Frees the model. Open episodes reject with `closed`. */
  close(): Promise<void>;
}
