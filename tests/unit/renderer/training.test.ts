import { describe, expect, it } from 'vitest';
import { readSettings } from '../../../main/cli/train.ts';
import { shellLine } from '../../../shared/model/shell-words.ts';
import { trainKnobs } from '../../../shared/trainer-protocol/config.ts';
import { chartData } from '../../../renderer/features/training/chart-data.ts';
import { CHARTS } from '../../../renderer/features/training/chart-specs.ts';
import { differences, readConfigFile } from '../../../renderer/features/training/config-file.ts';
import { findFailures } from '../../../renderer/features/training/detectors.ts';
import {
  fromConfig,
  KNOB_FIELDS,
  isJudgeField,
  withJudge,
  withoutJudge,
  knobProblems,
  readNumber,
  readPath,
  showNumber,
  toKnobs,
} from '../../../renderer/features/training/knob-fields.ts';
import { stepWithRollouts } from '../../../renderer/features/training/rollout-step.ts';
import { trainWords } from '../../../renderer/features/training/train-words.ts';
import { judgeWords } from '../../../renderer/features/training/judge-words.ts';
import { remedyFor } from '../../../renderer/features/training/words.ts';
import { formatTrainingPlace, parseTrainingPlace } from '../../../renderer/state/training-route.ts';

const defaults: Readonly<Record<string, unknown>> = trainKnobs.parse({});
/** What an agent's size would decide is said even where the schema's default is meant. */
const SIZED = {
  ...{ 'lora.enabled': true, learning_rate: 1e-5, max_steps: 200, save_every: 10, evaluation_every: 10 },
  threads: null,
};

describe('the fields of the form', () => {
  it('are every knob of the schema, each with words and its default', () => {
    const paths = new Set(KNOB_FIELDS.map(({ path }) => path.split('.')[0]));
    expect([...paths].toSorted()).toEqual(Object.keys(defaults).toSorted());
    for (const field of KNOB_FIELDS) {
      expect(field.description, field.path).not.toBe('');
      expect(field.title, field.path).not.toBe('');
      if (!isJudgeField(field.path)) expect(readPath(defaults, field.path)).toEqual(field.defaultValue);
    }
  });

  it('know what kind of input each takes', () => {
    const field = (path: string) => KNOB_FIELDS.find((one) => one.path === path);
    expect(field('max_steps')?.input).toEqual({ kind: 'number', whole: true, least: 1, most: 1_000_000 });
    expect(field('lora.enabled')).toMatchObject({ input: { kind: 'switch' }, title: 'LoRA: enabled' });
    expect(field('loss_type')?.input).toMatchObject({ kind: 'choice' });
    expect(field('trajectory_mask.statuses')?.input).toMatchObject({ kind: 'choices' });
    expect(field('threads')).toMatchObject({ nullable: true, defaultValue: null, input: { kind: 'number' } });
  });

  it('become a configuration and come back as what was changed', () => {
    const values = { max_steps: 20, 'lora.rank': 4, 'demonstrations.mode': 'none', threads: 2 };
    const config = trainKnobs.parse(toKnobs(values));
    expect(config).toMatchObject({ max_steps: 20, lora: { rank: 4, alpha: 32 }, threads: 2 });
    expect(fromConfig(config)).toEqual({ ...SIZED, ...values });
    expect(fromConfig(defaults)).toEqual(SIZED);
  });

  it('say which value the schema refuses', () => {
    expect(knobProblems({})).toEqual({});
    expect(Object.keys(knobProblems({ max_steps: 0, 'lora.rank': -1 }))).toEqual(['max_steps', 'lora.rank']);
  });

  it('read and show numbers as people write them', () => {
    expect([readNumber('1e-5'), readNumber(' 0.5 '), readNumber(''), readNumber('many')]).toEqual([
      1e-5,
      0.5,
      null,
      null,
    ]);
    expect([showNumber(1e-5), showNumber(0.5), showNumber(0)]).toEqual(['1e-5', '0.5', '0']);
  });
});

