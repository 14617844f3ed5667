import { Button } from '@mantine/core';
import { IconEye } from '@tabler/icons-react';
import { assetPath, viewAssetPath } from '../../../shared/contract/assets.ts';
import type { PairRow } from '../../../shared/contract/evaluations.ts';
import type { Episode } from '../../../shared/model/episode.ts';
import type { ImageRecord } from '../../../shared/model/image.ts';
import { useCall } from '../../client/hooks.ts';
import { actionWords } from '../../episode/words.ts';
import { navigate } from '../../state/route.ts';
import { StatusBadge, VerdictBadge } from '../../ui/badges.tsx';
import { BoxedImage, type ImageBox } from '../../ui/boxed-image.tsx';
import { formatPlural, kindWords } from '../../ui/format.ts';
import { ErrorNotice, ImageThumb } from '../../ui/parts.tsx';
import { rolloutColour } from '../../ui/rollout-colours.ts';
import classes from './compare.module.css';

type Letter = 'A' | 'B';

const COLOURS: Readonly<Record<Letter, string>> = { A: rolloutColour(0), B: rolloutColour(1) };

/** One sample as both played it: what each looked at on the same images, then step beside step. */
export function PairView({ row }: { row: PairRow }) {
  const sample = useCall('samples.get', { id: row.sampleId });
  const a = useCall('episodes.get', { id: row.a.episodeId });
  const b = useCall('episodes.get', { id: row.b.episodeId });
  const error = sample.error ?? a.error ?? b.error;
  const episodes = [
    ...(a.data === undefined ? [] : [{ letter: 'A' as const, episode: a.data }]),
    ...(b.data === undefined ? [] : [{ letter: 'B' as const, episode: b.data }]),
  ];
  return (
    // What scrolls can be reached by keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <section className={classes['pair']} tabIndex={0} aria-label="The sample as both played it">
      <h2>{row.question}</h2>
      <p className={classes['quiet']}>
        {kindWords(row.kind)}
        {sample.data === undefined
          ? ''
          : ` · ${sample.data.sample.answers.length === 0 ? 'no reference answer' : `reference: ${sample.data.sample.answers.join(' or ')}`}`}
      </p>
      {error === null ? null : <ErrorNotice failure={error} />}
      <div className={classes['pairImages']}>
        {(sample.data?.images ?? []).map((image, index) => (
          <PairImage key={`${image.id} ${index}`} image={image} index={index} episodes={episodes} />
        ))}
      </div>
      <div className={classes['columns']}>
        <Column letter="A" episode={a.data ?? null} />
        <Column letter="B" episode={b.data ?? null} />
      </div>
    </section>
  );
}

function PairImage(props: {
  readonly image: ImageRecord;
  readonly index: number;
  readonly episodes: readonly { readonly letter: Letter; readonly episode: Episode }[];
}) {
  const { image, index, episodes } = props;
  const boxes = episodes.flatMap(({ letter, episode }): readonly ImageBox[] =>
    episode.steps.flatMap((step) => {
      const view = episode.views.find(({ number }) => number === step.resultView);
      if (view === undefined || view.origin !== 'zoom_in' || view.rootImage !== index) return [];
      return [
        {
          key: `${letter} ${step.index}`,
          box: view.rootBox,
          colour: COLOURS[letter],
          label: `${letter}${step.index + 1}`,
          strong: true,
        },
      ];
    }),
  );
  const words = boxes.map(({ label }) => label).join(', ');
  return (
    <figure className={classes['pairImage']}>
      <BoxedImage
        src={assetPath(image.assets.full)}
        alt={`Image ${index + 1}: ${image.name}`}
        width={image.width}
        height={image.height}
        boxes={boxes}
      />
      <figcaption>
        Image {index + 1}
        {words === '' ? '' : ` · crops ${words}`}
      </figcaption>
    </figure>
  );
}

function Column({ letter, episode }: { letter: Letter; episode: Episode | null }) {
  if (episode === null) return <div className={classes['column']} />;
  return (
    <section className={classes['column']} aria-label={`Episode ${letter}`}>
      <div className={classes['columnHead']}>
        <span className={classes['letter']} data-side={letter} aria-hidden>
          {letter}
        </span>
        <strong className={classes['answer']}>{episode.answer ?? 'No answer'}</strong>
        <VerdictBadge verdict={episode.verdict} />
        <StatusBadge state={episode.state} />
        <Button
          variant="default"
          size="compact-xs"
          leftSection={<IconEye size={13} aria-hidden />}
          aria-label={`Open ${letter} in Watch`}
          onClick={() => navigate({ screen: 'watch', sampleId: episode.sampleId, episodeId: episode.id })}
        >
          Watch
        </Button>
      </div>
      <ol className={classes['steps']} aria-label={formatPlural(episode.steps.length, 'step')}>
        {episode.steps.map((step) => (
          <li key={step.index}>
            <span className={classes['stepNumber']}>
              {letter}
              {step.index + 1}
            </span>
            <span className={classes['stepWords']}>
              {step.thought === '' ? null : <span className={classes['thought']}>{step.thought}</span>}
              <span>{actionWords(step.action, step.resultView)}</span>
            </span>
            {step.resultView === null ? null : (
              <ImageThumb
                src={viewAssetPath(episode.id, step.resultView)}
                alt={`View ${step.resultView}`}
                size={56}
              />
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}
