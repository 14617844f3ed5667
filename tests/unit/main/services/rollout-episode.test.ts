import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createTokenizer } from '../../../../main/agent/engine/tokenizer.ts';
import { rolloutEpisode } from '../../../../main/services/training/rollout-episode.ts';
import type { RolloutFrame } from '../../../../main/services/training/rollout-episode.ts';
import { insideRun, readRollouts } from '../../../../main/services/training/rollout-file.ts';
import { episode } from '../../../../shared/model/episode.ts';
import { maskSegmentsOf, tokenRuns } from '../../../../shared/model/token-mask.ts';
import { trainConfig } from '../../../../shared/trainer-protocol/config.ts';
import { rollout } from '../../../../shared/trainer-protocol/rollout.ts';
import { ROOT } from '../../../helpers/project.ts';
import { tempFolder } from '../../../helpers/temp.ts';

const AGENT = join(ROOT, 'assets', 'demo-agent');
const json = (name: string): object => JSON.parse(readFileSync(join(AGENT, name), 'utf8'));
const tokenizer = createTokenizer(json('tokenizer.json'), json('tokenizer_config.json'));
/** Written by the trainer: zoom, look back, zoom, answer. */
const RECORDED = join(ROOT, 'tests', 'fixtures', 'training', 'rollout.jsonl');
const recorded = rollout.parse(JSON.parse(readFileSync(RECORDED, 'utf8')));

const frame: RolloutFrame = {
  id: 'eps_0123456789abcdef01234567' as RolloutFrame['id'],
  sampleId: 'smp_0123456789abcdef01234567' as RolloutFrame['sampleId'],
  agentVersionId: 'agt_0123456789abcdef01234567' as RolloutFrame['agentVersionId'],
  at: 1,
  config: trainConfig.parse({
    format: 1,
    run_id: 'run_0123456789abcdef',
    created_at: 1,
    agent_folder: AGENT,
  }),
  limits: null,
  tokenizer,
};

describe('a rollout shown as an episode', () => {
  const shown = rolloutEpisode(recorded, frame);

  it('is a whole episode', () => {
    expect(episode.parse(shown)).toEqual(shown);
    expect(shown.steps.map(({ action }) => action?.kind)).toEqual([
      'zoom_in',
      'look_back',
      'zoom_in',
      'answer',
    ]);
    expect(shown).toMatchObject({ verdict: 'right', reward: { total: 2 }, state: { status: 'answered' } });
  });

  it('has the texts that the model read and wrote: they are as many tokens as the trainer counted', () => {
    for (const step of shown.steps) {
      for (const segment of step.segments) {
        if (segment.kind === 'text') expect(tokenizer.encode(segment.text)).toHaveLength(segment.tokens);
      }
      expect(step.tokens.map(({ text }) => text).join('')).toBe(step.text);
    }
    const seen = shown.steps.flatMap(({ segments }) =>
      segments.map((one) => ('text' in one ? one.text : '')),
    );
    expect(seen.join('')).toContain('<tool_response>\nImage 4: <|vision_start|>');
  });

  it('counts the context as the trainer did, with the same mask', () => {
    let before = 0;
    for (const [index, step] of shown.steps.entries()) {
      before += step.segments.reduce((sum, { tokens }) => sum + tokens, 0);
      expect(step.contextTokens).toBe(before);
      before += recorded.turns[index]?.token_ids.length ?? 0;
    }
    const decision = { dropped: false, reason: null };
    expect(tokenRuns(maskSegmentsOf(shown.steps), decision)).toEqual(tokenRuns(recorded.segments, decision));
  });

  it('is shown without a tokenizer too, a turn as one piece', () => {
    const plain = rolloutEpisode(recorded, { ...frame, tokenizer: null });
    expect(plain.steps[0]?.tokens.map(({ text }) => text).join('')).toBe(recorded.turns[0]?.text);
  });
});

describe('a file of rollouts', () => {
  it('keeps the place of a rollout where a line before it can not be read', async () => {
    const path = join(tempFolder('rollouts'), 'step.jsonl');
    writeFileSync(path, `{"id":\n${readFileSync(RECORDED, 'utf8')}`);
    const found = [];
    for await (const one of readRollouts(path)) found.push([one.line, one.rollout.id]);
    expect(found).toEqual([[1, recorded.id]]);
  });

  it('that is not there any more is said', async () => {
    await expect(readRollouts('/nowhere/step.jsonl').next()).rejects.toMatchObject({ code: 'not_found' });
  });

  it.each(['../secret', 'rollouts/../../secret', '/etc/passwd'])('is never read from %s', (path) => {
    expect(() => insideRun('/runs/one', path)).toThrow(/outside/);
  });
});