describe('the judge in the form', () => {
  const on = { ...withJudge({}), 'judge.model': 'qwen' };

  it('is off until an address and a model are there, and off again without a trace', () => {
    expect(trainKnobs.parse(toKnobs({})).judge).toBeNull();
    expect(Object.keys(knobProblems(withJudge({})))).toEqual(['judge.model']);
    expect(knobProblems(on)).toEqual({});
    for (const address of ['file:///v1', 'judge', 'http://me:sesame@host/v1', 'http://host/v1?key=sesame']) {
      expect(Object.keys(knobProblems({ ...on, 'judge.base_url': address }))).toEqual(['judge.base_url']);
    }
    expect(withoutJudge({ ...on, max_steps: 3 })).toEqual({ max_steps: 3 });
  });

  it('is saved in the configuration and read from it, with the name of its key and never a key', () => {
    const values = { ...on, 'judge.api_key_env': 'IMAGENT_JUDGE_KEY', 'judge.answer_kinds': ['text'] };
    const config = trainKnobs.parse(toKnobs(values));
    expect(config.judge).toMatchObject({ model: 'qwen', max_retries: 2, answer_kinds: ['text'] });
    expect(fromConfig(config)).toEqual({ ...SIZED, ...values });
    for (const name of ['AWS_SECRET_ACCESS_KEY', 'sk-12345', 'IMAGENT_']) {
      expect(Object.keys(knobProblems({ ...on, 'judge.api_key_env': name }))).toEqual(['judge.api_key_env']);
    }
  });

  it('says of a test whether it decides, decides badly, or is silent', () => {
    const one = { question: 'q', reference: 'a cat', answer: 'a dog', wanted: false, problem: null };
    expect(judgeWords({ seconds: 0.42, cases: [{ ...one, said: false }] })).toMatchObject({
      state: 'good',
      text: 'Both verdicts are as they should be, in less than a second.',
    });
    expect(judgeWords({ seconds: 1, cases: [{ ...one, said: true }] })).toMatchObject({
      state: 'warn',
      text: 'For “a cat” it called the answer “a dog” right. A larger model judges better.',
    });
    const silent = { ...one, said: null, problem: 'The judge cannot be reached.' };
    expect(judgeWords({ seconds: 1, cases: [{ ...one, said: true }, silent] })).toMatchObject({
      state: 'bad',
      text: 'The judge cannot be reached.',
    });
  });
});

describe('a configuration as a file', () => {
  it('is read from any run, and what is not valid is said by its name', () => {
    const file = JSON.stringify({ ...defaults, run_id: 'run_x', agent_folder: '/a', max_steps: 7 });
    expect(readConfigFile(file)).toEqual({ ok: true, values: { ...SIZED, max_steps: 7 } });
    expect(readConfigFile('{"max_steps": "many"}')).toMatchObject({ ok: false, message: /^max_steps: / });
    expect(readConfigFile('[]')).toMatchObject({ ok: false });
    expect(readConfigFile('{')).toEqual({ ok: false, message: 'This file is not JSON.' });
  });

  it('is compared with another', () => {
    const other = { ...defaults, max_steps: 7, lora: { ...(defaults['lora'] as object), rank: 4 } };
    expect(differences(defaults, other)).toEqual([
      { path: 'max_steps', title: 'Steps', one: '200', other: '7' },
      { path: 'lora.rank', title: 'LoRA: rank', one: '16', other: '4' },
    ]);
  });
});

describe('failure detectors', () => {
  const steady = (value: number) => Array.from({ length: 30 }, () => value);
  const from = (start: number, end: number) =>
    Array.from({ length: 30 }, (_, index) => start + ((end - start) * index) / 29);
  const ids = (...figures: Parameters<typeof findFailures>) => findFailures(...figures).map(({ id }) => id);
  const healthy = {
    ...{ accuracy: from(0.3, 0.8), reward: from(0.5, 1.3), tool_rate: from(0.3, 0.9), turns: from(2, 2.4) },
    ...{ entropy: from(0.9, 0.4), groups_without_gradient: steady(0.3), masked_share: steady(0.1) },
    ...{ 'masked_by.too_many_steps': steady(0.02), grad_norm: from(1, 0.6) },
  };

  it('find nothing in a run that learns, and nothing in a few steps', () => {
    expect(ids(healthy)).toEqual([]);
    expect(ids({ entropy: [0.9, 0], tool_rate: [0.9, 0], groups_without_gradient: [1, 1, 1] })).toEqual([]);
    expect(ids({})).toEqual([]);
  });

  it('find what crept up over the whole run, and name each failure once', () => {
    const slow = { ...healthy, tool_rate: [...from(0.3, 0.8), ...from(0.8, 0.1)] };
    expect(ids(healthy, slow)).toEqual(['tool_abandonment']);
    expect(ids({ ...healthy, ...slow }, slow)).toEqual(['tool_abandonment']);
    // Long after it has given them up, the newest steps alone show nothing.
    expect(ids({ ...healthy, tool_rate: steady(0.02) })).toEqual([]);
    expect(ids({ ...healthy, tool_rate: steady(0.02) }, slow)).toEqual(['tool_abandonment']);
  });

  it('take no doubt for granted where the agent is right nearly always', () => {
    expect(ids({ ...healthy, entropy: from(0.8, 0.005), accuracy: from(0.5, 1) })).toEqual([]);
  });

  it.each([
    ['tool_abandonment', { tool_rate: from(0.6, 0.05) }],
    ['endless_loop', { turns: from(2, 6), 'masked_by.too_many_steps': from(0, 0.5) }],
    ['endless_loop', { 'flag.repeated_call': steady(0.5) }],
    ['entropy_collapse', { entropy: from(0.8, 0.005) }],
    ['reward_without_accuracy', { accuracy: steady(0.4), reward: from(0.5, 0.9) }],
    ['no_gradient', { groups_without_gradient: from(0.5, 1) }],
    ['masked', { masked_share: from(0.2, 0.9) }],
    ['gradient', { grad_norm: from(1, 400) }],
  ])('find %s', (id, recent) => {
    expect(ids({ ...healthy, ...recent })).toEqual([id]);
  });
});

