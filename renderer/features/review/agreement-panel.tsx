import { NumberInput, Table } from '@mantine/core';
import { useCall } from '../../client/hooks.ts';
import { useChangeSettings, useSettings } from '../../state/agents.ts';
import { useReviewers } from '../../state/reviewer.ts';
import { formatCount } from '../../ui/format.ts';
import { ErrorNotice } from '../../ui/parts.tsx';
import classes from './review.module.css';

/** How far people agree where two of them looked, and on how much two shall look. */
export function AgreementPanel() {
  const { data, error, refetch } = useCall('reviews.agreement', undefined);
  const { reviewers } = useReviewers();
  const { secondOpinionShare } = useSettings();
  const changeSettings = useChangeSettings();
  const nameOf = (id: string): string => reviewers.find((one) => one.id === id)?.name ?? 'Somebody';
  return (
    <div className={classes['agreement']}>
      <NumberInput
        label="Second opinions"
        description="This part of the runs stays to do until two people have looked. Which ones follows from their ids: the same for everybody."
        suffix=" %"
        min={0}
        max={100}
        clampBehavior="strict"
        allowDecimal={false}
        value={Math.round(secondOpinionShare * 100)}
        onChange={(value) => {
          if (typeof value === 'number') changeSettings({ secondOpinionShare: value / 100 });
        }}
      />
      {error === null ? null : <ErrorNotice failure={error} onRetry={() => void refetch()} />}
      {data === undefined ? null : data.length === 0 ? (
        <p className={classes['quiet']}>No run has been looked at by two people yet.</p>
      ) : (
        <Table aria-label="Agreement">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Reviewers</Table.Th>
              <Table.Th title="Runs that both have an opinion about">Runs</Table.Th>
              <Table.Th title="Part of them about which both said the same">Agree</Table.Th>
              <Table.Th title="Cohen’s kappa: agreement beyond chance; 1 is all, 0 is what chance alone gives">
                κ
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {data.map(({ first, second, agreement }) => (
              <Table.Tr key={`${first} ${second}`}>
                <Table.Td>
                  {nameOf(first)}, {nameOf(second)}
                </Table.Td>
                <Table.Td>{formatCount(agreement.episodes)}</Table.Td>
                <Table.Td>
                  {agreement.share === null ? '–' : `${Math.round(agreement.share * 100)} %`}
                </Table.Td>
                <Table.Td
                  title={
                    agreement.kappa === null ? 'Not defined: chance alone would agree always.' : undefined
                  }
                >
                  {agreement.kappa === null ? '–' : agreement.kappa.toFixed(2)}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </div>
  );
}
