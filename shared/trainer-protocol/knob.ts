import type { z } from 'zod';

/** Who a default is taken from: TRL's own, the paper (arXiv 2512.08980), another published work, or this project. */
export type Origin = 'trl' | 'paper' | 'luffy' | 'ours';

/** The fold of the training form that a knob is shown in. */
export type KnobFold =
  | 'basic'
  | 'rollouts'
  | 'reward'
  | 'masks'
  | 'demonstrations'
  | 'optimiser'
  | 'loss'
  | 'lora'
  | 'machine'
  | 'schedule';

/** What the form says about a knob. It travels in the JSON Schema, beside type, range and default. */
export interface KnobAbout {
  readonly title: string;
  readonly description: string;
  readonly origin: Origin;
  readonly fold: KnobFold;
}

/** A setting of a run that a person may turn, with its words. The default belongs to the schema. */
export function knob<Schema extends z.ZodType>(schema: Schema, about: KnobAbout): Schema {
  return schema.meta({ ...about });
}
