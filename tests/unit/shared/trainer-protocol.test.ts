import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { trainConfig, trainKnobs } from '../../../shared/trainer-protocol/config.ts';
import { trainerEvent } from '../../../shared/trainer-protocol/event.ts';
import { schemaFiles } from '../../../shared/trainer-protocol/schemas.ts';

const FOLDER = join(
  import.meta.dirname,
  '..',
  '..',
  '..',
  'trainer',
  'imagent_trainer',
  'protocol',
  'schemas',
);

const SMALLEST = { format: 1, run_id: 'run_0123456789abcdef', created_at: 0, agent_folder: '/agents/demo' };

interface JsonSchema {
  readonly properties: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

function configSchema(): JsonSchema {
  return JSON.parse(schemaFiles()['config'] ?? '') as JsonSchema;
}

test('the schemas that Python reads are those of this folder', () => {
  const committed = Object.fromEntries(
    readdirSync(FOLDER)
      .filter((name) => name.endsWith('.json'))
      .map((name) => [name.slice(0, -5), readFileSync(join(FOLDER, name), 'utf8')]),
  );
  expect(committed, 'run node tests/helpers/write-protocol-schemas.ts').toEqual(schemaFiles());
});

test('a run needs no more than an agent: every knob has a default', () => {
  const config = trainConfig.parse(SMALLEST);
  expect(config.num_generations).toBe(8);
  expect(config.trajectory_mask.statuses).toContain('too_long');
  expect(config.lora).toEqual({ enabled: true, rank: 16, alpha: 32, dropout: 0, vision_tower: false });
  expect(trainKnobs.parse({})).toEqual(trainKnobs.parse(config));
});

test('the form finds a title, a sentence, an origin and a fold for every knob', () => {
  const { properties } = configSchema();
  const knobs = Object.keys(trainKnobs.unwrap().shape);
  expect(knobs.length).toBeGreaterThan(40);
  for (const name of knobs) {
    expect(properties[name], name).toMatchObject({
      title: expect.any(String),
      description: expect.stringMatching(/\.$/u),
      origin: expect.stringMatching(/^(trl|paper|luffy|ours)$/u),
      fold: expect.any(String),
    });
    expect(properties[name], name).toHaveProperty('default');
  }
});

test('a knob out of its range is refused', () => {
  expect(trainConfig.safeParse({ ...SMALLEST, num_generations: 1 }).success).toBe(false);
  expect(trainConfig.safeParse({ ...SMALLEST, learning_rate: 0 }).success).toBe(false);
  expect(trainConfig.safeParse({ ...SMALLEST, run_id: '../x' }).success).toBe(false);
});

test('an event is told by its type', () => {
  const warning = {
    type: 'warning',
    seq: 3,
    time: 1,
    step: null,
    code: 'low_disk',
    message: 'Free some space.',
  };
  expect(trainerEvent.parse(warning)).toEqual(warning);
  expect(trainerEvent.safeParse({ ...warning, code: 'bored' }).success).toBe(false);
  expect(trainerEvent.safeParse({ ...warning, seq: 0 }).success).toBe(false);
});
