import { Button, Group, Modal } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { CorrectedEpisode } from '../../../shared/correction/corrected-episode.ts';
import { operationWords } from '../../../shared/correction/operation-words.ts';
import { rebase } from '../../../shared/correction/operations.ts';
import { replay } from '../../../shared/correction/replay.ts';
import type { CorrectionOperation } from '../../../shared/model/correction.ts';
import { toFailure } from '../../client/failure.ts';
import { actionWords } from '../../episode/words.ts';
import type { EditConflict } from '../../state/correcting.ts';
import { notify, notifyFailure } from '../../state/notices.ts';
import { useReviewers } from '../../state/reviewer.ts';
import { formatTime } from '../../ui/format.ts';
import classes from './conflict-dialog.module.css';
import type { CorrectionDesk } from './use-correction.ts';
import { referenceOf } from './use-correction.ts';

/** Two versions of one correction, beside each other. Whatever is chosen, the other can be had again. */
export function ConflictDialog({
  desk,
  conflict,
  onClose,
}: {
  readonly desk: CorrectionDesk;
  readonly conflict: EditConflict;
  readonly onClose: () => void;
}) {
  const { episode, sizing, sample, correcting } = desk;
  const { base, theirs, mine } = conflict;
  const [busy, setBusy] = useState(false);
  const sides = useMemo(() => {
    const played = (operations: readonly CorrectionOperation[]): CorrectedEpisode =>
      replay(episode, operations, sizing, referenceOf(sample));
    const on = [...theirs.operations, ...rebase(mine.operations, theirs.operations)];
    return {
      theirs: played(theirs.operations),
      mine: played([...base, ...mine.operations]),
      both: played(on),
    };
  }, [episode, sizing, sample, base, theirs, mine]);
  const added = theirs.operations.slice(base.length);

  const putOnTop = async (): Promise<void> => {
    setBusy(true);
    try {
      const left = await correcting.putOnTop(mine.id);
      if (left.length > 0) {
        notify(left.join(' '), 'Some of your edits could not be put on top. They stay set aside.');
      }
      onClose();
    } catch (error) {
      notifyFailure(toFailure(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <Modal opened size="xl" title="Somebody else edited this correction, too" onClose={onClose}>
      <p className={classes['lead']}>
        Nothing is lost. Your edits are set aside until you put them on top or throw them away.
      </p>
      <div className={classes['sides']}>
        <Side title="Theirs, as it is now" operations={added} base={desk.corrected} result={sides.theirs} />
        <Side
          title={`Yours, ${formatTime(mine.at)}`}
          who={mine.by}
          operations={mine.operations}
          base={desk.corrected}
          result={sides.mine}
        />
      </div>
      {sides.both.problems.length === 0 ? null : (
        <ul className={classes['problems']}>
          {sides.both.problems.map(({ message }) => (
            <li key={message}>{message}</li>
          ))}
        </ul>
      )}
      <Group justify="flex-end" mt="md">
        <Button variant="default" disabled={busy} onClick={onClose}>
          Keep theirs
        </Button>
        <Button loading={busy} data-autofocus onClick={() => void putOnTop()}>
          Apply mine on top
        </Button>
      </Group>
    </Modal>
  );
}

function Side(props: {
  readonly title: string;
  readonly who?: string;
  readonly operations: readonly CorrectionOperation[];
  readonly base: CorrectedEpisode;
  readonly result: CorrectedEpisode;
}) {
  const { reviewers } = useReviewers();
  const name = reviewers.find(({ id }) => id === props.who)?.name;
  return (
    <section className={classes['side']} aria-label={props.title}>
      <h3>
        {props.title}
        {name === undefined ? null : <span className={classes['quiet']}> · {name}</span>}
      </h3>
      <ul className={classes['edits']} aria-label="Edits">
        {props.operations.map((operation, at) => (
          // Edits have no name of their own, and their order is all that they are.
          <li key={`${at} ${operation.kind}`}>{operationWords(operation, props.base)}</li>
        ))}
      </ul>
      <ol className={classes['result']} aria-label="Steps">
        {props.result.steps.map((step) => (
          <li key={step.key} data-edited={step.edited.length > 0 || undefined}>
            <strong>{actionWords(step.action, step.resultView)}</strong>
            <span>{step.thought}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
