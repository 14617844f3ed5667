import { z } from 'zod';

/** One thing that training needs: what was found, and what to do where that is not enough. */
export const doctorCheck = z
  .object({
    id: z.enum(['python', 'packages', 'compute', 'gpu', 'memory', 'disk', 'agent', 'probe']),
    title: z.string(),
    state: z.enum(['good', 'warn', 'bad']),
    found: z.string(),
    advice: z.string().nullable(),
  })
  .readonly();
export type DoctorCheck = z.infer<typeof doctorCheck>;

/** The trainer's Python environment. */
export const trainerSetup = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('missing') }).readonly(),
  z.object({ kind: z.literal('ready') }).readonly(),
  z
    .object({
      kind: z.literal('working'),
      since: z.number(),
      /** What it does now, in the words of pip. */
      line: z.string(),
      /** Packages that it has begun with. */
      packages: z.number().int(),
    })
    .readonly(),
  z.object({ kind: z.literal('failed'), message: z.string() }).readonly(),
]);
export type TrainerSetup = z.infer<typeof trainerSetup>;
