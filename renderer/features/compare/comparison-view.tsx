import { ActionIcon, Select, Tooltip } from '@mantine/core';
import { IconArrowLeft, IconArrowsExchange } from '@tabler/icons-react';
import { useState } from 'react';
import type { PairChoice, PairPage, PairRow } from '../../../shared/contract/evaluations.ts';
import type { Comparison, Evaluation, PairedTest } from '../../../shared/model/evaluation.ts';
import { pairedTest } from '../../../shared/model/evaluation.ts';
import type { EvaluationId, SampleId } from '../../../shared/model/ids.ts';
import { useCall, useClient } from '../../client/hooks.ts';
import { COMPARE, navigate } from '../../state/route.ts';
import { useKeys } from '../../state/use-keys.ts';
import { usePagedList } from '../../state/use-paged-list.ts';
import { formatCount, formatPlural, formatTime, kindWords } from '../../ui/format.ts';
import { ErrorNotice } from '../../ui/parts.tsx';
import classes from './compare.module.css';
import { cautions, changeWords, figureRows, pWords, shareWords, testWords } from './figures.ts';
import { PairList } from './pair-list.tsx';
import { PairView } from './pair-view.tsx';

interface ComparisonProps {
  readonly a: Evaluation;
  readonly b: Evaluation;
  readonly evaluations: readonly Evaluation[];
  readonly sampleId: SampleId | null;
}

/** Two evaluations of the same samples: which is better, by how much, on which samples. */
export function ComparisonView(props: ComparisonProps) {
  const { a, b } = props;
  const { data, error, refetch } = useCall(
    'evaluations.compare',
    { a: a.id, b: b.id },
    { keepWhileLoading: true },
  );
  if (data !== undefined) return <OneComparison {...props} comparison={data} />;
  return error === null ? null : <ErrorNotice failure={error} onRetry={() => void refetch()} />;
}

function OneComparison(props: ComparisonProps & { readonly comparison: Comparison }) {
  const { a, b, evaluations, sampleId, comparison } = props;
  const client = useClient();
  const [which, setWhich] = useState<PairChoice>('flips');
  const [kind, setKind] = useState<string | null>(null);
  const test = pairedTest(comparison.kinds);
  const pairs = usePagedList<PairRow, PairPage>(
    `pairs ${a.id} ${b.id} ${which} ${kind ?? ''}`,
    (cursor, limit, signal) =>
      client.query(
        'evaluations.pairs',
        { a: a.id, b: b.id, which, cursor, limit, ...(kind === null ? {} : { kind }) },
        signal,
      ),
    ['evaluations'],
  );
  const indices = Array.from({ length: pairs.loaded }, (_, index) => index);
  const at = sampleId === null ? 0 : indices.find((index) => pairs.rowAt(index)?.sampleId === sampleId);
  const shown = at ?? 0;
  const row = pairs.rowAt(shown) ?? null;
  const go = (index: number): void => {
    const next = pairs.rowAt(index);
    if (next !== undefined)
      navigate({ screen: 'compare', a: a.id, b: b.id, sampleId: next.sampleId }, { replace: true });
  };
  const choose = (first: EvaluationId, second: EvaluationId): void =>
    navigate({ ...COMPARE, a: first, b: second });
  useKeys({
    name: 'compare',
    title: 'Compare',
    bindings: [
      { keys: 'J', label: 'Next sample', run: () => go(shown + 1) },
      { keys: 'K', label: 'Previous sample', run: () => go(shown - 1) },
      { keys: 'ArrowDown', label: 'Next sample', run: () => go(shown + 1) },
      { keys: 'ArrowUp', label: 'Previous sample', run: () => go(shown - 1) },
      { keys: 'Escape', label: 'Back to the evaluations', run: () => navigate(COMPARE) },
    ],
  });
  return (
    <div className={classes['screen']}>
      <header className={classes['header']}>
        <Tooltip label="Back to the evaluations (Esc)">
          <ActionIcon aria-label="Back to the evaluations" onClick={() => navigate(COMPARE)}>
            <IconArrowLeft size={18} aria-hidden />
          </ActionIcon>
        </Tooltip>
        <h1>Compare</h1>
        <Side letter="A" value={a} evaluations={evaluations} onChange={(id) => choose(id, b.id)} />
        <Tooltip label="Exchange the two">
          <ActionIcon aria-label="Exchange the two" onClick={() => choose(b.id, a.id)}>
            <IconArrowsExchange size={18} aria-hidden />
          </ActionIcon>
        </Tooltip>
        <Side letter="B" value={b} evaluations={evaluations} onChange={(id) => choose(a.id, id)} />
      </header>
      <div className={classes['body']}>
        <Figures comparison={comparison} test={test} />
        <div className={classes['pairs']}>
          <PairList
            rows={pairs}
            which={which}
            kind={kind}
            kinds={comparison.kinds.map((one) => one.kind)}
            selected={shown}
            onWhich={setWhich}
            onKind={setKind}
            onSelect={go}
          />
          {row === null ? (
            <p className={classes['none']}>{pairs.total === 0 ? 'No sample fits this choice.' : ''}</p>
          ) : (
            <PairView key={row.sampleId} row={row} />
          )}
        </div>
      </div>
    </div>
  );
}

