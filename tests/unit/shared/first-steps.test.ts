import { describe, expect, it } from 'vitest';
import type { GuideFacts } from '../../../shared/model/guide.ts';
import { guideItems } from '../../../shared/model/guide.ts';
import { agentVersionId, runId, snapshotId } from '../../../shared/model/ids.ts';
import { defaultsFor, SIZED_KNOBS } from '../../../shared/model/training-defaults.ts';
import { trainKnobs } from '../../../shared/trainer-protocol/config.ts';
import { agentToTrain } from '../../../renderer/features/training/agent-choice.ts';
import {
  fieldsWith,
  fromConfig,
  KNOB_FIELDS,
  toKnobs,
} from '../../../renderer/features/training/knob-fields.ts';

describe('the defaults of a run', () => {
  it('train all weights of a small agent, in few steps', () => {
    const { why, knobs } = defaultsFor({ parameters: 2_588_352 });
    expect(why).toBe('For an agent of 2.6 million parameters: all weights train, in few steps.');
    expect(trainKnobs.parse(toKnobs(knobs))).toMatchObject({
      ...{ lora: { enabled: false }, learning_rate: 1e-4, max_steps: 15, threads: 1 },
      ...{ prompts_per_step: 8, num_generations: 8 },
    });
  });

  it('leave the threads to the machine where the matrices are worth it', () => {
    expect(defaultsFor({ parameters: 40_000_000 }).knobs).toMatchObject({ 'lora.enabled': false });
    expect(defaultsFor({ parameters: 40_000_000 }).knobs).not.toHaveProperty('threads');
  });

  it.each([[3_754_622_976], [8_292_166_656], [50_000_001], [null]])(
    'are those of the schema, LoRA, for one of %s weights',
    (parameters) => {
      const { knobs } = defaultsFor({ parameters });
      expect(trainKnobs.parse(toKnobs(knobs))).toEqual(trainKnobs.parse({}));
      expect(trainKnobs.parse(toKnobs(knobs))).toMatchObject({ lora: { enabled: true } });
    },
  );

  it('say so in words that name the size', () => {
    expect(defaultsFor({ parameters: 7_615_000_000 }).why).toMatch(/7\.6 billion parameters: LoRA/);
    expect(defaultsFor({ parameters: null }).why).toMatch(/could not be read/);
  });

  it('stand in the form, and a configuration says more than they do', () => {
    const { knobs } = defaultsFor({ parameters: 1_000_000 });
    const fields = fieldsWith(knobs);
    expect(fields.map(({ path }) => path)).toEqual(KNOB_FIELDS.map(({ path }) => path));
    for (const path of SIZED_KNOBS) {
      expect(fields.find((field) => field.path === path)).toMatchObject({
        ...{ origin: 'size', defaultValue: knobs[path] },
      });
    }
    // Of an older run with LoRA: it stays one with LoRA when a small agent is chosen.
    const values = fromConfig(trainKnobs.parse({ max_steps: 7 }));
    expect(trainKnobs.parse(toKnobs({ ...knobs, ...values }))).toEqual(trainKnobs.parse({ max_steps: 7 }));
  });
});

describe('the agent that a new run begins with', () => {
  const [demo, young, own] = ['demo', 'young', 'own'].map((name) => ({
    id: agentVersionId.parse(`agt_${name.padEnd(16, '0')}`),
    isDemo: name === 'demo',
  }));
  const all = [demo, young, own].flatMap((one) => one ?? []);

  it('is the one in use; the beginner where that is the demo agent', () => {
    expect(agentToTrain(all, own ?? null, young?.id ?? null)).toBe(own?.id);
    expect(agentToTrain(all, demo ?? null, young?.id ?? null)).toBe(young?.id);
    expect(agentToTrain(all, null, young?.id ?? null)).toBe(young?.id);
  });

  it('is the demo agent where the beginner is gone, and none where there is none', () => {
    expect(agentToTrain(all.slice(0, 1), demo ?? null, young?.id ?? null)).toBe(demo?.id);
    expect(agentToTrain([], own ?? null, null)).toBeNull();
  });
});

describe('the first steps', () => {
  const nothing: GuideFacts = {
    ...{ episodes: 0, reviewed: 0, snapshot: null, run: null, trained: null, compared: false },
  };
  const id = runId.parse('run_0123456789abcdef');
  const agent = agentVersionId.parse('agt_0123456789abcdef');
  const shown = (facts: Partial<GuideFacts>) =>
    guideItems({ ...nothing, ...facts })
      .map(({ isDone, isNext }) => (isDone ? 'x' : isNext ? '>' : '.'))
      .join('');

  it('follow the state of the workspace', () => {
    expect(shown({})).toBe('>....');
    expect(shown({ episodes: 1 })).toBe('x>...');
    expect(shown({ episodes: 9, reviewed: 4 })).toBe('x>...');
    expect(shown({ episodes: 9, reviewed: 5 })).toBe('xx>..');
    const taken = { episodes: 9, reviewed: 5, snapshot: snapshotId.parse('snp_0123456789abcdef') };
    expect(shown(taken)).toBe('xxx>.');
    expect(shown({ ...taken, run: { id, state: { kind: 'starting', since: 1 } } })).toBe('xxx>.');
    expect(shown({ ...taken, trained: { id: agent, parent: null } })).toBe('xxxx>');
    expect(shown({ ...taken, trained: { id: agent, parent: agent }, compared: true })).toBe('xxxxx');
  });

  it('count what is done, whatever came before it', () => {
    expect(shown({ snapshot: snapshotId.parse('snp_0123456789abcdef') })).toBe('>.x..');
  });
});
