import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  experimentArguments,
  EXPERIMENTS,
  experimentScale,
  readSeeds,
} from '../../../shared/model/experiment.ts';
import { shellLine, shellWord } from '../../../shared/model/shell-words.ts';
import { trainerArguments } from '../../../main/cli/experiment.ts';
import { ROOT } from '../../helpers/project.ts';

describe('experiments', () => {
  it('are those of the trainer, with its sizes', () => {
    const known: unknown = JSON.parse(readFileSync(join(ROOT, 'tests/fixtures/experiments.json'), 'utf8'));
    expect(EXPERIMENTS).toEqual(known);
    expect(experimentScale.parse({})).toEqual({
      ...{ steps: 30, prompts: 8, group: 8, testSamples: 300, weakSteps: 120, threads: 1 },
    });
  });

  it('have the arguments that the terminal takes', () => {
    const request = { name: 'learn', seeds: [0, 3], scale: experimentScale.parse({ steps: 2 }) } as const;
    const words = experimentArguments(request, '/x');
    expect(trainerArguments(words)).toEqual(words);
    expect(words.join(' ')).toBe(
      'learn --out /x --seeds 0,3 --steps 2 --prompts 8 --group 8 --test-samples 300 --weak-steps 120 --threads 1',
    );
  });

  it.each([
    ['0, 1,2', [0, 1, 2]],
    ['7', [7]],
    ['', null],
    ['1,1', null],
    ['1;2', null],
    ['-1', null],
    ['0,1,2,3,4,5,6,7,8,9,10', null],
  ])('read seeds: %o', (text, expected) => {
    expect(readSeeds(text)).toEqual(expected);
  });
});

it('words of a command line survive a shell', () => {
  expect(shellLine(['a', 'b c', "it's", '$x', '', '--set', 'lora.rank=8'])).toBe(
    String.raw`a 'b c' 'it'\''s' '$x' '' --set lora.rank=8`,
  );
  expect(shellWord('[1,2]')).toBe("'[1,2]'");
});
