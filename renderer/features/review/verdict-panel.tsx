import { ActionIcon, Button, Menu, Textarea, Tooltip } from '@mantine/core';
import { IconCheck, IconFlagPlus, IconX } from '@tabler/icons-react';
import { FLAG_WORDS, REASON_WORDS, VERDICT_WORDS } from '../../../shared/model/review-words.ts';
import type {
  FlagDecision,
  FlagState,
  ReviewFlag,
  ReviewReason,
  ReviewVerdict,
} from '../../../shared/model/review.ts';
import { reviewFlag, reviewReason } from '../../../shared/model/review.ts';
import { useKeyName } from '../../state/keymap.ts';
import { useReviewers } from '../../state/reviewer.ts';
import { Tag } from '../../ui/badges.tsx';
import { formatPlural, formatTime } from '../../ui/format.ts';
import { DECIDED_WORDS } from './review-words.ts';
import classes from './review.module.css';
import type { ReviewHand } from './use-review.ts';

const VERDICTS: readonly {
  readonly verdict: ReviewVerdict;
  readonly keys: string;
  readonly color: string;
}[] = [
  { verdict: 'accept', keys: 'Ctrl+Enter', color: 'accent' },
  { verdict: 'fix', keys: 'Ctrl+Shift+Enter', color: 'gray' },
  { verdict: 'reject', keys: 'Ctrl+Backspace', color: 'red' },
  { verdict: 'unsure', keys: 'U', color: 'gray' },
  { verdict: 'skip', keys: 'Ctrl+Space', color: 'gray' },
];

/** What a person says about the episode: flags, reasons, a note, and the verdict that closes it. */
export function VerdictPanel({
  hand,
  onNoteField,
  onSay,
  onReason,
  onNote,
  onFlag,
}: {
  readonly hand: ReviewHand;
  readonly onNoteField: (field: HTMLTextAreaElement | null) => void;
  readonly onSay: (verdict: ReviewVerdict) => void;
  readonly onReason: (reason: ReviewReason) => void;
  /** `done`: the person has left the field. */
  readonly onNote: (note: string, done: boolean) => void;
  readonly onFlag: (flag: ReviewFlag, decision: FlagDecision | null) => void;
}) {
  const { review, mine, draft } = hand;
  const noteKey = useKeyName('review', 'N');
  return (
    <section className={classes['verdict']} aria-label="Your review">
      <Flags flags={review?.flags ?? []} onFlag={onFlag} />
      <div className={classes['reasons']} role="group" aria-label="Reasons">
        {reviewReason.options.map((reason, index) => (
          <Reason
            key={reason}
            reason={reason}
            place={index + 1}
            chosen={draft.reasons.includes(reason)}
            onToggle={onReason}
          />
        ))}
      </div>
      <Textarea
        ref={onNoteField}
        aria-label="Note"
        placeholder={`Note (${noteKey})`}
        autosize
        minRows={1}
        maxRows={4}
        maxLength={8000}
        value={draft.note}
        onChange={(event) => onNote(event.currentTarget.value, false)}
        onBlur={(event) => {
          if (event.currentTarget.value !== (mine?.note ?? '')) onNote(event.currentTarget.value, true);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape') event.currentTarget.blur();
        }}
      />
      <div className={classes['verdicts']} role="group" aria-label="Verdict">
        {VERDICTS.map((one) => (
          <VerdictButton key={one.verdict} {...one} said={mine?.verdict === one.verdict} onSay={onSay} />
        ))}
      </div>
      <Others hand={hand} />
    </section>
  );
}

function VerdictButton(props: {
  readonly verdict: ReviewVerdict;
  readonly keys: string;
  readonly color: string;
  readonly said: boolean;
  readonly onSay: (verdict: ReviewVerdict) => void;
}) {
  const { verdict, said } = props;
  const keys = useKeyName('review', props.keys);
  return (
    <Tooltip label={`${VERDICT_WORDS[verdict]} (${keys})`}>
      <Button
        variant={said ? 'filled' : verdict === 'accept' ? 'light' : 'default'}
        px={4}
        color={props.color}
        aria-pressed={said}
        onClick={() => props.onSay(verdict)}
      >
        {VERDICT_WORDS[verdict]}
      </Button>
    </Tooltip>
  );
}

