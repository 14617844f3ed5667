import { z } from 'zod';
import { experimentId } from '../model/ids.ts';
import { experiment, experimentName, experimentScale, seeds } from '../model/experiment.ts';

/**
 * experiments.list        query          -> Experiment[] (newest first)
 * experiments.start       mutation       StartExperimentInput -> Experiment
 * experiments.resume      mutation       {id} -> Experiment   (what is done is not done again)
 * experiments.stop        mutation       {id} -> Experiment   (at once; it can go on from its last checkpoint)
 * experiments.remove      mutation       {id} -> void         (with its folder; refused while it works)
 */
export const experimentIdInput = z.object({ id: experimentId }).readonly();

export const startExperimentInput = z
  .object({ name: experimentName, seeds, scale: experimentScale })
  .readonly();
export type StartExperimentInput = z.infer<typeof startExperimentInput>;

export const experimentList = z.array(experiment).readonly();
