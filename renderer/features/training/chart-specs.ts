import { formatBytes } from '../../ui/format.ts';
import { showNumber } from './knob-fields.ts';

export interface ChartLine {
  /** Name of the figure in `charts.series`. */
  readonly name: string;
  readonly label: string;
  /** An evaluation comes at some steps only: its points are shown. */
  readonly points?: boolean;
}

export interface ChartSpec {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly lines: readonly ChartLine[];
  readonly format: (value: number) => string;
  /** Fixed ends of the axis; left out, as the values are. */
  readonly range?: readonly [number, number];
  /** What it says where it has no value. */
  readonly empty?: string;
}

const share = (value: number): string => `${(value * 100).toFixed(value > 0 && value < 0.1 ? 1 : 0)} %`;
const plain = (value: number): string =>
  Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-3)
    ? showNumber(Number(value.toPrecision(2)))
    : String(Number(value.toFixed(value >= 100 ? 0 : 3)));

export const CHARTS: readonly ChartSpec[] = [
  {
    id: 'reward',
    title: 'Reward',
    about: 'Mean of the scored rollouts, and the deviation inside their groups.',
    lines: [
      { name: 'reward', label: 'Reward' },
      { name: 'reward_std', label: 'Deviation in groups' },
    ],
    format: plain,
  },
  {
    id: 'accuracy',
    title: 'Accuracy',
    about: 'Of the rollouts, which are sampled; and of the evaluation, which is greedy.',
    lines: [
      { name: 'accuracy', label: 'Rollouts' },
      { name: 'evaluation.accuracy', label: 'Validation', points: true },
    ],
    format: share,
    range: [0, 1],
  },
  {
    id: 'parts',
    title: 'Parts of the reward',
    about: 'accuracy × tool factor + format weight × format (+ overlap).',
    lines: [
      { name: 'tool_factor', label: 'Tool factor' },
      { name: 'format', label: 'Format' },
      { name: 'box_overlap', label: 'Box overlap' },
    ],
    format: plain,
  },
  {
    id: 'tools',
    title: 'Tools',
    about: 'Share of rollouts with a call, with a valid one, with a look back.',
    lines: [
      { name: 'tool_rate', label: 'Any call' },
      { name: 'valid_tool_rate', label: 'A valid call' },
      { name: 'look_back_rate', label: 'Look back' },
    ],
    format: share,
    range: [0, 1],
  },
  {
    id: 'masked',
    title: 'Masked rollouts',
    about: 'Share that carries no loss, by cause.',
    lines: [
      { name: 'masked_by.no_answer', label: 'No answer' },
      { name: 'masked_by.malformed', label: 'Malformed' },
      { name: 'masked_by.too_many_steps', label: 'Too many steps' },
      { name: 'masked_by.too_long', label: 'Too long' },
      { name: 'masked_by.over_budget', label: 'Over budget' },
      { name: 'masked_by.unscored', label: 'Unscored' },
      { name: 'masked_by.failed', label: 'Failed' },
    ],
    format: share,
    empty: 'No rollout was masked so far',
  },
  {
    id: 'groups',
    title: 'Groups without gradient',
    about: 'All their rollouts are worth the same, so they teach nothing.',
    lines: [{ name: 'groups_without_gradient', label: 'Share of groups' }],
    format: share,
    range: [0, 1],
  },
  {
    id: 'turns',
    title: 'Steps of an episode',
    about: 'Mean number of turns and calls of a rollout.',
    lines: [
      { name: 'turns', label: 'Turns' },
      { name: 'calls', label: 'Calls' },
      { name: 'bad_calls', label: 'Bad calls' },
    ],
    format: plain,
  },
  {
    id: 'length',
    title: 'Length',
    about: 'Mean tokens of a rollout: written by the agent, and of the whole context.',
    lines: [
      { name: 'completion_tokens', label: 'Written' },
      { name: 'context_tokens', label: 'Context' },
    ],
    format: plain,
  },
  {
    id: 'entropy',
    title: 'Entropy',
    about: 'Of the trained tokens, in nats. Near 0 the agent no longer tries anything.',
    lines: [{ name: 'entropy', label: 'Entropy' }],
    format: plain,
  },
  {
    id: 'kl',
    title: 'KL',
    about: 'Distance from where the agent began. Only where beta is not 0.',
    lines: [{ name: 'kl', label: 'KL' }],
    format: plain,
    empty: 'Not measured: beta is 0',
  },
  {
    id: 'loss',
    title: 'Loss',
    about: 'Its value says little in GRPO; a jump says that something broke.',
    lines: [
      { name: 'loss', label: 'Loss' },
      { name: 'warm_up.loss', label: 'Warm-up' },
    ],
    format: plain,
  },
  {
    id: 'gradient',
    title: 'Gradient norm',
    about: 'Before it is scaled down to its limit.',
    lines: [{ name: 'grad_norm', label: 'Norm' }],
    format: plain,
  },
  {
    id: 'rate',
    title: 'Learning rate',
    about: 'As the schedule has it.',
    lines: [{ name: 'learning_rate', label: 'Learning rate' }],
    format: plain,
  },
  {
    id: 'speed',
    title: 'Rollouts a second',
    about: 'Of the rollout phase.',
    lines: [{ name: 'rollouts_per_second', label: 'Rollouts a second' }],
    format: plain,
  },
  {
    id: 'seconds',
    title: 'Seconds of a step',
    about: 'By part.',
    lines: [
      { name: 'seconds.rollout', label: 'Rollouts' },
      { name: 'seconds.reward', label: 'Rewards' },
      { name: 'seconds.update', label: 'Update' },
      { name: 'seconds.saving', label: 'Saving' },
    ],
    format: (value) => `${plain(value)} s`,
  },
  {
    id: 'memory',
    title: 'Memory',
    about: 'Of the trainer’s process, and of the GPU.',
    lines: [
      { name: 'memory.cpu_bytes', label: 'CPU' },
      { name: 'memory.gpu_bytes', label: 'GPU' },
    ],
    format: formatBytes,
  },
];

export const CHART_NAMES: readonly string[] = CHARTS.flatMap(({ lines }) => lines.map(({ name }) => name));