function evaluationWords(one: Evaluation): string {
  const tools = one.withTools ? '' : ', without tools';
  return `${one.agentName}${tools} · ${one.scopeWords} · ${formatTime(one.createdAt)}`;
}

function Side(props: {
  readonly letter: 'A' | 'B';
  readonly value: Evaluation;
  readonly evaluations: readonly Evaluation[];
  readonly onChange: (id: EvaluationId) => void;
}) {
  return (
    <div className={classes['side']}>
      <span className={classes['letter']} data-side={props.letter} aria-hidden>
        {props.letter}
      </span>
      <Select
        className={classes['sideSelect'] ?? ''}
        aria-label={`Evaluation ${props.letter}`}
        data={props.evaluations.map((one) => ({ value: one.id, label: evaluationWords(one) }))}
        value={props.value.id}
        allowDeselect={false}
        onChange={(id) => {
          const found = props.evaluations.find((one) => one.id === id);
          if (found !== undefined) props.onChange(found.id);
        }}
      />
    </div>
  );
}

function Figures({ comparison, test }: { comparison: Comparison; test: PairedTest }) {
  const { countsA, countsB, kinds } = comparison;
  return (
    <section className={classes['figures']} aria-label="Figures">
      <div>
        <table className={classes['table']} aria-label="Both on the same samples">
          <thead>
            <tr>
              <th scope="col">{formatPlural(countsA.episodes, 'sample')} of both</th>
              <th scope="col">A</th>
              <th scope="col">B</th>
              <th scope="col">B − A</th>
            </tr>
          </thead>
          <tbody>
            {figureRows(test, countsA, countsB).map((row) => (
              <tr key={row.name}>
                <th scope="row" title={row.why}>
                  {row.name}
                </th>
                <td>{shareWords(row.a)}</td>
                <td>{shareWords(row.b)}</td>
                <td data-better={row.better ?? undefined}>{changeWords(row)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <table className={classes['table']} aria-label="By kind">
        <thead>
          <tr>
            <th scope="col">Kind</th>
            <th scope="col">Samples</th>
            <th scope="col">A</th>
            <th scope="col">B</th>
            <th scope="col">Gained</th>
            <th scope="col">Lost</th>
            <th scope="col">p</th>
          </tr>
        </thead>
        <tbody>
          {kinds.map((one) => {
            const own = pairedTest([one]);
            return (
              <tr key={one.kind}>
                <th scope="row">{kindWords(one.kind)}</th>
                <td>{formatCount(own.pairs)}</td>
                <td>{shareWords(own.accuracyA)}</td>
                <td>{shareWords(own.accuracyB)}</td>
                <td>{formatCount(own.gained)}</td>
                <td>{formatCount(own.lost)}</td>
                <td>{own.gained + own.lost === 0 ? '–' : pWords(own.p).replace('= ', '')}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <div className={classes['verdict']}>
        <p>
          {testWords(test)}{' '}
          {test.gained + test.lost === 0 ? null : (
            <span className={classes['quiet']}>
              Exact McNemar test on {formatPlural(test.gained + test.lost, 'flip')}: p {pWords(test.p)}
            </span>
          )}
        </p>
        {cautions(comparison, test).map((text) => (
          <p key={text} className={classes['warn']}>
            {text}
          </p>
        ))}
        <p className={classes['note']}>
          In brackets: 95% intervals, Wilson’s of a share, Agresti and Min’s of a difference.
          {kinds.length < 2
            ? ''
            : ' Each p of a kind stands for itself: of twenty kinds, one falls below 0.05 by chance.'}
        </p>
      </div>
    </section>
  );
}
