import { SegmentedControl } from '@mantine/core';
import { memo, useMemo, useState } from 'react';
import { viewAssetPath } from '../../shared/contract/assets.ts';
import type { EpisodeId } from '../../shared/model/ids.ts';
import type { SampledToken } from '../../shared/model/step.ts';
import type { MaskDecision, TokenClass } from '../../shared/model/token-mask.ts';
import type { ImageView } from '../../shared/model/view.ts';
import { formatCount, formatPlural, formatSize, MASK_REASON_WORDS } from '../ui/format.ts';
import { countTokens, entropyClass, type MaskBlock, TOKEN_CLASSES } from './mask-blocks.ts';
import classes from './mask-view.module.css';
import { surenessClass } from './step-facts.ts';
import { SpecialText } from './token-text.tsx';

type Colouring = 'mask' | 'probability' | 'entropy';

const CLASS_WORDS: Readonly<Record<TokenClass, { readonly words: string; readonly why: string }>> = {
  prompt: { words: 'Prompt', why: 'Given to the model: no loss' },
  trained: { words: 'Trained', why: 'Sampled by the model, or written by a person: carries the loss' },
  tool_result: { words: 'Masked: tool result', why: 'Came from a tool, not from the model: no loss' },
  dropped_trajectory: {
    words: 'Masked: whole trajectory',
    why: 'Sampled by the model, but the trajectory mask drops the whole rollout',
  },
};

/** Every token of a trajectory with what training would do with it. */
export function MaskView(props: {
  readonly blocks: readonly MaskBlock[];
  readonly decision: MaskDecision;
  readonly views: readonly ImageView[];
  /** Whose views have pixels to show; null where they have not been rendered. */
  readonly episodeId: EpisodeId | null;
}) {
  const { blocks, decision } = props;
  const [colouring, setColouring] = useState<Colouring>('mask');
  const counts = useMemo(() => countTokens(blocks), [blocks]);
  const uncounted = blocks.filter(({ tokenCount }) => tokenCount === null).length;
  const total = TOKEN_CLASSES.reduce((sum, one) => sum + counts[one], 0);
  return (
    <section className={classes['view']} aria-label="What training would do with each token">
      <div className={classes['tools']}>
        <SegmentedControl
          aria-label="Colours show"
          value={colouring}
          onChange={(value) => setColouring(value as Colouring)}
          data={[
            { value: 'mask', label: 'Mask' },
            { value: 'probability', label: 'Probability' },
            { value: 'entropy', label: 'Entropy' },
          ]}
        />
      </div>
      <p className={classes['summary']}>
        {decision.dropped && decision.reason !== null ? (
          <>
            <strong>Dropped whole: {MASK_REASON_WORDS[decision.reason]}.</strong> None of its tokens trains.
          </>
        ) : (
          <>
            <strong>{formatCount(counts.trained)}</strong> of {formatPlural(total, 'token')} carry the loss.
          </>
        )}
        {uncounted === 0
          ? ''
          : ` ${formatPlural(uncounted, 'turn')} written by a person or sampled in another run ${uncounted === 1 ? 'is' : 'are'} not counted: the trainer makes tokens of the text.`}
      </p>
      {colouring === 'mask' ? (
        <ul className={classes['legend']} aria-label="Legend">
          {TOKEN_CLASSES.map((one) => (
            <li key={one} title={CLASS_WORDS[one].why}>
              <span className={classes['swatch']} data-class={one} aria-hidden />
              {CLASS_WORDS[one].words} <strong>{formatCount(counts[one])}</strong>
            </li>
          ))}
        </ul>
      ) : (
        <Scale colouring={colouring} />
      )}
      <ol className={classes['blocks']} data-colouring={colouring}>
        {blocks.map((block) => (
          <Block key={block.key} block={block} views={props.views} episodeId={props.episodeId} />
        ))}
      </ol>
    </section>
  );
}

