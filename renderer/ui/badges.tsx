import { IconCheck, IconMinus, IconX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { EpisodeState, Verdict } from '../../shared/model/episode.ts';
import classes from './badges.module.css';
import { statusWords, VERDICT_WORDS } from './format.ts';

type Tone = 'good' | 'bad' | 'warn' | 'quiet' | 'accent';

/** A word on a tinted ground. The word always says it too; colour is never the only sign. */
export function Tag({
  tone,
  icon,
  children,
  title,
}: {
  tone: Tone;
  icon?: ReactNode;
  children: ReactNode;
  title?: string;
}) {
  return (
    <span className={classes['tag']} data-tone={tone} title={title}>
      {icon}
      <span className={classes['words']}>{children}</span>
    </span>
  );
}

const VERDICT_TONE: Readonly<Record<Verdict, Tone>> = { right: 'good', wrong: 'bad', unknown: 'quiet' };
const VERDICT_ICON: Readonly<Record<Verdict, typeof IconCheck>> = {
  right: IconCheck,
  wrong: IconX,
  unknown: IconMinus,
};

/** Answer against the reference. */
export function VerdictBadge({ verdict }: { verdict: Verdict }) {
  const Icon = VERDICT_ICON[verdict];
  return (
    <Tag tone={VERDICT_TONE[verdict]} icon={<Icon size={13} stroke={2.2} aria-hidden />}>
      {VERDICT_WORDS[verdict]}
    </Tag>
  );
}

function statusTone(state: EpisodeState): Tone {
  if (state.kind === 'running') return 'accent';
  if (state.status === 'answered') return 'quiet';
  return state.status === 'failed' ? 'bad' : 'warn';
}

/** How an episode stands: the phase while it runs, then how it ended. */
export function StatusBadge({ state }: { state: EpisodeState }) {
  return (
    <Tag
      tone={statusTone(state)}
      icon={state.kind === 'running' ? <span className={classes['pulse']} aria-hidden /> : undefined}
    >
      {statusWords(state)}
    </Tag>
  );
}
