import type { Run, RunLogEntry, RunState } from '../../../shared/model/run.ts';
import type { TrainerEvent } from '../../../shared/trainer-protocol/event.ts';
import type { EvaluationMetrics, StepMetrics } from '../../../shared/trainer-protocol/metrics.ts';

/** What one event means: the run after it, and what else is to be kept of it. */
export interface Folded {
  readonly run: Run;
  readonly step: number;
  readonly metrics?: Readonly<Record<string, number>>;
  readonly rollouts?: { readonly file: string; readonly count: number };
  readonly log?: Pick<RunLogEntry, 'kind' | 'message'>;
  /** Steps after this one are done again: what is known of them is history. */
  readonly forgetAfter?: number;
}

/** Folds an event of the trainer into a run. Pure, so that a run's file read twice gives the same run. */
export function foldEvent(run: Run, event: TrainerEvent): Folded {
  switch (event.type) {
    case 'run_started': {
      const from = event.resumed_from;
      return {
        run: {
          ...run,
          state: running('loading', null, null, null),
          attempt: event.attempt,
          step: from ?? 0,
          maxSteps: Math.max(1, event.max_steps),
          machine: {
            device: event.device,
            deviceName: event.device_name,
            dtype: event.dtype,
            threads: event.threads,
            processes: event.num_processes,
            parameters: event.parameters,
            samples: event.samples,
            versions: event.versions,
          },
        },
        step: from ?? 0,
        forgetAfter: from ?? -1,
        log: {
          kind: 'start',
          message:
            from === null
              ? `Started on ${event.device_name}.`
              : `Went on from the checkpoint of step ${from} on ${event.device_name}.`,
        },
      };
    }
    case 'phase':
      return {
        run: { ...run, state: afterPhase(run.state, event.phase, event.done, event.total) },
        step: event.step,
      };
    case 'warm_up_step':
      return { run, step: event.step, metrics: finiteOnly({ 'warm_up.loss': event.loss }) };
    case 'rollouts':
      return { run, step: event.step, rollouts: { file: event.file, count: event.count } };
    case 'step_finished': {
      const { reward, accuracy, tool_rate: toolRate } = event.metrics;
      return {
        run: { ...run, step: event.step, reward, accuracy, toolRate },
        step: event.step,
        metrics: flattenStep(event.metrics),
      };
    }
    case 'evaluation': {
      const { accuracy, samples } = event.metrics;
      return {
        run: { ...run, evaluation: accuracy },
        step: event.step,
        metrics: flattenEvaluation(event.metrics),
        log: {
          kind: 'evaluation',
          message: `${accuracy === null ? 'No accuracy' : `Accuracy ${(accuracy * 100).toFixed(1)} %`} on ${samples} validation samples.`,
        },
      };
    }
    case 'checkpoint_saved':
      return {
        run,
        step: event.step,
        log: {
          kind: 'checkpoint',
          message: `Saved (${(event.bytes / 1e6).toFixed(1)} MB in ${(event.seconds ?? 0).toFixed(1)} s).`,
        },
      };
    case 'checkpoint_removed':
      return { run, step: event.step };
    case 'warning':
      return { run, step: event.step ?? run.step, log: { kind: 'warning', message: event.message } };
    case 'failed': {
      const failure = { code: event.code, message: event.message, detail: event.detail };
      return {
        run: { ...run, state: { kind: 'failed', at: event.time, failure } },
        step: event.step,
        log: { kind: 'failure', message: event.message },
      };
    }
    case 'run_ended':
      return {
        run: { ...run, state: { kind: event.outcome, at: event.time } },
        step: event.step,
        log: {
          kind: 'end',
          message: event.outcome === 'finished' ? 'All steps are done.' : 'Stopped, as asked.',
        },
      };
  }
}

type Running = Extract<RunState, { kind: 'running' }>;

function running(
  phase: Running['phase'],
  done: number | null,
  total: number | null,
  wish: Running['wish'],
): RunState {
  return { kind: 'running', phase, done, total, wish };
}

/** A wish is fulfilled by the phase that it leads to. */
function afterPhase(
  state: RunState,
  phase: Running['phase'],
  done: number | null,
  total: number | null,
): RunState {
  const wish = state.kind === 'running' ? state.wish : null;
  const isFulfilled = (wish === 'pause' && phase === 'paused') || (wish === 'resume' && phase !== 'paused');
  return running(phase, done, total, isFulfilled ? null : wish);
}

function finiteOnly(values: Readonly<Record<string, number | null>>): Record<string, number> {
  const kept: Record<string, number> = {};
  for (const [name, value] of Object.entries(values)) if (value !== null) kept[name] = value;
  return kept;
}

function prefixed(
  prefix: string,
  values: Readonly<Partial<Record<string, number | null>>>,
): Record<string, number | null> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`${prefix}.${name}`, value ?? null]),
  );
}

/** One name a figure, nested ones joined by a dot. */
function flattenStep(metrics: StepMetrics): Readonly<Record<string, number>> {
  const { masked_by, status_shares, flag_shares, seconds, memory, ...plain } = metrics;
  return finiteOnly({
    ...plain,
    ...prefixed('masked_by', masked_by),
    ...prefixed('status', status_shares),
    ...prefixed('flag', flag_shares),
    ...prefixed('seconds', seconds),
    ...prefixed('memory', memory),
  });
}

function flattenEvaluation(metrics: EvaluationMetrics): Readonly<Record<string, number>> {
  const { accuracy, reward, tool_rate, look_back_rate, turns, samples } = metrics;
  const byKind = Object.fromEntries(
    Object.entries(metrics.by_kind).map(([kind, part]) => [`kind.${kind}`, part.accuracy]),
  );
  return finiteOnly(
    prefixed('evaluation', { accuracy, reward, tool_rate, look_back_rate, turns, samples, ...byKind }),
  );
}