const SCALES: Readonly<Record<Exclude<Colouring, 'mask'>, readonly string[]>> = {
  probability: ['p ≥ 0.9', '≥ 0.7', '≥ 0.5', '≥ 0.25', '≥ 0.05', 'less'],
  entropy: ['< 0.1 nats', '< 0.3', '< 0.7', '< 1.2', '< 2', 'more'],
};

function Scale({ colouring }: { colouring: Exclude<Colouring, 'mask'> }) {
  return (
    <ul className={classes['legend']} data-colouring={colouring} aria-label="Legend">
      {SCALES[colouring].map((words, index) => (
        <li key={words}>
          <span className={classes['swatch']} data-level={index} aria-hidden />
          {words}
        </li>
      ))}
    </ul>
  );
}

function heading({ content, step, tokenClass, tokenCount }: MaskBlock): string {
  const what =
    content.kind === 'image'
      ? `Image ${content.view}`
      : content.kind === 'text'
        ? 'Text'
        : `Step ${step + 1}`;
  const count = tokenCount === null ? 'tokens not counted' : formatPlural(tokenCount, 'token');
  return `${what} · ${count} · ${CLASS_WORDS[tokenClass].words}`;
}

const Block = memo(function Block(props: {
  readonly block: MaskBlock;
  readonly views: readonly ImageView[];
  readonly episodeId: EpisodeId | null;
}) {
  const { block } = props;
  const { content, tokenClass } = block;
  return (
    <li className={classes['block']} data-class={tokenClass}>
      <p className={classes['heading']}>{heading(block)}</p>
      {content.kind === 'image' ? (
        <Slot view={props.views.find(({ number }) => number === content.view)} episodeId={props.episodeId} />
      ) : content.kind === 'tokens' ? (
        <Tokens tokens={content.tokens} />
      ) : content.kind === 'text' ? (
        <SeenText text={content.text} />
      ) : (
        <SpecialText text={content.text} />
      )}
    </li>
  );
});

/** Text longer than this, in characters, is folded: the prompt says the same in every episode. */
const LONG_TEXT = 300;

function SeenText({ text }: { text: string }) {
  const [open, setOpen] = useState(text.length <= LONG_TEXT);
  return (
    <>
      <SpecialText text={open ? text : `${text.slice(0, LONG_TEXT)}…`} />
      {open ? null : (
        <button type="button" className={classes['more']} onClick={() => setOpen(true)}>
          Show the whole text
        </button>
      )}
    </>
  );
}

function Slot({ view, episodeId }: { view: ImageView | undefined; episodeId: EpisodeId | null }) {
  if (view === undefined) return null;
  return (
    <span className={classes['slot']}>
      {episodeId === null ? null : (
        <img
          src={viewAssetPath(episodeId, view.number)}
          alt={`View ${view.number}, as the model saw it`}
          loading="lazy"
          decoding="async"
        />
      )}
      {formatSize(view.width, view.height)} pixels
    </span>
  );
}

/**
 * One element a token. What colours them stands in their attributes, all at once, and the list says which of it
 * counts: another colouring draws nothing anew, also with thousands of tokens.
 */
const Tokens = memo(function Tokens({ tokens }: { readonly tokens: readonly SampledToken[] }) {
  return (
    <div className={classes['tokens']}>
      {tokens.map((token, index) => (
        <span
          // Tokens of an episode that has ended don't move.
          // oxlint-disable-next-line react/no-array-index-key
          key={index}
          className={classes['token']}
          data-sure={surenessClass(token.logprob) ?? 'unknown'}
          data-entropy={entropyClass(token.entropy) ?? 'unknown'}
          title={hint(token)}
        >
          {token.text}
        </span>
      ))}
    </div>
  );
});

function hint({ id, logprob, entropy }: SampledToken): string {
  const parts = [`token ${id}`];
  if (logprob !== null) parts.push(`p ${Math.exp(logprob).toFixed(3)}`, `logprob ${logprob.toFixed(3)}`);
  if (entropy !== null) parts.push(`entropy ${entropy.toFixed(3)}`);
  return parts.join(', ');
}
