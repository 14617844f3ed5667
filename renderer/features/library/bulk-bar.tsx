import { Autocomplete, Button, Group, Menu, Popover, TextInput } from '@mantine/core';
import { IconCamera, IconLayoutRows, IconTag, IconTags, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import type { BulkEdit } from '../../../shared/model/bulk-edit.ts';
import type { SampleFilter } from '../../../shared/model/sample-filter.ts';
import { type Split, split } from '../../../shared/model/sample.ts';
import { useCall } from '../../client/hooks.ts';
import { askToRunGroups } from '../../state/rollout-jobs.ts';
import { formatCount } from '../../ui/format.ts';
import { SPLIT_WORDS } from '../../ui/sample-filter-words.ts';
import classes from './filters.module.css';
import type { ChosenSamples } from './use-sample-selection.ts';

/** What can be done with the samples that are chosen. */
export function BulkBar(props: {
  chosen: ChosenSamples;
  total: number;
  filter: SampleFilter;
  busy: boolean;
  onEdit: (edit: BulkEdit) => void;
  onRemove: () => void;
  onSplit: (split: Split) => void;
  onSplitByImages: () => void;
  onSnapshot: () => void;
}) {
  const { chosen, total, filter, busy, onEdit } = props;
  const { selection } = chosen;
  return (
    <>
      <span aria-live="polite">{formatCount(chosen.count)} chosen</span>
      {chosen.isAll || chosen.count >= total ? null : (
        <Button variant="subtle" onClick={chosen.chooseAll}>
          Choose all {formatCount(total)}
        </Button>
      )}
      <Button variant="subtle" onClick={chosen.clear}>
        Clear
      </Button>
      <TagButton busy={busy} onEdit={onEdit} />
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" disabled={busy}>
            Set split
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {split.options.map((one) => (
            <Menu.Item key={one} onClick={() => props.onSplit(one)}>
              {SPLIT_WORDS[one]}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item onClick={props.onSplitByImages}>By shares, image sets kept together…</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <KindButton busy={busy} onEdit={onEdit} />
      <Button
        variant="default"
        leftSection={<IconLayoutRows size={14} aria-hidden />}
        onClick={() =>
          askToRunGroups(
            selection.kind === 'ids' ? { kind: 'samples', ids: selection.ids } : { kind: 'filter', filter },
          )
        }
      >
        Run groups
      </Button>
      {chosen.isAll ? (
        <Button
          variant="default"
          leftSection={<IconCamera size={14} aria-hidden />}
          onClick={props.onSnapshot}
        >
          Snapshot
        </Button>
      ) : null}
      <Button
        variant="light"
        color="red"
        disabled={busy}
        leftSection={<IconTrash size={14} aria-hidden />}
        onClick={props.onRemove}
      >
        Delete
      </Button>
    </>
  );
}

function TagButton({ busy, onEdit }: { busy: boolean; onEdit: (edit: BulkEdit) => void }) {
  const tags = useCall('curation.facets', undefined).data?.tags ?? [];
  const [opened, setOpened] = useState(false);
  const [tag, setTag] = useState('');
  const put = (kind: 'add_tag' | 'remove_tag'): void => {
    if (tag.trim() === '') return;
    onEdit({ kind, tag: tag.trim() });
    setOpened(false);
  };
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" shadow="md" trapFocus returnFocus>
      <Popover.Target>
        <Button
          variant="default"
          disabled={busy}
          leftSection={<IconTags size={14} aria-hidden />}
          aria-expanded={opened}
          onClick={() => setOpened((now) => !now)}
        >
          Tags
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form
          className={classes['bulkForm']}
          onSubmit={(event) => {
            event.preventDefault();
            put('add_tag');
          }}
        >
          <Autocomplete
            size="xs"
            label="Tag"
            value={tag}
            maxLength={64}
            data={tags.map((one) => one.tag)}
            leftSection={<IconTag size={14} aria-hidden />}
            comboboxProps={{ withinPortal: false }}
            data-autofocus
            onChange={setTag}
          />
          <Group gap="xs" justify="flex-end">
            <Button variant="default" disabled={tag.trim() === ''} onClick={() => put('remove_tag')}>
              Take away
            </Button>
            <Button type="submit" disabled={tag.trim() === ''}>
              Add
            </Button>
          </Group>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}

function KindButton({ busy, onEdit }: { busy: boolean; onEdit: (edit: BulkEdit) => void }) {
  const [opened, setOpened] = useState(false);
  const [kind, setKind] = useState('');
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" shadow="md" trapFocus returnFocus>
      <Popover.Target>
        <Button
          variant="default"
          disabled={busy}
          aria-expanded={opened}
          onClick={() => setOpened((now) => !now)}
        >
          Set kind
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form
          className={classes['bulkForm']}
          onSubmit={(event) => {
            event.preventDefault();
            if (kind.trim() === '') return;
            onEdit({ kind: 'set_kind', sampleKind: kind.trim() });
            setOpened(false);
          }}
        >
          <TextInput
            label="Kind of question"
            value={kind}
            maxLength={64}
            data-autofocus
            onChange={(event) => setKind(event.currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button type="submit" disabled={kind.trim() === ''}>
              Set kind
            </Button>
          </Group>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
