import { Button, Menu, Modal, TextInput } from '@mantine/core';
import { IconCheck, IconChevronDown, IconPencil, IconUser, IconUserPlus } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import type { Reviewer } from '../../../shared/model/reviewer.ts';
import { reviewerName } from '../../../shared/model/reviewer.ts';
import { useMutation } from '../../client/hooks.ts';
import { notifyFailure } from '../../state/notices.ts';
import { chooseReviewer, useReviewers } from '../../state/reviewer.ts';
import classes from './app-frame.module.css';

type Asking = { readonly kind: 'add' } | { readonly kind: 'rename'; readonly reviewer: Reviewer };

/** Who sits at this page. Everything that is done here is kept under this name. */
export function ReviewerMenu() {
  const { reviewers, current } = useReviewers();
  const [asking, setAsking] = useState<Asking | null>(null);
  return (
    <>
      <Menu position="bottom-end" width={240}>
        <Menu.Target>
          <Button
            variant="default"
            className={classes['reviewerButton'] ?? ''}
            title={current === null ? 'Reviewer' : `Reviewer: ${current.name}`}
            leftSection={<IconUser size={14} aria-hidden />}
            rightSection={<IconChevronDown size={14} aria-hidden />}
          >
            <span className="only-read">Reviewer: </span>
            {current?.name ?? '…'}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>Who reviews at this page</Menu.Label>
          {reviewers.map((reviewer) => (
            <Menu.Item
              key={reviewer.id}
              leftSection={
                reviewer.id === current?.id ? (
                  <IconCheck size={14} aria-label="Current" />
                ) : (
                  <span style={{ width: 14 }} />
                )
              }
              onClick={() => chooseReviewer(reviewer.id)}
            >
              {reviewer.name}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item
            leftSection={<IconUserPlus size={14} aria-hidden />}
            onClick={() => setAsking({ kind: 'add' })}
          >
            Add a reviewer
          </Menu.Item>
          {current === null ? null : (
            <Menu.Item
              leftSection={<IconPencil size={14} aria-hidden />}
              onClick={() => setAsking({ kind: 'rename', reviewer: current })}
            >
              Rename {current.name}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {asking === null ? null : <AskName asking={asking} onClose={() => setAsking(null)} />}
    </>
  );
}

function AskName({ asking, onClose }: { readonly asking: Asking; readonly onClose: () => void }) {
  const [name, setName] = useState(asking.kind === 'rename' ? asking.reviewer.name : '');
  const done = (reviewer: Reviewer): void => {
    chooseReviewer(reviewer.id);
    onClose();
  };
  const add = useMutation('reviewers.add', { onSuccess: done, onFailure: notifyFailure });
  const rename = useMutation('reviewers.rename', { onSuccess: done, onFailure: notifyFailure });
  const parsed = reviewerName.safeParse(name);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!parsed.success) return;
    if (asking.kind === 'add') add.mutate({ name: parsed.data });
    else rename.mutate({ id: asking.reviewer.id, name: parsed.data });
  };
  return (
    <Modal opened onClose={onClose} size="sm" title={asking.kind === 'add' ? 'Add a reviewer' : 'Rename'}>
      <form onSubmit={submit} className={classes['askName']}>
        <TextInput
          label="Name"
          description={
            asking.kind === 'add'
              ? 'A name that is there already is chosen, not added again.'
              : 'What was done under the old name is shown under the new one.'
          }
          data-autofocus
          maxLength={80}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button type="submit" disabled={!parsed.success} loading={add.isPending || rename.isPending}>
          {asking.kind === 'add' ? 'Add' : 'Rename'}
        </Button>
      </form>
    </Modal>
  );
}
