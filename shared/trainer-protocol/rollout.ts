/**
 * `rollouts/step-000012.jsonl`: every rollout of a step, one a line, in order of group and index. They are files of
 * their own because of their tokens: `events.jsonl` stays small enough to be read whole over 10,000 steps. A file
 * appears when it is complete (temporary name, fsync, rename), and before the event `rollouts` that names it; a
 * step that is done again after a crash replaces it.
 */
import { z } from 'zod';
import { bbox } from '../model/bbox.ts';
import { episodeStatus, failureFlag } from '../model/episode.ts';
import { stepMark } from './data.ts';

/** A number that may have been NaN or infinite: then it is null, and a warning says so. */
export const finite = z.number().nullable();

/** A view of the episode, as `shared/model/view.ts` has it. */
const rolloutView = z
  .object({
    number: z.number().int().positive(),
    origin: z.enum(['input', 'zoom_in', 'look_back']),
    parent: z.number().int().positive().nullable(),
    root_image: z.number().int().nonnegative(),
    root_box: bbox,
    width: z.number().int().positive(),
    height: z.number().int().positive(),
  })
  .readonly();

/**
 * What a turn did. Boxes in pixels of the named view and of the root image. The kinds are those of `stepAction` in
 * shared/model/step.ts, and yet it is a schema of its own: this one is a file that another program wrote, perhaps an
 * older one, spelled as Python spells it and given to it as JSON Schema; that one is the app's own rows. A change of
 * either must not change the other unseen; `main/services/training/rollout-episode.ts` turns this into that.
 */
export const rolloutAction = z.discriminatedUnion('kind', [
  z
    .object({
      kind: z.literal('zoom_in'),
      image: z.number().int(),
      view_box: bbox,
      root_box: bbox,
      root_image: z.number().int(),
    })
    .readonly(),
  z.object({ kind: z.literal('look_back'), image: z.number().int() }).readonly(),
  z
    .object({
      kind: z.literal('bad_call'),
      error: z.string(),
      name: z.string().nullable(),
      arguments: z.record(z.string(), z.unknown()).nullable(),
    })
    .readonly(),
  z.object({ kind: z.literal('answer'), answer: z.string() }).readonly(),
  z.object({ kind: z.literal('nothing') }).readonly(),
]);
export type RolloutAction = z.infer<typeof rolloutAction>;

/** `kind` is the class of the loss mask but for the trajectory: prompt and tool_result never carry loss. */
export const rolloutSegment = z
  .object({
    kind: z.enum(['prompt', 'turn', 'tool_result']),
    /** How many tokens of the context, in order. */
    tokens: z.number().int().nonnegative(),
    /** Number of the view whose image tokens these are; null for text. */
    view: z.number().int().positive().nullable(),
    /** 0-based turn that these tokens are (turn) or follow (tool_result); null in the prompt. */
    turn: z.number().int().nonnegative().nullable(),
  })
  .readonly();
export type RolloutSegment = z.infer<typeof rolloutSegment>;

export const rolloutTurn = z
  .object({
    text: z.string(),
    token_ids: z.array(z.number().int()).readonly(),
    /** Natural logarithms of the probabilities at the temperature of the run; null for a demonstration. */
    logprobs: z.array(finite).readonly().nullable(),
    end: z.enum(['stop_string', 'eos', 'max_tokens']),
    action: rolloutAction,
    /** Number of the view that the call brought in. */
    result_view: z.number().int().positive().nullable(),
    mark: stepMark.nullable(),
  })
  .readonly();
export type RolloutTurn = z.infer<typeof rolloutTurn>;

/** total = accuracy x tool_factor + format_weight x format + box_overlap_weight x box_overlap. */
const rolloutReward = z
  .object({
    accuracy: finite,
    tool_factor: finite,
    format: finite,
    box_overlap: finite,
    total: finite,
  })
  .readonly();

/** Why a rollout carries no loss: its status, or that nobody could score it. */
export const maskReason = z.enum([...episodeStatus.options, 'unscored']);

export const rollout = z
  .object({
    /** `s12-g3-i0`: step, group, index. */
    id: z.string(),
    step: z.number().int().nonnegative(),
    /** 0-based, in the step. */
    group: z.number().int().nonnegative(),
    /** 0-based, in the group. */
    index: z.number().int().nonnegative(),
    sample_id: z.string(),
    seed: z.number().int().nonnegative(),
    with_tools: z.boolean(),
    status: episodeStatus,
    answer: z.string().nullable(),
    /** Whether the answer is right; null where nobody could say. */
    correct: z.boolean().nullable(),
    flags: z.array(failureFlag).readonly(),
    views: z.array(rolloutView).readonly(),
    segments: z.array(rolloutSegment).readonly(),
    turns: z.array(rolloutTurn).readonly(),
    /** The context up to the first turn, image pads included. */
    prompt_ids: z.array(z.number().int()).readonly(),
    /** Null: unscored. */
    reward: rolloutReward.nullable(),
    /** Against its group; 0 where masked. */
    advantage: finite,
    mask: z.object({ dropped: z.boolean(), reason: maskReason.nullable() }).readonly(),
    /** Id of the demonstration that this member is; null for the agent's own. */
    demonstration_id: z.string().nullable(),
    seconds: finite,
  })
  .readonly();
export type Rollout = z.infer<typeof rollout>;
