import { ActionIcon, NumberInput, Table } from '@mantine/core';
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react';
import type { RunDetail } from '../../../shared/contract/runs.ts';
import type { RunId } from '../../../shared/model/ids.ts';
import type { RolloutSummary } from '../../../shared/model/run.ts';
import { useCall } from '../../client/hooks.ts';
import { formatTrainingPlace } from '../../state/training-route.ts';
import { Tag, VerdictBadge } from '../../ui/badges.tsx';
import { formatCount, formatPlural, statusWords } from '../../ui/format.ts';
import { EmptyState, ErrorNotice } from '../../ui/parts.tsx';
import { goTo } from './go.ts';
import { stepWithRollouts } from './rollout-step.ts';
import classes from './rollouts.module.css';

/** Every rollout of a step, by question: what each was worth, and what training made of it. */
export function Rollouts({ detail, step }: { readonly detail: RunDetail; readonly step: number | null }) {
  const { run, rolloutSpan: span, config } = detail;
  if (span === null) {
    return (
      <EmptyState title="No rollouts yet">
        Each step plays its questions several times. They appear here once the first step has played them.
      </EmptyState>
    );
  }
  const every = config.num_iterations;
  const shown = stepWithRollouts(step ?? span.last, span, every);
  const go = (to: number): void => goTo({ kind: 'run', id: run.id, tab: 'rollouts', step: to }, true);
  return (
    <div className={classes['rollouts']}>
      <div className={classes['bar']}>
        <ActionIcon
          aria-label="The step before"
          disabled={shown <= span.first}
          onClick={() => go(shown - every)}
        >
          <IconChevronLeft size={16} />
        </ActionIcon>
        <NumberInput
          // What is typed is looked up once it is whole; a step that was gone to by a button is shown at once.
          key={shown}
          className={classes['step'] ?? ''}
          aria-label="Step"
          prefix="Step "
          min={span.first}
          max={span.last}
          allowDecimal={false}
          thousandSeparator=","
          hideControls
          defaultValue={shown}
          onBlur={(event) => {
            const typed = Number(event.currentTarget.value.replaceAll(/\D/g, ''));
            if (typed > 0) go(stepWithRollouts(typed, span, every));
          }}
          onKeyDown={(event) => {
            if (event.key === 'Enter') event.currentTarget.blur();
          }}
        />
        <ActionIcon
          aria-label="The next step"
          disabled={shown + every > span.last}
          onClick={() => go(shown + every)}
        >
          <IconChevronRight size={16} />
        </ActionIcon>
        <span className={classes['quiet']}>of {formatCount(span.last)}</span>
        <span className={classes['quiet']}>
          Within a question the advantage says which rollouts are made more likely, and which less.
        </span>
      </div>
      <OneStep id={run.id} step={shown} />
    </div>
  );
}

function OneStep({ id, step }: { readonly id: RunId; readonly step: number }) {
  const { data, error, refetch } = useCall('runs.rollouts', { id, step }, { keepWhileLoading: true });
  if (error !== null) return <ErrorNotice failure={error} onRetry={() => void refetch()} />;
  if (data === undefined) return null;
  const groups = Map.groupBy(data, ({ group }) => group);
  return [...groups].map(([group, members]) => <Group key={group} id={id} step={step} members={members} />);
}

function Group({
  id,
  step,
  members,
}: {
  readonly id: RunId;
  readonly step: number;
  readonly members: readonly RolloutSummary[];
}) {
  const question = members[0]?.question ?? '';
  const right = members.filter(({ verdict }) => verdict === 'right').length;
  const isFlat = members.every(({ advantage }) => advantage === 0);
  return (
    <section className={classes['group']} aria-label={question}>
      <div className={classes['groupHead']}>
        <h3 title={question}>{question}</h3>
        <span className={classes['quiet']}>
          {right} of {formatPlural(members.length, 'rollout')} right
        </span>
        {isFlat ? (
          <Tag
            tone="warn"
            title="All of them are worth the same, so this question teaches nothing at this step."
          >
            No gradient
          </Tag>
        ) : null}
      </div>
      <RolloutTable id={id} step={step} members={members} current={null} />
    </section>
  );
}

export function RolloutTable(props: {
  readonly id: RunId;
  readonly step: number;
  readonly members: readonly RolloutSummary[];
  readonly current: number | null;
  /** In a narrow place: what each was worth, and no more. */
  readonly narrow?: boolean;
}) {
  const wide = props.narrow !== true;
  return (
    <Table className={classes['table'] ?? ''} aria-label="Rollouts of the question">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Rollout</Table.Th>
          <Table.Th>Answer</Table.Th>
          {wide ? <Table.Th>Ended</Table.Th> : null}
          {wide ? <Table.Th>Steps</Table.Th> : null}
          <Table.Th>Reward</Table.Th>
          <Table.Th>Advantage</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {props.members.map((one) => (
          <Table.Tr key={one.line} data-current={one.line === props.current || undefined}>
            <Table.Td>
              <a
                className={classes['link']}
                aria-current={one.line === props.current ? 'true' : undefined}
                href={formatTrainingPlace({
                  kind: 'rollout',
                  id: props.id,
                  step: props.step,
                  index: one.line,
                })}
              >
                {one.isDemonstration ? 'Demonstration' : `Rollout ${one.index + 1}`}
              </a>
            </Table.Td>
            <Table.Td className={classes['answer'] ?? ''} title={one.answer ?? ''}>
              {one.answer === null ? (
                '—'
              ) : (
                <span className={classes['judged']}>
                  <VerdictBadge verdict={one.verdict} />
                  {one.answer}
                </span>
              )}
            </Table.Td>
            {wide ? <Ways one={one} /> : null}
            <Table.Td>{one.reward === null ? 'unscored' : one.reward.toFixed(2)}</Table.Td>
            <Table.Td>
              <Advantage value={one.advantage} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

/** How a rollout ended, and how long its way was. */
function Ways({ one }: { readonly one: RolloutSummary }) {
  return (
    <>
      <Table.Td>
        {statusWords({ kind: 'ended', status: one.status, endedAt: 0 })}
        {one.masked === null ? null : (
          <>
            {' '}
            <Tag tone="warn" title="It carries no loss, whatever it is worth.">
              Masked
            </Tag>
          </>
        )}
      </Table.Td>
      <Table.Td>
        {formatPlural(one.turns, 'turn')}, {formatPlural(one.calls, 'call')}
        {one.lookBacks === 0 ? '' : `, ${formatPlural(one.lookBacks, 'look back', 'look backs')}`}
      </Table.Td>
    </>
  );
}

/** A bar to the right for more likely, to the left for less; the number says it too. */
export function Advantage({ value }: { readonly value: number | null }) {
  if (value === null) return '—';
  const share = Math.min(1, Math.abs(value) / 2);
  return (
    <span className={classes['advantage']}>
      <span className={classes['axis']} aria-hidden>
        <span
          className={classes['amount']}
          data-sign={value < 0 ? 'less' : 'more'}
          style={{ width: `${share * 50}%`, left: value < 0 ? `${50 - share * 50}%` : '50%' }}
        />
      </span>
      {value > 0 ? '+' : ''}
      {value.toFixed(2)}
    </span>
  );
}
