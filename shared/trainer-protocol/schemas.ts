/** The schemas of the run folder as JSON Schema: what Python reads, and what the training form is made of. */
import { z } from 'zod';
import { trainConfig } from './config.ts';
import { demonstration, trainSample } from './data.ts';
import { trainerEvent } from './event.ts';
import { rollout } from './rollout.ts';
import { control, heartbeat, manifest, probeReport } from './run-folder.ts';

const SCHEMAS = {
  config: trainConfig,
  train_sample: trainSample,
  demonstration,
  event: trainerEvent,
  rollout,
  control,
  heartbeat,
  manifest,
  probe_report: probeReport,
} as const;

/** By file name without `.json`, as the text that is committed under trainer/imagent_trainer/protocol/schemas. */
export function schemaFiles(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(SCHEMAS).map(([name, schema]) => [
      name,
      // What may be left out is optional here: the defaults are in the schema, and Python fills them in.
      `${JSON.stringify(z.toJSONSchema(schema, { io: 'input' }), null, 2)}\n`,
    ]),
  );
}
