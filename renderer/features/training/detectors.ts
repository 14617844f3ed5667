/** Looks at the newest steps of a run, and at the whole of it, and says in words what goes wrong. Pure. */

/** Figures by name, oldest first: of the newest steps, or of a whole run in spans of steps. */
export type Recent = Readonly<Record<string, readonly number[]>>;

export interface Finding {
  readonly id:
    | 'tool_abandonment'
    | 'endless_loop'
    | 'entropy_collapse'
    | 'reward_without_accuracy'
    | 'no_gradient'
    | 'masked'
    | 'gradient';
  readonly title: string;
  readonly what: string;
  readonly advice: string;
}

/** Steps in a window; fewer say nothing yet. */
const WINDOW = 8;

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

/** Mean of the first and of the last steps that are known; null where there are not enough of them. */
function ends(recent: Recent, name: string): { readonly before: number; readonly now: number } | null {
  const values = recent[name] ?? [];
  if (values.length < 2 * WINDOW) return null;
  return { before: mean(values.slice(0, WINDOW)), now: mean(values.slice(-WINDOW)) };
}

function now(recent: Recent, name: string): number | null {
  const values = (recent[name] ?? []).slice(-WINDOW);
  return values.length < WINDOW ? null : mean(values);
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** Mean of the steps in which it was highest, and of the last ones. */
function fromPeak(recent: Recent, name: string): { readonly before: number; readonly now: number } | null {
  const values = recent[name] ?? [];
  if (values.length < 2 * WINDOW) return null;
  const windows = values.slice(WINDOW - 1).map((_value, at) => mean(values.slice(at, at + WINDOW)));
  return { before: Math.max(...windows), now: mean(values.slice(-WINDOW)) };
}

type Detector = (recent: Recent) => Finding | null;

const toolAbandonment: Detector = (recent) => {
  const tools = fromPeak(recent, 'tool_rate');
  if (tools === null || tools.before < 0.15 || tools.now > tools.before * 0.5) return null;
  return {
    id: 'tool_abandonment',
    title: 'It gives up its tools',
    what: `Rollouts that use a tool fell from ${percent(tools.before)} to ${percent(tools.now)}.`,
    advice: 'Raise the tool gain, or take samples whose details can only be read after a zoom.',
  };
};

const endlessLoop: Detector = (recent) => {
  const turns = ends(recent, 'turns');
  const masked = now(recent, 'masked_by.too_many_steps') ?? 0;
  const long = now(recent, 'masked_by.too_long') ?? 0;
  const loops = (now(recent, 'flag.loop') ?? 0) + (now(recent, 'flag.repeated_call') ?? 0);
  const isLonger = turns !== null && turns.now > turns.before * 1.5 && turns.now > 3;
  if (!(isLonger && masked + long > 0.15) && masked + loops < 0.3) return null;
  return {
    id: 'endless_loop',
    title: 'It calls its tools without end',
    what: `${percent(masked + long)} of the rollouts end at a limit of steps or length, ${percent(loops)} repeat a call.`,
    advice: 'Lower the tool gain, or the limit of calls; keep these statuses masked.',
  };
};

const entropyCollapse: Detector = (recent) => {
  const entropy = ends(recent, 'entropy');
  if (entropy === null || entropy.now > 0.15 || entropy.now > entropy.before * 0.25) return null;
  // An agent that is right nearly always has no reason to doubt.
  if ((now(recent, 'accuracy') ?? 0) > 0.9) return null;
  return {
    id: 'entropy_collapse',
    title: 'It stopped trying things',
    what: `Its entropy fell from ${entropy.before.toFixed(2)} to ${entropy.now.toFixed(2)} nats: rollouts of a group are nearly the same.`,
    advice:
      'Lower the learning rate, raise the temperature, or set an entropy bonus. An earlier checkpoint may be better.',
  };
};

const rewardWithoutAccuracy: Detector = (recent) => {
  const reward = ends(recent, 'reward');
  const accuracy = ends(recent, 'accuracy');
  if (reward === null || accuracy === null) return null;
  if (reward.now < reward.before + 0.1 || accuracy.now > accuracy.before + 0.02) return null;
  return {
    id: 'reward_without_accuracy',
    title: 'The reward rises, the answers do not',
    what: `Reward went from ${reward.before.toFixed(2)} to ${reward.now.toFixed(2)}, accuracy from ${percent(accuracy.before)} to ${percent(accuracy.now)}.`,
    advice: 'It earns by form or by tools alone. Lower the format weight or the tool gain.',
  };
};

const noGradient: Detector = (recent) => {
  const share = now(recent, 'groups_without_gradient');
  if (share === null || share < 0.8) return null;
  const accuracy = now(recent, 'accuracy') ?? 0;
  return {
    id: 'no_gradient',
    title: 'Most groups teach nothing',
    what: `In ${percent(share)} of the groups all rollouts are worth the same.`,
    advice:
      accuracy > 0.5
        ? 'The samples are too easy for this agent by now: take harder ones, or stop here.'
        : 'The samples are too hard, or the rollouts too much alike: take easier ones, more rollouts a group, or demonstrations.',
  };
};

const mostMasked: Detector = (recent) => {
  const share = now(recent, 'masked_share');
  if (share === null || share < 0.5) return null;
  return {
    id: 'masked',
    title: 'Most rollouts are masked',
    what: `${percent(share)} of the rollouts broke a limit or gave no answer, and carry no loss.`,
    advice: 'Look at the causes in the chart of masked rollouts, and raise the limit that they meet.',
  };
};

const wildGradient: Detector = (recent) => {
  const norm = ends(recent, 'grad_norm');
  if (norm === null || norm.now < 20 || norm.now < norm.before * 5) return null;
  return {
    id: 'gradient',
    title: 'The gradient grows',
    what: `Its norm went from ${norm.before.toFixed(1)} to ${norm.now.toFixed(1)}.`,
    advice: 'Lower the learning rate, or hold the agent to its start with a KL weight (beta).',
  };
};

const DETECTORS: readonly Detector[] = [
  rewardWithoutAccuracy,
  toolAbandonment,
  endlessLoop,
  entropyCollapse,
  noGradient,
  mostMasked,
  wildGradient,
];

/**
 * What crept up over a long run shows only in the whole of it, and what broke just now only in the newest steps.
 * Each failure is named once, by the newest steps where they show it.
 */
export function findFailures(recent: Recent, whole: Recent = {}): readonly Finding[] {
  return DETECTORS.flatMap((detect) => detect(recent) ?? detect(whole) ?? []);
}
