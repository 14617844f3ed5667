import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { IconCheck, IconPlayerPlay, IconTrendingUp, IconX } from '@tabler/icons-react';
import type { MouseEvent, ReactNode } from 'react';
import type { Guide } from '../../../shared/contract/guide.ts';
import { guideItems, REVIEWS_WANTED } from '../../../shared/model/guide.ts';
import type { GuideFacts, GuideItem, GuideStep } from '../../../shared/model/guide.ts';
import { isActive } from '../../../shared/model/run.ts';
import { useCall, useMutation } from '../../client/hooks.ts';
import { notify, notifyFailure } from '../../state/notices.ts';
import { useReviewer } from '../../state/reviewer.ts';
import { COMPARE, formatRoute, navigate, type Route } from '../../state/route.ts';
import { askForNewQueue } from '../../state/review-queue.ts';
import { dismissJob, jobsStore } from '../../state/rollout-jobs.ts';
import { NEW_SNAPSHOT } from '../../state/snapshots-route.ts';
import { useStore } from '../../state/store.ts';
import classes from './guide-bar.module.css';

/** The first steps, in one line under the header. They tick themselves off by what is in the workspace. */
export function GuideBar() {
  const guide = useCall('guide.get', undefined, { keepWhileLoading: true }).data;
  const { mutate: show } = useMutation('guide.show', { onFailure: notifyFailure });
  if (guide === undefined || !guide.shown || guide.facts === null) return null;
  const items = guideItems(guide.facts);
  const isAllDone = items.every(({ isDone }) => isDone);
  return (
    <nav className={classes['bar']} aria-label="Getting started">
      <span className={classes['title']}>{isAllDone ? 'That is the whole loop' : 'Getting started'}</span>
      <ol className={classes['steps']}>
        {items.map((item, index) => (
          <li key={item.step}>
            <Step item={item} number={index + 1} guide={guide} facts={guide.facts as GuideFacts} />
          </li>
        ))}
      </ol>
      <span className={classes['space']} />
      <NextAct facts={guide.facts} next={items.find(({ isNext }) => isNext)?.step ?? null} />
      <Tooltip label="Hide these steps. Settings bring them back.">
        <ActionIcon
          size="sm"
          aria-label="Hide these steps"
          onClick={() => {
            show({ shown: false });
            notify('The first steps are hidden. Settings bring them back.');
          }}
        >
          <IconX size={15} />
        </ActionIcon>
      </Tooltip>
    </nav>
  );
}

const TITLES: Readonly<Record<GuideStep, string>> = {
  watch: 'Watch a run',
  review: 'Review five runs',
  snapshot: 'Take a snapshot',
  train: 'Train',
  compare: 'Compare',
};

function Step(props: {
  readonly item: GuideItem;
  readonly number: number;
  readonly guide: Guide;
  readonly facts: GuideFacts;
}) {
  const { item, facts } = props;
  const { step, isDone, isNext } = item;
  const route = placeOf(step, props.guide, facts);
  const open = (event: MouseEvent): void => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    navigate(route);
  };
  return (
    <a
      className={classes['step']}
      href={formatRoute(route)}
      data-done={isDone || undefined}
      aria-current={isNext ? 'step' : undefined}
      onClick={open}
    >
      <span className={classes['sign']} aria-hidden>
        {isDone ? <IconCheck size={12} stroke={2.5} /> : props.number}
      </span>
      {TITLES[step]}
      <Detail step={step} facts={facts} />
      {isDone ? <span className="only-read">, done</span> : null}
    </a>
  );
}

/** How far a step is that takes a while. */
function Detail({ step, facts }: { readonly step: GuideStep; readonly facts: GuideFacts }): ReactNode {
  if (step === 'review' && facts.reviewed < REVIEWS_WANTED) {
    return (
      <span className={classes['detail']}>
        {facts.reviewed} of {REVIEWS_WANTED}
      </span>
    );
  }
  if (step === 'train' && facts.run !== null && isActive(facts.run.state)) {
    return <span className={classes['detail']}>running</span>;
  }
  return null;
}

function placeOf(step: GuideStep, { sample }: Guide, facts: GuideFacts): Route {
  switch (step) {
    case 'watch':
      return { screen: 'watch', sampleId: sample, episodeId: null };
    case 'review':
      return { screen: 'review', episodeId: null };
    case 'snapshot':
      return {
        screen: 'snapshots',
        place: facts.snapshot === null ? NEW_SNAPSHOT : { kind: 'one', id: facts.snapshot },
      };
    case 'train':
      return {
        screen: 'training',
        place:
          facts.run === null
            ? { kind: 'new', like: null }
            : { kind: 'run', id: facts.run.id, tab: 'charts', step: null },
      };
    case 'compare':
      return { ...COMPARE, a: facts.trained?.parent ?? null, b: facts.trained?.id ?? null };
  }
}

/** What can be pressed at once for the next step, where there is something. */
function NextAct({
  facts,
  next,
}: {
  readonly facts: GuideFacts;
  readonly next: GuideStep | null;
}): ReactNode {
  const as = useReviewer();
  const isPlaying = useStore(jobsStore, ({ jobs }) => jobs.some(({ state }) => state === 'active'));
  const play = useMutation('guide.play', {
    onSuccess: ({ jobId }) => {
      // What it says stands over what is to be pressed next.
      if (jobId !== null) dismissJob(jobId);
      askForNewQueue();
      navigate({ screen: 'review', episodeId: null });
    },
    onFailure: notifyFailure,
  });
  const prepare = useMutation('guide.prepare', {
    onSuccess: () => navigate({ screen: 'training', place: { kind: 'new', like: null } }),
    onFailure: notifyFailure,
  });
  const missing = REVIEWS_WANTED - facts.episodes;
  switch (next) {
    case 'review':
      return missing <= 0 ? null : (
        <Button
          size="compact-xs"
          variant="light"
          loading={play.isPending || isPlaying}
          leftSection={<IconPlayerPlay size={13} aria-hidden />}
          title="Played in the background, by an agent that is still a beginner. Then they stand in the queue."
          onClick={() => play.mutate(undefined)}
        >
          {missing === 1 ? 'Play one more to review' : `Play ${missing} to review`}
        </Button>
      );
    case 'snapshot':
      return (
        <Button
          size="compact-xs"
          loading={prepare.isPending}
          leftSection={<IconTrendingUp size={13} aria-hidden />}
          title="Adds questions of the same kind, as five are few to learn from, takes a snapshot of all, and opens the form."
          onClick={() => prepare.mutate(as)}
        >
          Train on these
        </Button>
      );
    case 'train':
    case 'watch':
    case 'compare':
    case null:
      return null;
  }
}
