import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { IconArrowLeft, IconPlayerPlay, IconStar } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import type { GroupDetail } from '../../../shared/contract/groups.ts';
import type { EpisodeId, GroupId } from '../../../shared/model/ids.ts';
import type { GroupSettings } from '../../../shared/model/what-if.ts';
import { bestRollout, DEFAULT_GROUP_SETTINGS, judgeGroup } from '../../../shared/model/what-if.ts';
import { useCall, useMutation } from '../../client/hooks.ts';
import { notifyFailure } from '../../state/notices.ts';
import { useReviewer } from '../../state/reviewer.ts';
import { askToRunGroups } from '../../state/rollout-jobs.ts';
import { lastListOfGroups, navigate } from '../../state/route.ts';
import { useKeys } from '../../state/use-keys.ts';
import { Tag } from '../../ui/badges.tsx';
import { formatPlural, kindWords, MASK_REASON_WORDS, VERDICT_WORDS } from '../../ui/format.ts';
import { ErrorNotice } from '../../ui/parts.tsx';
import { GroupImages } from './group-images.tsx';
import { GroupSummary } from './group-summary.tsx';
import classes from './group-view.module.css';
import { RolloutTable } from './rollout-table.tsx';
import { WhatIf } from './what-if.tsx';
import { signed } from './words.ts';

/** One group: its rollouts side by side, as training would see them. */
export function GroupView({ id }: { id: GroupId }) {
  const { data, error, refetch } = useCall('groups.get', { id });
  if (data !== undefined) return <OneGroup detail={data} />;
  return error === null ? null : <ErrorNotice failure={error} onRetry={() => void refetch()} />;
}

function OneGroup({ detail }: { detail: GroupDetail }) {
  const { group, sample, images, members } = detail;
  const reviewer = useReviewer();
  const [chosen, setChosen] = useState<number | null>(null);
  const [settings, setSettings] = useState<GroupSettings>(DEFAULT_GROUP_SETTINGS);
  const rollouts = useMemo(() => members.map(({ rollout }) => rollout), [members]);
  const judged = useMemo(() => judgeGroup(rollouts, settings), [rollouts, settings]);
  const pick = useMutation('groups.pick', { onFailure: (failure) => notifyFailure(failure) });

  const selected = chosen === null ? 0 : Math.min(chosen, members.length - 1);
  const current = members[selected]?.rollout ?? null;
  const best = bestRollout(rollouts, judged);
  const bestId = best === null ? null : (rollouts[best]?.episodeId ?? null);

  const move = (by: 1 | -1): void =>
    setChosen(Math.max(0, Math.min(members.length - 1, chosen === null ? 0 : selected + by)));
  const watch = (episodeId: EpisodeId): void => navigate({ screen: 'watch', sampleId: sample.id, episodeId });
  const correct = (episodeId: EpisodeId): void =>
    navigate({ screen: 'correct', episodeId, correctionId: null });
  const pickOne = (episodeId: EpisodeId | null): void => {
    const taken = episodeId === group.demonstration ? null : episodeId;
    pick.mutate({ ...reviewer, id: group.id, episodeId: taken });
  };
  const pickBest = (): void => {
    if (best === null || bestId === null) return;
    setChosen(best);
    if (bestId !== group.demonstration) pickOne(bestId);
  };

  useKeys({
    name: 'group',
    title: 'Group',
    bindings: [
      { keys: 'ArrowDown', label: 'Next rollout', run: () => move(1) },
      { keys: 'ArrowUp', label: 'Previous rollout', run: () => move(-1) },
      { keys: 'J', label: 'Next rollout', run: () => move(1) },
      { keys: 'K', label: 'Previous rollout', run: () => move(-1) },
      { keys: 'Enter', label: 'Open the rollout in Watch', run: () => current && watch(current.episodeId) },
      { keys: 'B', label: 'Pick the best rollout as demonstration', run: pickBest },
      {
        keys: 'Shift+B',
        label: 'Pick this rollout as demonstration, or take it back',
        run: () => current && pickOne(current.episodeId),
      },
      {
        keys: 'M',
        label: 'Mask of the rollout',
        run: () => current && navigate({ screen: 'mask', id: current.episodeId }),
      },
      {
        keys: 'C',
        label: 'Correct the rollout',
        run: () => current && correct(current.episodeId),
      },
      { keys: 'Escape', label: 'Back to the groups', run: () => navigate(lastListOfGroups()) },
    ],
  });

  return (
    <div className={classes['screen']}>
      <header className={classes['header']}>
        <Tooltip label="Back to the groups (Esc)">
          <ActionIcon aria-label="Back to the groups" onClick={() => navigate(lastListOfGroups())}>
            <IconArrowLeft size={18} aria-hidden />
          </ActionIcon>
        </Tooltip>
        <div className={classes['question']}>
          <h1>{sample.question}</h1>
          <p className={classes['about']}>
            <Tag tone="quiet">{kindWords(sample.kind)}</Tag>
            {sample.choices === null ? null : (
              <span className={classes['choices']}>
                {sample.choices.map((choice, index) => (
                  <span key={choice}>
                    <b>{String.fromCharCode(65 + index)}.</b> {choice}
                  </span>
                ))}
              </span>
            )}
            <span>
              {sample.answers.length === 0 ? 'No reference answer' : 'Reference: '}
              <strong>{sample.answers.join(' or ')}</strong>
            </span>
            <span className={classes['quiet']}>{detail.agentName}</span>
          </p>
        </div>
        <Button
          variant="default"
          leftSection={<IconPlayerPlay size={14} aria-hidden />}
          onClick={() => askToRunGroups({ kind: 'samples', ids: [sample.id] })}
        >
          Run again…
        </Button>
        <Button
          leftSection={<IconStar size={14} aria-hidden />}
          disabled={best === null}
          title={
            best === null
              ? 'No rollout is right and kept'
              : 'The highest reward; of equal ones the shortest (B)'
          }
          onClick={pickBest}
        >
          Pick the best
        </Button>
      </header>
      <div className={classes['body']}>
        <div className={classes['top']}>
          <GroupImages images={images} members={members} selected={selected} />
          <GroupSummary group={group} rollouts={rollouts} judged={judged} />
          <WhatIf settings={settings} onChange={setSettings} />
        </div>
        <RolloutTable
          detail={detail}
          judged={judged}
          selected={selected}
          best={best}
          onSelect={setChosen}
          onWatch={watch}
          onCorrect={correct}
          onPick={pickOne}
        />
      </div>
      <div className="only-read" role="status">
        {chosen === null || current === null
          ? ''
          : announcement(
              selected,
              members.length,
              current.verdict,
              current.answer,
              judged.rollouts[selected],
            )}
      </div>
    </div>
  );
}

/** What a screen reader hears when the arrows go to a rollout. */
function announcement(
  index: number,
  count: number,
  verdict: GroupDetail['members'][number]['rollout']['verdict'],
  answer: string | null,
  judged: ReturnType<typeof judgeGroup>['rollouts'][number] | undefined,
): string {
  return [
    `Rollout ${index + 1} of ${formatPlural(count, 'rollout')}`,
    answer === null ? 'no answer' : `answer ${answer}`,
    VERDICT_WORDS[verdict],
    judged?.reward ? `reward ${judged.reward.total}` : 'no reward',
    judged?.advantage === null || judged === undefined
      ? 'takes no part in training'
      : `advantage ${signed(judged.advantage)}`,
    judged?.mask.reason ? `dropped: ${MASK_REASON_WORDS[judged.mask.reason]}` : '',
  ]
    .filter((part) => part !== '')
    .join(', ');
}
