import { z } from 'zod';

/**
 * Ids are random, opaque and never reused. The prefix makes a wrong id visible in a log;
 * the brand makes it a type error.
 */
function id<const Brand extends string>(prefix: string) {
  return z
    .string()
    .regex(new RegExp(`^${prefix}_[a-z0-9]{16,32}$`), `not a ${prefix} id`)
    .brand<Brand>();
}

export const imageId = id<'ImageId'>('img');
export const sampleId = id<'SampleId'>('smp');
export const episodeId = id<'EpisodeId'>('eps');
export const agentVersionId = id<'AgentVersionId'>('agt');
export const importId = id<'ImportId'>('imp');

export type ImageId = z.infer<typeof imageId>;
export type SampleId = z.infer<typeof sampleId>;
export type EpisodeId = z.infer<typeof episodeId>;
export type AgentVersionId = z.infer<typeof agentVersionId>;
export type ImportId = z.infer<typeof importId>;