function Reason(props: {
  readonly reason: ReviewReason;
  readonly place: number;
  readonly chosen: boolean;
  readonly onToggle: (reason: ReviewReason) => void;
}) {
  const { reason } = props;
  const key = useKeyName('review', String(props.place));
  return (
    <button
      type="button"
      className={classes['reason']}
      aria-pressed={props.chosen}
      onClick={() => props.onToggle(reason)}
    >
      <kbd aria-hidden>{key}</kbd>
      {REASON_WORDS[reason]}
    </button>
  );
}

function Flags(props: {
  readonly flags: readonly FlagState[];
  readonly onFlag: (flag: ReviewFlag, decision: FlagDecision | null) => void;
}) {
  const { flags, onFlag } = props;
  const missing = reviewFlag.options.filter((flag) => !flags.some((one) => one.flag === flag));
  const first = flags.find(({ decision }) => decision === null)?.flag;
  return (
    <div className={classes['flags']} role="group" aria-label="Flags">
      {reviewFlag.options
        .flatMap((flag) => flags.find((one) => one.flag === flag) ?? [])
        .map((state) => (
          <Flag key={state.flag} state={state} next={state.flag === first} onFlag={onFlag} />
        ))}
      {missing.length === 0 ? null : (
        <Menu position="top-start">
          <Menu.Target>
            <Button
              variant="subtle"
              color="gray"
              size="compact-xs"
              leftSection={<IconFlagPlus size={14} aria-hidden />}
            >
              {flags.length === 0 ? 'Raise a flag' : 'More'}
              {flags.length === 0 ? '' : <span className="only-read"> flags</span>}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {missing.map((flag) => (
              <Menu.Item key={flag} title={FLAG_WORDS[flag].why} onClick={() => onFlag(flag, 'confirmed')}>
                {FLAG_WORDS[flag].words}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
    </div>
  );
}

function Flag(props: {
  readonly state: FlagState;
  /** The keys mean this one. */
  readonly next: boolean;
  readonly onFlag: (flag: ReviewFlag, decision: FlagDecision | null) => void;
}) {
  const { flag, decision } = props.state;
  const { words, why } = FLAG_WORDS[flag];
  const confirmKey = useKeyName('review', 'Y');
  const dismissKey = useKeyName('review', 'X');
  const hint = (key: string): string => (props.next ? ` (${key})` : '');
  const toggle = (wanted: FlagDecision): void => props.onFlag(flag, decision === wanted ? null : wanted);
  return (
    <span className={classes['flag']} data-decision={decision ?? 'open'}>
      <Tag tone={decision === 'dismissed' ? 'quiet' : 'warn'} title={why}>
        {words}
        {decision === null ? '' : `: ${DECIDED_WORDS[decision]}`}
      </Tag>
      <Tooltip label={`Confirm${hint(confirmKey)}`}>
        <ActionIcon
          size="sm"
          aria-label={`Confirm flag: ${words}`}
          aria-pressed={decision === 'confirmed'}
          onClick={() => toggle('confirmed')}
        >
          <IconCheck size={14} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label={`Dismiss${hint(dismissKey)}`}>
        <ActionIcon
          size="sm"
          aria-label={`Dismiss flag: ${words}`}
          aria-pressed={decision === 'dismissed'}
          onClick={() => toggle('dismissed')}
        >
          <IconX size={14} />
        </ActionIcon>
      </Tooltip>
    </span>
  );
}

/** What others said. Hidden until one's own opinion is given: a second opinion that follows the first one is none. */
function Others({ hand }: { readonly hand: ReviewHand }) {
  const { reviewers, current } = useReviewers();
  const others = hand.review?.reviews.filter(({ by }) => by !== current?.id) ?? [];
  if (others.length === 0) return null;
  if (hand.mine === null) {
    return (
      <p className={classes['quiet']}>
        {formatPlural(others.length, 'other opinion')}, shown once you have given yours.
      </p>
    );
  }
  return (
    <ul className={classes['others']} aria-label="What others said">
      {others.map((one) => (
        <li key={one.by}>
          <strong>{reviewers.find(({ id }) => id === one.by)?.name ?? 'Somebody'}</strong>:{' '}
          {VERDICT_WORDS[one.verdict]}
          {one.reasons.length === 0
            ? ''
            : `, ${one.reasons.map((reason) => REASON_WORDS[reason]).join(', ')}`}
          {one.note === '' ? '' : `: ${one.note}`}
          <span className={classes['quiet']}> {formatTime(one.at)}</span>
        </li>
      ))}
    </ul>
  );
}