describe('a chart', () => {
  const [spec] = CHARTS.filter(({ id }) => id === 'accuracy');
  const series = {
    first: 1,
    last: 30,
    series: [
      {
        name: 'accuracy',
        step: [10, 20, 30],
        min: [0.1, 0.2, 0.3],
        max: [0.3, 0.4, 0.5],
        mean: [0.2, 0.3, 0.4],
      },
      { name: 'evaluation.accuracy', step: [25], min: [0.6], max: [0.6], mean: [0.6] },
    ],
  };

  it('puts lines of different steps on one axis', () => {
    expect(chartData(spec!, series)).toMatchObject({
      columns: [
        [10, 20, 25, 30],
        [0.2, 0.3, null, 0.4],
        [0.3, 0.4, null, 0.5],
        [0.1, 0.2, null, 0.3],
        [null, null, 0.6, null],
        [null, null, 0.6, null],
        [null, null, 0.6, null],
      ],
      words: 'Rollouts 40 %, Validation 60 % at step 30.',
      isShort: true,
    });
  });

  it('leaves out what has no value', () => {
    expect(chartData(spec!, undefined)).toMatchObject({ lines: [], words: 'No values yet.' });
  });
});

it('what helps against a failure keeps the step as it is and halves what is in memory', () => {
  const config = trainKnobs.parse({ per_device_train_batch_size: 4 });
  expect(remedyFor('gpu_out_of_memory', config)?.changes).toEqual({
    per_device_train_batch_size: 2,
    rollout_batch_size: 32,
    gradient_checkpointing: true,
  });
  expect(remedyFor('not_finite', config)?.changes).toEqual({ learning_rate: 5e-6 });
  expect(remedyFor('bad_data', config)).toBeNull();
});

it.each([
  [7, 1, 7],
  [0, 1, 1],
  [99_999, 1, 10_000],
  [7, 4, 5],
  [5, 4, 5],
  [10_000, 4, 9997],
])('step %i of rollouts that are used %i times is shown as %i', (wanted, every, shown) => {
  expect(stepWithRollouts(wanted, { first: 1, last: 10_000 }, every)).toBe(shown);
});

it('the form has the command line that does the same', () => {
  const input = {
    ...{ name: "Ann's run", agentVersionId: 'agt_0123456789abcdef' as never, knobs: {} },
    source: { kind: 'snapshot', id: 'snp_0123456789abcdef' as never },
  } as const;
  const values = {
    max_steps: 20,
    'lora.rank': 4,
    loss_type: 'grpo',
    'trajectory_mask.statuses': ['too_long'],
  };
  expect(shellLine(trainWords(input, values, '/my work'))).toBe(
    String.raw`train --workspace '/my work' --snapshot snp_0123456789abcdef --agent agt_0123456789abcdef --name 'Ann'\''s run' --set max_steps=20 --set lora.rank=4 --set 'loss_type="grpo"' --set 'trajectory_mask.statuses=["too_long"]' --follow`,
  );
  const { name: _name, ...unnamed } = input;
  expect(trainWords({ ...unnamed, source: { kind: 'samples' } }, {}, '/w')).toEqual([
    ...['train', '--workspace', '/w', '--agent', 'agt_0123456789abcdef', '--follow'],
  ]);
  const settings = trainWords(input, values, '/w').filter((_word, at, all) => all[at - 1] === '--set');
  expect(readSettings(settings)).toEqual(toKnobs(values));
});

it('places in Training are read back from their address', () => {
  const id = 'run_0123456789abcdef01234567' as never;
  for (const place of [
    { kind: 'list' },
    { kind: 'new', like: null },
    { kind: 'new', like: id },
    { kind: 'setup' },
    { kind: 'experiments' },
    { kind: 'run', id, tab: 'charts', step: null },
    { kind: 'run', id, tab: 'log', step: 12 },
    { kind: 'rollout', id, step: 3, index: 5 },
  ] as const) {
    const [path = '', query = ''] = formatTrainingPlace(place).slice(2).split('?');
    expect(parseTrainingPlace(path.split('/').slice(1), new URLSearchParams(query))).toEqual(place);
  }
  expect(parseTrainingPlace(['../x'], new URLSearchParams())).toEqual({ kind: 'list' });
});
