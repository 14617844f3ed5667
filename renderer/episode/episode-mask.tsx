import { Switch } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { Episode } from '../../shared/model/episode.ts';
import { DEFAULT_MASKED_STATUSES } from '../../shared/model/token-mask.ts';
import { MASK_REASON_WORDS } from '../ui/format.ts';
import { decisionFor, maskBlocks } from './mask-blocks.ts';
import { MaskView } from './mask-view.tsx';
import classes from './mask-view.module.css';

/** The mask of an episode, and what it would be if the trajectory mask kept its ending. */
export function EpisodeMask({ episode }: { readonly episode: Episode }) {
  const { state, steps } = episode;
  const [keepsEnding, setKeepsEnding] = useState(false);
  const ending = state.kind === 'ended' ? state.status : null;
  const isChoice = ending !== null && DEFAULT_MASKED_STATUSES.includes(ending);
  const decision = decisionFor(
    episode,
    keepsEnding ? DEFAULT_MASKED_STATUSES.filter((one) => one !== ending) : DEFAULT_MASKED_STATUSES,
  );
  const { dropped } = decision;
  const blocks = useMemo(() => maskBlocks(steps, { dropped, reason: null }), [steps, dropped]);
  return (
    <>
      {isChoice ? (
        <Switch
          size="xs"
          className={classes['choice'] ?? ''}
          label={`What if the mask kept a rollout with “${MASK_REASON_WORDS[ending]}”?`}
          checked={keepsEnding}
          onChange={(event) => setKeepsEnding(event.currentTarget.checked)}
        />
      ) : null}
      <MaskView blocks={blocks} decision={decision} views={episode.views} episodeId={episode.id} />
    </>
  );
}
