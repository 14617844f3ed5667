import { Button, CopyButton, SegmentedControl } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { memo, useMemo, useState } from 'react';
import { viewAssetPath } from '../../shared/contract/assets.ts';
import type { Episode } from '../../shared/model/episode.ts';
import type { EpisodeId } from '../../shared/model/ids.ts';
import type { ImageView } from '../../shared/model/view.ts';
import { formatCount, formatPlural, formatSize } from '../ui/format.ts';
import { CallArguments } from './call-arguments.tsx';
import classes from './seen-panel.module.css';
import { contextParts, contextText, contextTotals, type ContextPart } from './step-facts.ts';
import { SpecialText } from './token-text.tsx';

/** Exactly what the model was given before a step, and what it wrote: the text with its images in their places. */
export function SeenPanel({ episode, position }: { readonly episode: Episode; readonly position: number }) {
  const [scope, setScope] = useState<'step' | 'all'>('step');
  const index = Math.max(0, position - 1);
  const step = episode.steps[index];
  const parts = useMemo(
    () => contextParts(episode.steps, index, scope === 'step'),
    [episode.steps, index, scope],
  );
  if (step === undefined) {
    return <p className={classes['none']}>Nothing has been shown to the model yet.</p>;
  }
  const totals = contextTotals(episode.steps, index);
  return (
    <section className={classes['panel']} aria-label="What the model saw">
      <div className={classes['tools']}>
        <SegmentedControl
          aria-label="How much of the context"
          value={scope}
          onChange={(value) => setScope(value === 'all' ? 'all' : 'step')}
          data={[
            { value: 'step', label: `Step ${index + 1}` },
            { value: 'all', label: 'Whole context' },
          ]}
        />
        <CopyButton value={contextText(parts)}>
          {({ copied, copy }) => (
            <Button
              variant="default"
              leftSection={copied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
              onClick={copy}
            >
              {copied ? 'Copied' : 'Copy text'}
            </Button>
          )}
        </CopyButton>
      </div>
      <p className={classes['totals']}>
        Context before this step: <strong>{formatPlural(step.contextTokens, 'token')}</strong>. By its end:{' '}
        {formatCount(totals.text)} of text, {formatCount(totals.image)} of images,{' '}
        {formatCount(totals.written)} written by the model.
      </p>
      {parts.map((part) => (
        <Part key={part.key} part={part} episodeId={episode.id} views={episode.views} />
      ))}
      <CallArguments action={step.action} open />
    </section>
  );
}

const Part = memo(function Part(props: {
  readonly part: ContextPart;
  readonly episodeId: EpisodeId;
  readonly views: readonly ImageView[];
}) {
  const { part } = props;
  if (part.kind === 'written') {
    if (part.text === '') return null;
    return (
      <div className={classes['written']}>
        <p className={classes['count']}>
          written by the model in step {part.step + 1} · {formatPlural(part.tokens, 'token')}
        </p>
        <SpecialText text={part.text} />
      </div>
    );
  }
  const { segment } = part;
  if (segment.kind === 'text') {
    return (
      <div className={classes['seen']}>
        <p className={classes['count']}>text · {formatPlural(segment.tokens, 'token')}</p>
        <SpecialText text={segment.text} />
      </div>
    );
  }
  const view = props.views.find((one) => one.number === segment.view);
  return (
    <figure className={classes['image']}>
      <img
        src={viewAssetPath(props.episodeId, segment.view)}
        alt={`View ${segment.view}, as the model saw it`}
        {...(view === undefined ? {} : { width: view.width, height: view.height })}
      />
      <figcaption>
        <span className={classes['slot']}>image {segment.view}</span>
        {view === undefined ? null : <span>{formatSize(view.width, view.height)} pixels</span>}
        <span>{formatPlural(segment.tokens, 'token')}</span>
      </figcaption>
    </figure>
  );
});
