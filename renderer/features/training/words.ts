import type { MakeAgentStage, Run, RunState } from '../../../shared/model/run.ts';
import type { FailureCode, Phase } from '../../../shared/trainer-protocol/event.ts';

const PHASE_WORDS: Readonly<Record<Phase, string>> = {
  loading: 'Loading the agent',
  warm_up: 'Warm-up',
  rollout: 'Playing rollouts',
  reward: 'Scoring',
  update: 'Updating',
  evaluation: 'Evaluating',
  saving: 'Saving',
  paused: 'Paused',
  stopping: 'Stopping',
};

export function stateWords(state: RunState): string {
  switch (state.kind) {
    case 'created':
      return 'Not started';
    case 'starting':
      return 'Starting';
    case 'running':
      if (state.wish === 'stop') return 'Stopping';
      if (state.wish === 'pause' && state.phase !== 'paused') return 'Pausing';
      return PHASE_WORDS[state.phase];
    case 'stopped':
      return 'Stopped';
    case 'finished':
      return 'Finished';
    case 'failed':
      return 'Failed';
    case 'interrupted':
      return 'Interrupted';
  }
}

export function stateTone(state: RunState): 'good' | 'bad' | 'warn' | 'quiet' | 'accent' {
  switch (state.kind) {
    case 'starting':
      return 'accent';
    case 'running':
      return state.phase === 'paused' ? 'warn' : 'accent';
    case 'finished':
      return 'good';
    case 'failed':
      return 'bad';
    case 'interrupted':
      return 'warn';
    case 'created':
    case 'stopped':
      return 'quiet';
  }
}

/** Changes that help against a failure, as the run's configuration has them; null where none is known. */
export interface Remedy {
  readonly label: string;
  readonly changes: Readonly<Record<string, unknown>>;
}

type Sizes = {
  readonly per_device_train_batch_size: number;
  readonly rollout_batch_size: number | null;
  readonly prompts_per_step: number;
  readonly num_generations: number;
  readonly gradient_checkpointing: boolean;
  readonly learning_rate: number;
};

/**
 * Out of memory: half of what is in memory at once, and activations computed twice. The step stays the same, so the
 * curve goes on as it was. Not finite: smaller steps.
 */
export function remedyFor(code: FailureCode | 'launch', config: Sizes): Remedy | null {
  switch (code) {
    case 'out_of_memory':
    case 'gpu_out_of_memory': {
      const all = config.prompts_per_step * config.num_generations;
      const rollouts = Math.min(config.rollout_batch_size ?? all, all);
      return {
        label: 'Go on with half the batch',
        changes: {
          per_device_train_batch_size: Math.max(1, Math.floor(config.per_device_train_batch_size / 2)),
          rollout_batch_size: Math.max(1, Math.floor(rollouts / 2)),
          gradient_checkpointing: true,
        },
      };
    }
    case 'not_finite':
      return {
        label: 'Go on with half the learning rate',
        changes: { learning_rate: config.learning_rate / 2 },
      };
    default:
      return null;
  }
}

const FAILURE_WORDS: Readonly<Record<FailureCode | 'launch', string>> = {
  bad_config: 'The configuration is not valid',
  bad_data: 'The data can’t be used',
  bad_agent: 'The agent’s folder can’t be trained',
  bad_checkpoint: 'The checkpoint is damaged',
  already_running: 'A trainer works on this run already',
  out_of_memory: 'Out of memory',
  gpu_out_of_memory: 'The GPU is out of memory',
  disk_full: 'The disk is full',
  not_finite: 'A number is not finite any more',
  device_unavailable: 'The device is not there',
  judge_unreachable: 'The judge can’t be reached',
  internal: 'A fault in the trainer',
  launch: 'The trainer did not start',
};

export function failureTitle(code: FailureCode | 'launch'): string {
  return FAILURE_WORDS[code];
}

/** A share of the whole run, 0 to 1. */
export function progressOf(run: Run): number {
  return Math.min(1, run.step / Math.max(1, run.maxSteps));
}

export function percentWords(share: number | null): string {
  return share === null ? '—' : `${(share * 100).toFixed(1)} %`;
}

export function secondsWords(seconds: number | null): string {
  if (seconds === null) return 'not known';
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

const STAGES: Readonly<Record<MakeAgentStage, string>> = {
  queued: 'Waiting for its turn',
  merge: 'Merging the weights',
  export: 'Exporting to ONNX',
  verify: 'Playing 20 samples with PyTorch',
  compare: 'Playing the same with the app’s engine',
  register: 'Registering',
};

export function makeStageWords(stage: MakeAgentStage): string {
  return STAGES[stage];
}

/** Steps at each end of a run that are put together: one step is a few questions, and jumps. */
const ENDS = 3;

/** How its own rollouts came out at first and at last; nothing where not all of the run is at hand. */
export function gainWords(accuracy: readonly number[], steps: number): string {
  if (accuracy.length < steps || accuracy.length < 2 * ENDS)
    return 'Make an agent of it to see what it can do.';
  const mean = (values: readonly number[]): string =>
    percentWords(values.reduce((sum, value) => sum + value, 0) / values.length);
  return `Right in ${mean(accuracy.slice(0, ENDS))} of its rollouts in the first three steps, in ${mean(accuracy.slice(-ENDS))} in the last three.`;
}
