import { Button, Group, Modal, NumberInput, Text } from '@mantine/core';
import { useState } from 'react';
import type { BulkEdit } from '../../../shared/model/bulk-edit.ts';
import type { SampleSelection } from '../../../shared/model/sample-filter.ts';
import type { Split } from '../../../shared/model/sample.ts';
import { useCall } from '../../client/hooks.ts';
import { formatCount, formatPlural } from '../../ui/format.ts';
import { ErrorNotice } from '../../ui/parts.tsx';
import { SPLIT_WORDS } from '../../ui/sample-filter-words.ts';
import classes from './filters.module.css';

const SHARED_OUT = ['train', 'validation', 'test'] as const;
const FIRST_SHARES = { train: 80, validation: 10, test: 10 };

export interface Dealing {
  readonly seed: number;
  readonly shares: Readonly<Record<(typeof SHARED_OUT)[number], number>>;
}

/** Dialog: deals the chosen samples out to the splits, sets that share images together. */
export function SplitByImages(props: {
  /** Null while the dialog is closed. */
  selection: SampleSelection | null;
  onClose: () => void;
  onDeal: (dealing: Dealing) => void;
}) {
  return (
    <Modal opened={props.selection !== null} onClose={props.onClose} title="Splits by shares">
      {props.selection === null ? null : <Shares {...props} selection={props.selection} />}
    </Modal>
  );
}

function Shares(props: {
  selection: SampleSelection;
  onClose: () => void;
  onDeal: (dealing: Dealing) => void;
}) {
  const [shares, setShares] = useState(FIRST_SHARES);
  const [seed, setSeed] = useState(0);
  const sum = shares.train + shares.validation + shares.test;
  const { data, error } = useCall(
    'curation.previewSplits',
    { selection: props.selection, seed, shares },
    { enabled: sum > 0, keepWhileLoading: true },
  );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (sum === 0) return;
        props.onDeal({ seed, shares });
        props.onClose();
      }}
    >
      <Text size="sm" mb="sm">
        Samples that share an image stay together, so that no image is in two splits.
      </Text>
      <div className={classes['shares']}>
        {SHARED_OUT.map((split) => (
          <NumberInput
            key={split}
            label={SPLIT_WORDS[split]}
            value={shares[split]}
            min={0}
            max={1000}
            allowDecimal={false}
            onChange={(value) => setShares({ ...shares, [split]: Number(value) || 0 })}
          />
        ))}
        <NumberInput
          label="Seed"
          value={seed}
          min={0}
          max={0xffff_ffff}
          allowDecimal={false}
          onChange={(value) => setSeed(Number(value) || 0)}
        />
      </div>
      {error === null ? null : <ErrorNotice failure={error} />}
      {sum === 0 ? (
        <Text size="sm" c="var(--bad)" mt="sm">
          One share must be above 0.
        </Text>
      ) : data === undefined ? null : (
        <div className={classes['preview']} aria-live="polite">
          <dl className={classes['previewCounts']}>
            {SHARED_OUT.map((split) => (
              <div key={split}>
                <dt>{SPLIT_WORDS[split]}</dt>
                <dd>{formatCount(data.counts[split])}</dd>
              </div>
            ))}
          </dl>
          {formatPlural(data.sets, 'set')} of samples, the largest of {formatCount(data.largestSet)}.{' '}
          {formatPlural(data.changed, 'sample')} will change.
          {data.alongCount === 0
            ? ''
            : ` ${formatPlural(data.alongCount, 'sample')} that you did not choose share images with chosen ones and come along.`}
        </div>
      )}
      <Group justify="flex-end" gap="xs" mt="md">
        <Button variant="default" onClick={props.onClose}>
          Cancel
        </Button>
        <Button type="submit" disabled={sum === 0}>
          Assign splits
        </Button>
      </Group>
    </form>
  );
}

/** Dialog: a split is set while other samples that share images are in another one. */
export function SharedImages(props: {
  /** Null while nothing was asked for. */
  asked: { readonly split: Split; readonly selection: SampleSelection } | null;
  onClose: () => void;
  onEdit: (edit: BulkEdit) => void;
}) {
  const { asked, onClose, onEdit } = props;
  return (
    <Modal opened={asked !== null} onClose={onClose} title="Set the split">
      {asked === null ? null : <SharedChoice {...asked} onClose={onClose} onEdit={onEdit} />}
    </Modal>
  );
}

function SharedChoice(props: {
  split: Split;
  selection: SampleSelection;
  onClose: () => void;
  onEdit: (edit: BulkEdit) => void;
}) {
  const { split, selection, onClose, onEdit } = props;
  const { data, error } = useCall('curation.sharing', { split, selection });
  const set = (withSharing: boolean): void => {
    onEdit({ kind: 'set_split', split, withSharing });
    onClose();
  };
  const others = data?.others ?? 0;
  return (
    <>
      {error === null ? null : <ErrorNotice failure={error} />}
      <Text size="sm" aria-live="polite">
        {data === undefined
          ? 'Looking for other samples with the same images …'
          : others === 0
            ? `The split becomes ${SPLIT_WORDS[split]}. No other sample shares images with them.`
            : `${formatPlural(others, 'other sample')} in another split ${others === 1 ? 'shares' : 'share'} images with them. Left there, an image would be in two splits.`}
      </Text>
      <Group justify="flex-end" gap="xs" mt="md">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        {others === 0 ? null : (
          <Button variant="default" onClick={() => set(false)}>
            Only the chosen ones
          </Button>
        )}
        <Button disabled={data === undefined} onClick={() => set(others > 0)} data-autofocus>
          {others === 0 ? 'Set split' : 'Move them too'}
        </Button>
      </Group>
    </>
  );
}
