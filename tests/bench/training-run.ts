import { appendFileSync, linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openWorkspace } from '../../main/store/workspace.ts';
import { newId } from '../../main/store/new-id.ts';
import { lookUpProcess } from '../../main/trainer-control/process-identity.ts';
import type { RunId } from '../../shared/model/ids.ts';
import { trainConfig } from '../../shared/trainer-protocol/config.ts';
import { createRandom } from './random.ts';

/** A run of many steps whose trainer is this bench: it writes what the real one writes, and lives. */
export interface LongTraining {
  readonly id: RunId;
  /** Writes the events of so many further steps. */
  readonly go: (steps: number) => void;
}

const GROUPS = 8;

export function addTraining(workspaceFolder: string, steps: number, maxSteps: number): LongTraining {
  const id = newId.run();
  const workspace = openWorkspace(workspaceFolder, 1);
  workspace.runs.add({
    ...{ id, name: 'A long run', source: { kind: 'samples' }, sourceName: 'Samples', createdAt: 1, step: 0 },
    ...{ agentVersionId: newId.agent(), agentName: 'Agent', maxSteps, attempt: 1, machine: null },
    ...{ reward: null, accuracy: null, toolRate: null, evaluation: null, badLines: 0 },
    state: { kind: 'running', phase: 'rollout', done: null, total: null, wish: null },
  });
  workspace.close();
  const folder = join(workspaceFolder, 'runs', id);
  mkdirSync(join(folder, 'rollouts'), { recursive: true });
  const config = { format: 1, run_id: id, created_at: 1, agent_folder: '/agent', max_steps: maxSteps };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(trainConfig.parse(config)));
  writeFileSync(join(folder, 'launched.json'), JSON.stringify(lookUpProcess(process.pid)));
  const rollouts = join(folder, 'rollouts', 'every-step.jsonl');
  writeFileSync(rollouts, '');
  const write = eventsOf(folder, id, maxSteps);
  write(steps);
  return { id, go: write };
}

function eventsOf(folder: string, id: RunId, maxSteps: number): (steps: number) => void {
  const random = createRandom(7);
  const draw = (): number => random.below(1_000_000) / 1_000_000;
  let seq = 0;
  let step = 0;
  const line = (event: object): string => {
    seq += 1;
    return `${JSON.stringify({ ...event, seq, time: seq })}\n`;
  };
  const started = line({
    type: 'run_started',
    ...{ run_id: id, attempt: 1, pid: process.pid, resumed_from: null, max_steps: maxSteps, device: 'cpu' },
    ...{ device_name: 'bench', dtype: 'float32', num_processes: 1, threads: 1, versions: {} },
    ...{ gradient_accumulation_steps: 1, parameters: { all: 1, trainable: 1 } },
    samples: { train: 1, validation: 0, demonstrations: 0 },
  });
  appendFileSync(join(folder, 'events.jsonl'), started);
  return (count) => {
    const lines: string[] = [];
    for (let done = 0; done < count; done += 1) {
      step += 1;
      const file = `rollouts/step-${String(step).padStart(6, '0')}.jsonl`;
      linkSync(join(folder, 'rollouts', 'every-step.jsonl'), join(folder, file));
      lines.push(
        line({ type: 'phase', step, phase: 'rollout', done: 0, total: 64 }),
        line({ type: 'rollouts', step, file, count: 64, bytes: 0 }),
        line({ type: 'phase', step, phase: 'update', done: null, total: null }),
        line({ type: 'step_finished', step, metrics: metricsOf(step, maxSteps, draw) }),
      );
    }
    appendFileSync(join(folder, 'events.jsonl'), lines.join(''));
  };
}

/** Noisy curves of a run that learns. */
function metricsOf(step: number, maxSteps: number, draw: () => number): object {
  const noisy = (middle: number, spread = 0.1): number => middle + spread * (draw() - 0.5);
  const share = Math.min(1, Math.max(0, noisy(0.3 + (0.6 * step) / maxSteps)));
  return {
    ...{ rollouts: GROUPS * 8, demonstrations: 0, reward: noisy(1.5 * share), reward_std: noisy(0.4) },
    ...{ accuracy: share, tool_factor: noisy(1.2), format: noisy(0.9), box_overlap: null },
    ...{ tool_rate: share, valid_tool_rate: share, look_back_rate: noisy(0.2), turns: noisy(2.5) },
    ...{ calls: noisy(1.5), bad_calls: noisy(0.1), completion_tokens: noisy(80, 20) },
    ...{ context_tokens: noisy(400, 50), masked_share: noisy(0.1), groups_without_gradient: noisy(0.3) },
    masked_by: { too_long: noisy(0.05), malformed: noisy(0.03), too_many_steps: noisy(0.02) },
    status_shares: { answered: noisy(0.9) },
    flag_shares: { loop: noisy(0.05) },
    ...{ entropy: noisy(0.4), kl: noisy(0.02), loss: noisy(0), grad_norm: noisy(0.6), learning_rate: 1e-5 },
    ...{ clip_ratio_low: 0, clip_ratio_high: 0, demonstration_weight: null, rollouts_per_second: noisy(25) },
    seconds: { total: noisy(8), rollout: noisy(2.4), reward: 0, update: noisy(5.5), saving: 0 },
    memory: { cpu_bytes: noisy(5e8, 1e7), cpu_peak_bytes: 5.2e8, gpu_bytes: null, gpu_peak_bytes: null },
  };
}
