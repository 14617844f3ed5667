import { Button } from '@mantine/core';
import { IconChecklist } from '@tabler/icons-react';
import { useCallback, useEffect } from 'react';
import type { EpisodeId } from '../../../shared/model/ids.ts';
import { useCall } from '../../client/hooks.ts';
import { notify } from '../../state/notices.ts';
import { before, FIRST_CHOICE, placeOf, rememberChoice } from '../../state/review-queue.ts';
import { navigate } from '../../state/route.ts';
import { EmptyState, ErrorNotice } from '../../ui/parts.tsx';
import { QueuePane } from './queue-pane.tsx';
import { ReviewItem } from './review-item.tsx';
import classes from './review.module.css';
import { usePreload } from './use-preload.ts';
import { useReviewQueue } from './use-review-queue.ts';

function show(episodeId: EpisodeId): void {
  navigate({ screen: 'review', episodeId }, { replace: true });
}

/** How many items ahead are read before they are asked for. */
const AHEAD = 3;

/** What the agents did, one after another, and what a person says about it. */
export function ReviewScreen({ episodeId }: { readonly episodeId: EpisodeId | null }) {
  const { queue, state } = useReviewQueue(episodeId);
  const { items, choice } = state;
  const at = placeOf(items, episodeId);
  const first = (items.find((item) => item.open) ?? items[0])?.episode.id ?? null;
  useEffect(() => {
    if (episodeId === null && first !== null) show(first);
  }, [episodeId, first]);
  usePreload([
    ...items.slice(at + 1, at + 1 + AHEAD),
    ...items.filter((item, index) => index > at + AHEAD && item.open).slice(0, 1),
    ...items.slice(Math.max(0, at - 1), Math.max(0, at)),
  ]);
  // The page that follows the last item that is there is read while there is still something to do.
  const nearEnd = at >= items.length - 20;
  useEffect(() => {
    if (nearEnd && state.loaded) void queue.more();
  }, [queue, nearEnd, state.loaded]);

  const go = useCallback(
    (where: 'next' | 'previous' | 'nextOpen' | 'previousOpen'): void => {
      const end = (): void =>
        notify(where === 'nextOpen' ? 'There is nothing left to do here.' : 'This is the end.');
      if (where === 'next' || where === 'nextOpen') {
        void (where === 'next' ? queue.after(episodeId) : queue.nextOpen(episodeId)).then((item) =>
          item === null ? end() : show(item.episode.id),
        );
        return;
      }
      const item = before(queue.store.get().items, episodeId, where === 'previousOpen');
      if (item === null) end();
      else show(item.episode.id);
    },
    [queue, episodeId],
  );

  return (
    <div className={classes['screen']}>
      <QueuePane
        state={state}
        current={episodeId}
        onShow={show}
        onMore={() => void queue.more()}
        onReload={queue.reload}
        onChoice={(next) => {
          rememberChoice(next);
          queue.open(next, state.by);
        }}
      />
      {episodeId === null ? (
        <Nothing
          loaded={state.loaded}
          failure={state.failure}
          onRetry={queue.reload}
          filtered={JSON.stringify(choice.filter) !== '{}'}
          onAll={() => {
            const next = { ...FIRST_CHOICE, filter: { todo: false } };
            rememberChoice(next);
            queue.open(next, state.by);
          }}
        />
      ) : (
        <ReviewItem
          id={episodeId}
          item={items[at] ?? null}
          onGo={go}
          onSaid={(verdict) => {
            queue.mark(episodeId, { mine: verdict, open: false });
            go('nextOpen');
          }}
          onRefused={show}
        />
      )}
    </div>
  );
}

function Nothing(props: {
  readonly loaded: boolean;
  readonly failure: { readonly message: string; readonly advice: string } | null;
  readonly filtered: boolean;
  readonly onRetry: () => void;
  readonly onAll: () => void;
}) {
  const standings = useCall('reviews.progress', undefined).data?.standings;
  if (props.failure !== null) return <ErrorNotice failure={props.failure} onRetry={props.onRetry} />;
  if (!props.loaded || standings === undefined) return <div />;
  const known = Object.values(standings).reduce((sum, count) => sum + count, 0);
  const icon = <IconChecklist size={40} stroke={1.2} />;
  if (known === 0) {
    return (
      <EmptyState
        icon={icon}
        title="Nothing to review yet"
        actions={
          <Button onClick={() => navigate({ screen: 'watch', sampleId: null, episodeId: null })}>
            Go to Watch
          </Button>
        }
      >
        Every run that ends by itself comes here. Run the agent on a sample in Watch, or on many of them at
        once.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={icon}
      title={props.filtered ? 'Nothing here is left to do' : 'Nothing in this queue'}
      actions={<Button onClick={props.onAll}>Show everything</Button>}
    >
      No run matches what you chose on the left. Choose something else, or look at everything again.
    </EmptyState>
  );
}
