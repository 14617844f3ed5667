import { Button, Modal } from '@mantine/core';
import { FLAG_WORDS, REASON_WORDS, VERDICT_WORDS } from '../../../shared/model/review-words.ts';
import type { ReviewReason } from '../../../shared/model/review.ts';
import { useReviewers } from '../../state/reviewer.ts';
import { formatTime } from '../../ui/format.ts';
import { DECIDED_WORDS } from './review-words.ts';
import classes from './review.module.css';
import { type Conflict, ownReview } from './use-review.ts';

interface Side {
  readonly what: string;
  readonly details: string;
  readonly when: string;
}

/** Both sides of a change that came too late. Neither is lost: what is not chosen stays in the history or the draft. */
export function ConflictDialog(props: {
  readonly conflict: Conflict;
  readonly onSettle: (keep: 'stored' | 'mine') => void;
}) {
  const { reviewers, current } = useReviewers();
  const nameOf = (id: string | null): string => reviewers.find((one) => one.id === id)?.name ?? 'Somebody';
  const [stored, wanted] = sides(props.conflict, current?.id, nameOf);
  return (
    <Modal
      opened
      onClose={() => props.onSettle('stored')}
      size="lg"
      title="This was changed elsewhere since you opened it"
    >
      <div className={classes['sides']}>
        <SideCard title="Stored now" side={stored} />
        <SideCard title="Yours, not saved" side={wanted} />
      </div>
      <div className={classes['settle']}>
        <Button variant="default" data-autofocus onClick={() => props.onSettle('stored')}>
          Keep what is stored
        </Button>
        <Button onClick={() => props.onSettle('mine')}>Save mine instead</Button>
      </div>
    </Modal>
  );
}

function SideCard({ title, side }: { readonly title: string; readonly side: Side }) {
  return (
    <section className={classes['sideCard']} aria-label={title}>
      <h3>{title}</h3>
      <strong>{side.what}</strong>
      {side.details === '' ? null : <p>{side.details}</p>}
      <p className={classes['quiet']}>{side.when}</p>
    </section>
  );
}

function sides(
  { wanted, stored }: Conflict,
  by: Parameters<typeof ownReview>[1],
  nameOf: (id: string | null) => string,
): readonly [Side, Side] {
  if (wanted.kind === 'flag') {
    const flag = stored.flags.find((one) => one.flag === wanted.flag);
    const words = (decision: keyof typeof DECIDED_WORDS | null): string =>
      `${FLAG_WORDS[wanted.flag].words}: ${decision === null ? 'not decided' : DECIDED_WORDS[decision]}`;
    return [
      {
        what: words(flag?.decision ?? null),
        details: '',
        when: flag?.at === null || flag === undefined ? '' : `${nameOf(flag.by)}, ${formatTime(flag.at)}`,
      },
      { what: words(wanted.decision), details: '', when: 'Now' },
    ];
  }
  const mine = ownReview(stored, by);
  return [
    mine === null
      ? { what: 'No review', details: 'It was undone.', when: '' }
      : {
          what: VERDICT_WORDS[mine.verdict],
          details: why(mine.reasons, mine.note),
          when: `${nameOf(mine.by)}, ${formatTime(mine.at)}`,
        },
    {
      what: wanted.kind === 'review' ? VERDICT_WORDS[wanted.verdict] : 'Reasons and note',
      details: why(wanted.draft.reasons, wanted.draft.note),
      when: 'Now',
    },
  ];
}

function why(reasons: readonly ReviewReason[], note: string): string {
  return [...reasons.map((reason) => REASON_WORDS[reason]), ...(note === '' ? [] : [note])].join('; ');
}
