import { basename } from 'node:path';
import { z } from 'zod';
import { GREEDY } from '../../../shared/model/limits.ts';
import type { EpisodeLimits } from '../../../shared/model/limits.ts';
import type { AgentBackend } from '../../agent/backend.ts';
import { runEpisode } from '../../agent/loop.ts';

/** What the trainer's `verify` says of one greedy episode: as much as is compared. */
export const verifiedEpisode = z.object({
  question: z.string(),
  choices: z.array(z.string()).nullable(),
  /** Absolute paths. */
  images: z.array(z.string()),
  /** A question of the procedural world, because the run has too few of its own. */
  drawn: z.boolean(),
  turns: z.array(z.object({ token_ids: z.array(z.number().int()) })),
  views: z.array(
    z.object({
      origin: z.string(),
      rootImage: z.number().int(),
      rootBox: z.tuple([z.number(), z.number(), z.number(), z.number()]),
    }),
  ),
});
export type VerifiedEpisode = z.infer<typeof verifiedEpisode>;

/**
 * Plays the sample of a verified episode with the app's own engine, greedy as well.
 * @returns whether every turn sampled the same tokens: then the exported agent is the trained one
 */
export async function samplesSameTokens(
  backend: AgentBackend,
  verified: VerifiedEpisode,
  options: { readonly limits: EpisodeLimits; readonly signal: AbortSignal },
): Promise<boolean> {
  const images = verified.images.map((path, index) => {
    const whole = verified.views.find((view) => view.origin === 'input' && view.rootImage === index);
    const [, , width, height] = whole?.rootBox ?? [0, 0, 0, 0];
    return { path, key: basename(path), width, height };
  });
  const input = { images, question: verified.question, choices: verified.choices, reference: null };
  const settings = { withTools: true, sampling: GREEDY, limits: options.limits };
  const turns: number[][] = [];
  for await (const event of runEpisode(backend, input, settings, options.signal)) {
    if (event.type === 'tokens') (turns[event.index] ??= []).push(...event.tokens.map(({ id }) => id));
  }
  const expected = verified.turns.map(({ token_ids }) => token_ids);
  return JSON.stringify(turns) === JSON.stringify(expected);
}
