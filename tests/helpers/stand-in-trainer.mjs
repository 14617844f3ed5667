// A stand-in for the trainer, for tests of faults: it trains nothing, and writes the files that the real one writes
// (shared/trainer-protocol). `stand-in.json` in the run folder says what it does:
//   steps     it goes on while its step is below this number: a test opens the gate by replacing the file
//   failAt    step at which it writes `failed` with `code` and ends; dieAt: step at which it kills itself
//   silent    ends at once with these words on stderr and no event;  child: starts a child of its own
//   rollout   a line that is the only rollout of every step
//   raw       lines that it writes into events.jsonl as they are, after its start
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2] ?? '';
const at = (...names) => join(folder, ...names);
const read = (name, otherwise) => {
  try {
    return JSON.parse(readFileSync(at(name), 'utf8'));
  } catch {
    return otherwise;
  }
};
const replace = (name, value) => {
  writeFileSync(`${at(name)}.draft`, JSON.stringify(value));
  renameSync(`${at(name)}.draft`, at(name));
};
const config = read('config.json', {});
const script = () => read('stand-in.json', { steps: Number.POSITIVE_INFINITY });
if (script().silent !== undefined) {
  process.stderr.write(`${script().silent}\n`);
  process.exit(1);
}

const stat = readFileSync('/proc/self/stat', 'utf8');
const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
const earlier = existsSync(at('events.jsonl')) ? readFileSync(at('events.jsonl'), 'utf8') : '';
const events = earlier.split('\n').flatMap((line) => {
  try {
    return [JSON.parse(line)];
  } catch {
    return [];
  }
});
let seq = events.at(-1)?.seq ?? 0;
const attempt = 1 + events.filter(({ type }) => type === 'run_started').length;
const saved = events.filter(({ type }) => type === 'checkpoint_saved').map(({ step }) => step);
const children = script().child === true ? [spawn('sleep', ['600'], { stdio: 'ignore' }).pid] : [];
if (earlier !== '' && !earlier.endsWith('\n')) appendFileSync(at('events.jsonl'), '\n');

let step = saved.at(-1) ?? 0;
const emit = (event) => {
  seq += 1;
  appendFileSync(at('events.jsonl'), `${JSON.stringify({ ...event, seq, time: Date.now() })}\n`);
};
const beat = (phase) =>
  replace('heartbeat.json', {
    pid: process.pid,
    started_at: Date.now(),
    start_ticks: ticks,
    boot_id: bootId,
    attempt,
    at: Date.now(),
    phase,
    step,
    children,
  });
const wait = () => new Promise((resolve) => setTimeout(resolve, 10));
const end = (outcome) => {
  emit({ type: 'run_ended', step, outcome, checkpoint: null });
  for (const child of children) process.kill(child);
  process.exit(0);
};

function metricsOf(number) {
  const accuracy = Math.min(1, 0.2 + number / 100);
  return {
    ...{
      rollouts: 8,
      demonstrations: 0,
      reward: accuracy * 1.5,
      reward_std: 0.4,
      accuracy,
      tool_factor: 1.2,
    },
    ...{ format: 0.9, box_overlap: null, tool_rate: 0.3 + Math.min(0.6, number / 50), valid_tool_rate: 0.3 },
    ...{ look_back_rate: 0.1, turns: 2.1, calls: 1.1, bad_calls: 0.1, completion_tokens: 60 },
    ...{ context_tokens: 300, masked_share: 0.1, masked_by: { too_long: 0.06, malformed: 0.04 } },
    ...{ status_shares: { answered: 0.9 }, flag_shares: {}, groups_without_gradient: 0.25, entropy: 0.8 },
    ...{ kl: null, loss: 0.01, grad_norm: 0.5, learning_rate: 1e-5, clip_ratio_low: 0, clip_ratio_high: 0 },
    ...{ demonstration_weight: null, rollouts_per_second: 12 },
    seconds: { total: 1, rollout: 0.6, reward: 0, update: 0.3, saving: 0.1 },
    memory: { cpu_bytes: 1e9, cpu_peak_bytes: 1.1e9, gpu_bytes: null, gpu_peak_bytes: null },
  };
}

emit({
  type: 'run_started',
  ...{ run_id: config.run_id, attempt, pid: process.pid, resumed_from: saved.at(-1) ?? null },
  ...{ max_steps: config.max_steps, device: 'cpu', device_name: 'stand-in', dtype: 'float32' },
  ...{ num_processes: 1, threads: 1, gradient_accumulation_steps: 1, versions: {} },
  parameters: { all: 10, trainable: 1 },
  samples: { train: 1, validation: 0, demonstrations: 0 },
});
for (const line of script().raw ?? []) appendFileSync(at('events.jsonl'), line);

for (;;) {
  const { command } = read('control.json', { command: 'resume' });
  const { steps = Number.POSITIVE_INFINITY, failAt, code, dieAt, message } = script();
  if (command === 'stop') end('stopped');
  if (command === 'pause') {
    emit({ type: 'phase', step, phase: 'paused', done: null, total: null });
    beat('paused');
    while (read('control.json', { command: 'pause' }).command === 'pause') await wait();
    continue;
  }
  if (step >= config.max_steps) end('finished');
  if (dieAt === step) process.kill(process.pid, 'SIGKILL');
  if (failAt === step) {
    emit({
      type: 'failed',
      ...{ step, code: code ?? 'internal', message: message ?? 'It failed.', checkpoint: null, detail: null },
    });
    process.exit(1);
  }
  if (step >= steps) {
    beat('rollout');
    await wait();
    continue;
  }
  step += 1;
  emit({ type: 'phase', step, phase: 'rollout', done: 0, total: 8 });
  const { rollout } = script();
  if (rollout !== undefined) {
    const file = `rollouts/step-${String(step).padStart(6, '0')}.jsonl`;
    mkdirSync(at('rollouts'), { recursive: true });
    writeFileSync(at(file), `${rollout}\n`);
    emit({ type: 'rollouts', step, file, count: 1, bytes: Buffer.byteLength(rollout) + 1 });
  }
  emit({ type: 'step_finished', step, metrics: metricsOf(step) });
  if (step % config.save_every === 0) {
    const name = `checkpoints/step-${String(step).padStart(6, '0')}`;
    mkdirSync(at(name), { recursive: true });
    writeFileSync(at(name, 'adapter.bin'), 'x');
    replace(`${name}/manifest.json`, {
      ...{ format: 1, run_id: config.run_id, step, created_at: Date.now(), kind: 'lora', accuracy: null },
      files: [
        {
          name: 'adapter.bin',
          size: 1,
          sha256: '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881',
        },
      ],
    });
    emit({ type: 'checkpoint_saved', step, folder: name, bytes: 1, seconds: 0 });
  }
  beat('rollout');
  await wait();
}
