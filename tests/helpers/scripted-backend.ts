/**
 * A test double: an agent that says what its script says. It stands at a named edge (`AgentBackend`), so that the
 * loop and everything above it run for real. The real engine and a real HTTP server have tests of their own.
 */
import { BackendError } from '../../main/agent/backend.ts';
import type {
  AgentBackend,
  AgentDescription,
  AppendResult,
  BackendEpisode,
  ContextSegment,
  GenerateOptions,
  GenerateResult,
  SampledToken,
} from '../../main/agent/backend.ts';

/** One turn: what the agent says, or a fault after some text. With an `end` it ends as that, whatever it says. */
export type ScriptedTurn =
  | string
  | { readonly text: string; readonly endsWithTurnEnd: boolean; readonly end?: GenerateResult['end'] }
  | { readonly text: string; readonly thenThrow: Error }
  | { readonly text: string; readonly thenHang: true };

export interface ScriptedOptions {
  readonly description?: Partial<AgentDescription>;
  /** Thrown by the append of this index (0 is the prompt). */
  readonly appendFault?: { readonly at: number; readonly error: Error };
}

export const SCRIPTED_DESCRIPTION: AgentDescription = {
  kind: 'onnx',
  name: 'scripted',
  description: 'Says what its script says.',
  source: 'tests/helpers/scripted-backend.ts',
  worlds: null,
  images: { factor: 28, minPixels: 12_544, maxPixels: 12_544, cropMinPixels: 12_544 },
  limits: {
    maxCalls: 8,
    maxTokensPerTurn: 256,
    maxEpisodeTokens: 4096,
    maxEpisodePixels: 4_000_000,
    maxBadCallsInRow: 3,
  },
  sampling: { temperature: 0, topK: 0, topP: 1 },
  vocabularySize: null,
  parameterCount: null,
};

export interface ScriptedBackend extends AgentBackend {
  /** Segments in the order in which they were appended, over all episodes. */
  readonly appended: readonly ContextSegment[];
  readonly openEpisodes: () => number;
}

/** Every episode plays `script` from its start. A turn past its end says nothing. */
export function scriptedBackend(
  script: readonly ScriptedTurn[],
  options: ScriptedOptions = {},
): ScriptedBackend {
  const appended: ContextSegment[] = [];
  let open = 0;
  return {
    description: { ...SCRIPTED_DESCRIPTION, ...options.description },
    appended,
    openEpisodes: () => open,
    openEpisode: async ({ signal }) => {
      throwIfAborted(signal);
      open += 1;
      return scriptedEpisode(script, options, appended, () => {
        open -= 1;
      });
    },
    close: async () => {},
  };
}

function scriptedEpisode(
  script: readonly ScriptedTurn[],
  options: ScriptedOptions,
  log: ContextSegment[],
  onClose: () => void,
): BackendEpisode {
  let contextTokens = 0;
  let turnIndex = 0;
  let appendIndex = 0;
  return {
    append: async (segments, appendOptions): Promise<AppendResult> => {
      throwIfAborted(appendOptions?.signal);
      if (options.appendFault?.at === appendIndex) {
        throw options.appendFault.error;
      }
      appendIndex += 1;
      log.push(...segments);
      const counts = segments.map((segment) => ({ tokens: countTokens(segment) }));
      contextTokens += counts.reduce((sum, { tokens }) => sum + tokens, 0);
      const stats = {
        imageMs: 0,
        visionMs: 0,
        prefillMs: 0,
        prefillTokens: 0,
        visionRuns: 0,
        visionCacheHits: 0,
      };
      return { segments: counts, contextTokens, stats };
    },
    generate: async function* (
      generateOptions: GenerateOptions,
    ): AsyncGenerator<SampledToken, GenerateResult, void> {
      const turn = script[turnIndex] ?? '';
      turnIndex += 1;
      const { text: whole, ...rest } = typeof turn === 'string' ? { text: turn } : turn;
      const finish = (end: GenerateResult['end'], text: string, tokens: number): GenerateResult => {
        contextTokens += tokens;
        const endsWithTurnEnd = 'endsWithTurnEnd' in rest && rest.endsWithTurnEnd;
        return { end, text, tokens, endsWithTurnEnd, contextTokens, stats: { totalMs: 1, msPerToken: 1 } };
      };
      let text = '';
      for (const [index, piece] of tokenise(whole).entries()) {
        if (index === generateOptions.maxTokens) {
          return finish('max_tokens', text, index);
        }
        throwIfAborted(generateOptions.signal);
        text += piece;
        yield { id: index, text: piece, logprob: -0.5, entropy: Number.NaN };
        if (!('end' in rest) && generateOptions.stopStrings.some((stop) => text.endsWith(stop))) {
          return finish('stop_string', text, index + 1);
        }
      }
      if ('thenThrow' in rest) {
        throw rest.thenThrow;
      }
      if ('thenHang' in rest) {
        await aborted(generateOptions.signal);
        throwIfAborted(generateOptions.signal);
      }
      return finish(('end' in rest ? rest.end : undefined) ?? 'eos', text, tokenise(whole).length + 1);
    },
    checkpoint: async () => ({ id: turnIndex, contextTokens }),
    rollback: async () => {},
    renderView: async () => new Uint8Array(),
    close: onClose,
  };
}

/** Tags are one token each, everything else goes by words: near enough to count with. */
export function tokenise(text: string): readonly string[] {
  return text.match(/<\|?\/?[a-z_]+\|?>|\s*[^\s<]+|\s+|</gu) ?? [];
}

function countTokens(segment: ContextSegment): number {
  if (segment.kind === 'image') return (segment.view.width * segment.view.height) / 784;
  return segment.kind === 'ids' ? segment.ids.length : tokenise(segment.text).length;
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) {
    throw new BackendError('aborted', 'aborted');
  }
}

async function aborted(signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted === true) {
    return;
  }
  await new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }));
}
