import { Button, Checkbox } from '@mantine/core';
import { IconPlayerPlay, IconScale } from '@tabler/icons-react';
import { useState } from 'react';
import { type Evaluation, shareOf } from '../../../shared/model/evaluation.ts';
import type { EvaluationId } from '../../../shared/model/ids.ts';
import { useAgents } from '../../state/agents.ts';
import { type ComparedId, COMPARE, navigate } from '../../state/route.ts';
import { Tag } from '../../ui/badges.tsx';
import { formatCount, formatPlural, formatTime } from '../../ui/format.ts';
import { EmptyState, ScreenHeader } from '../../ui/parts.tsx';
import classes from './compare.module.css';
import { EvaluateDialog } from './evaluate-dialog.tsx';
import { shareWords } from './figures.ts';

/** What was measured so far. Two of them are chosen to be compared. */
export function EvaluationsList(props: {
  readonly evaluations: readonly Evaluation[];
  /** What the address asked for and was not there. */
  readonly wanted: readonly (ComparedId | null)[];
}) {
  const { evaluations, wanted } = props;
  const { agents } = useAgents();
  const [dialog, setDialog] = useState(false);
  const [chosen, setChosen] = useState<readonly EvaluationId[]>([]);
  const missing = agents.filter(
    ({ id }) => wanted.includes(id) && !evaluations.some((one) => one.agentVersionId === id),
  );
  const toggle = (id: EvaluationId): void =>
    setChosen((now) => (now.includes(id) ? now.filter((one) => one !== id) : [...now, id].slice(-2)));
  const [a, b] = evaluations.filter(({ id }) => chosen.includes(id)).toReversed();
  return (
    <div className={classes['screen']}>
      <ScreenHeader title="Compare" subtitle={formatPlural(evaluations.length, 'evaluation')}>
        <Button
          variant="default"
          leftSection={<IconPlayerPlay size={14} aria-hidden />}
          onClick={() => setDialog(true)}
        >
          Evaluate…
        </Button>
        <Button
          leftSection={<IconScale size={14} aria-hidden />}
          disabled={a === undefined || b === undefined}
          onClick={() => a && b && navigate({ ...COMPARE, a: a.id, b: b.id })}
        >
          Compare the two
        </Button>
      </ScreenHeader>
      {missing.length === 0 ? null : (
        <p className={classes['missing']}>
          {missing.map(({ name }) => name).join(' and ')} {missing.length === 1 ? 'has' : 'have'} not been
          evaluated yet. Evaluate both on the same samples, then compare.
        </p>
      )}
      {evaluations.length === 0 ? (
        <EmptyState
          icon={<IconScale size={40} stroke={1.2} />}
          title="No evaluations yet"
          actions={<Button onClick={() => setDialog(true)}>Evaluate an agent…</Button>}
        >
          An evaluation runs an agent version once on every sample of a split, without chance in it. Two
          evaluations on the same samples show which version is better, by how much, and on which samples.
        </EmptyState>
      ) : (
        <div className={classes['scroll']}>
          <table className={classes['evaluations']} aria-label="Evaluations">
            <thead>
              <tr>
                <th scope="col">
                  <span className="only-read">Chosen</span>
                </th>
                <th scope="col">Agent version</th>
                <th scope="col">Samples</th>
                <th scope="col">Accuracy (95% interval)</th>
                <th scope="col">Uses a tool</th>
                <th scope="col">Looks back</th>
                <th scope="col">When</th>
                <th scope="col">State</th>
              </tr>
            </thead>
            <tbody>
              {evaluations.map((one) => (
                <Line
                  key={one.id}
                  evaluation={one}
                  chosen={chosen.includes(one.id)}
                  onToggle={() => toggle(one.id)}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <EvaluateDialog
        opened={dialog}
        wanted={agents.filter(({ id }) => wanted.includes(id)).map(({ id }) => id)}
        onClose={() => setDialog(false)}
      />
    </div>
  );
}

function Line(props: {
  readonly evaluation: Evaluation;
  readonly chosen: boolean;
  readonly onToggle: () => void;
}) {
  const { evaluation: one } = props;
  const { counts } = one;
  return (
    <tr data-chosen={props.chosen || undefined} onClick={props.onToggle}>
      <td>
        <Checkbox
          size="xs"
          aria-label={`Choose the evaluation of ${one.agentName}, ${one.scopeWords}, ${formatTime(one.createdAt)}`}
          checked={props.chosen}
          onClick={(event) => event.stopPropagation()}
          onChange={props.onToggle}
        />
      </td>
      <td>
        {one.agentName} {one.withTools ? null : <Tag tone="quiet">without tools</Tag>}
      </td>
      <td>
        {one.scopeWords}{' '}
        <span className={classes['quiet']}>
          {formatCount(counts.episodes)} of {formatCount(one.sampleTotal)}
        </span>
      </td>
      <td>{shareWords(shareOf(counts.right, counts.scored))}</td>
      <td>{shareWords(shareOf(counts.usedTool, counts.episodes))}</td>
      <td>{shareWords(shareOf(counts.lookedBack, counts.episodes))}</td>
      <td className={classes['quiet']}>{formatTime(one.createdAt)}</td>
      <td>
        {one.finished ? <Tag tone="good">Finished</Tag> : <Tag tone="accent">Not finished</Tag>}
        {counts.failed === 0 ? null : <Tag tone="bad">{formatCount(counts.failed)} failed</Tag>}
      </td>
    </tr>
  );
}
