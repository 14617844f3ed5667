import { ActionIcon, Button, Popover } from '@mantine/core';
import { IconFilter, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import type { SampleFilter, SampleSort } from '../../../shared/model/sample-filter.ts';
import { navigate } from '../../state/route.ts';
import { useReviewers } from '../../state/reviewer.ts';
import { FilterPanel } from './filter-panel.tsx';
import { chipsOf, withPart } from '../../ui/sample-filter-words.ts';
import classes from './filters.module.css';

/** The filter as chips, and the panel that builds it. */
export function FilterBar({ filter, sort }: { filter: SampleFilter; sort: SampleSort }) {
  const [opened, setOpened] = useState(false);
  const { reviewers } = useReviewers();
  const change = (next: SampleFilter): void =>
    navigate({ screen: 'library', tab: 'samples', filter: next, sort }, { replace: true });
  const chips = chipsOf(filter, (id) => reviewers.find((one) => one.id === id)?.name ?? 'somebody');
  return (
    <>
      <Popover
        opened={opened}
        onChange={setOpened}
        position="bottom-start"
        shadow="md"
        trapFocus
        returnFocus
        withinPortal
      >
        <Popover.Target>
          <Button
            variant="default"
            leftSection={<IconFilter size={14} aria-hidden />}
            aria-expanded={opened}
            onClick={() => setOpened((now) => !now)}
          >
            Filter
          </Button>
        </Popover.Target>
        <Popover.Dropdown>
          <FilterPanel filter={filter} onChange={change} />
        </Popover.Dropdown>
      </Popover>
      <span className={classes['chips']} role="group" aria-label="Active filters">
        {chips.map(({ key, text }) => (
          <span key={key} className={classes['chip']} title={text}>
            <button
              type="button"
              className={classes['chipText']}
              aria-label={`Change filter ${text}`}
              onClick={() => setOpened(true)}
            >
              {text}
            </button>
            <ActionIcon
              size="sm"
              radius="xl"
              aria-label={`Remove filter ${text}`}
              onClick={() => change(withPart(filter, key, undefined))}
            >
              <IconX size={12} aria-hidden />
            </ActionIcon>
          </span>
        ))}
        {chips.length < 2 ? null : (
          <Button
            variant="subtle"
            onClick={() => change(filter.search === undefined ? {} : { search: filter.search })}
          >
            Clear filters
          </Button>
        )}
      </span>
    </>
  );
}
