import { Button, NumberInput, Select, TextInput } from '@mantine/core';
import { IconFlask } from '@tabler/icons-react';
import { useState } from 'react';
import {
  experimentArguments,
  experimentName,
  EXPERIMENTS,
  experimentScale,
  planOf,
  readSeeds,
} from '../../../shared/model/experiment.ts';
import type { ExperimentName, ExperimentScale } from '../../../shared/model/experiment.ts';
import { shellLine } from '../../../shared/model/shell-words.ts';
import { useCall, useMutation } from '../../client/hooks.ts';
import { notifyFailure } from '../../state/notices.ts';
import { formatPlural } from '../../ui/format.ts';
import { ErrorNotice, ScreenHeader } from '../../ui/parts.tsx';
import { ExperimentCard } from './experiment-card.tsx';
import classes from './experiments.module.css';
import { RunsButton } from './runs-button.tsx';
import { SetupNotice } from './setup-notice.tsx';

const SIZES: readonly {
  readonly name: keyof ExperimentScale;
  readonly label: string;
  readonly least: number;
  readonly most: number;
}[] = [
  { name: 'steps', label: 'Steps of a run', least: 1, most: 1000 },
  { name: 'prompts', label: 'Questions of a step', least: 1, most: 1024 },
  { name: 'group', label: 'Rollouts of a question', least: 2, most: 256 },
  { name: 'testSamples', label: 'Unseen samples', least: 1, most: 10_000 },
  { name: 'weakSteps', label: 'Steps that weaken the base', least: 1, most: 10_000 },
  { name: 'threads', label: 'CPU threads', least: 1, most: 256 },
];

/** The paper's experiments, small and real: settings against each other, over several seeds. */
export function ExperimentsScreen() {
  const { data, error, refetch } = useCall('experiments.list', undefined);
  const isWorking = data?.some(({ state }) => state.kind === 'working') ?? false;
  return (
    <div className={classes['screen']}>
      <ScreenHeader title="Experiments" subtitle="Settings against each other, on the demo world">
        <RunsButton />
      </ScreenHeader>
      <SetupNotice />
      {error === null ? null : <ErrorNotice failure={error} onRetry={() => void refetch()} />}
      <div className={classes['scroll']}>
        <NewExperiment isWorking={isWorking} />
        {(data ?? []).map((one) => (
          <ExperimentCard key={one.id} experiment={one} isBusy={isWorking} />
        ))}
      </div>
    </div>
  );
}

function NewExperiment({ isWorking }: { readonly isWorking: boolean }) {
  const [name, setName] = useState<ExperimentName>('tool-gain');
  const [words, setWords] = useState('0, 1, 2');
  const [sizes, setSizes] = useState<Partial<ExperimentScale>>({});
  const start = useMutation('experiments.start', { onFailure: notifyFailure });
  const plan = planOf(name);
  const seeds = readSeeds(words);
  const scale = experimentScale.safeParse(sizes).data ?? null;
  const request = seeds === null || scale === null ? null : { name, seeds, scale };
  return (
    <section className={classes['card']} aria-label="New experiment">
      <div className={classes['choices']}>
        <Select
          label="Experiment"
          data={EXPERIMENTS.map((one) => ({ value: one.name, label: one.title }))}
          value={name}
          allowDeselect={false}
          onChange={(value) => setName(experimentName.safeParse(value).data ?? name)}
        />
        <TextInput
          label="Seeds"
          value={words}
          error={seeds === null ? 'Up to ten different whole numbers, such as 0, 1, 2.' : undefined}
          onChange={(event) => setWords(event.currentTarget.value)}
        />
        <Button
          className={classes['start'] ?? ''}
          leftSection={<IconFlask size={14} aria-hidden />}
          disabled={request === null || isWorking}
          loading={start.isPending}
          title={isWorking ? 'One experiment works at a time.' : undefined}
          onClick={() => {
            if (request !== null) start.mutate(request);
          }}
        >
          Start
        </Button>
      </div>
      <p className={classes['about']}>
        <strong>{plan.question}</strong> {formatPlural(plan.arms.length, 'setting')} ({plan.arms.join('; ')}),
        trained with each seed, from a base that is weak on purpose, and measured greedily on samples that it
        never saw
        {seeds === null ? '' : `: ${formatPlural(plan.arms.length * seeds.length, 'run')}`}. An experiment
        ends with the app; going on does not repeat what is done.
      </p>
      <details className={classes['sizes']}>
        <summary>Sizes</summary>
        <div className={classes['grid']}>
          {SIZES.map(({ name: size, label, least, most }) => (
            <NumberInput
              key={size}
              label={label}
              min={least}
              max={most}
              allowDecimal={false}
              clampBehavior="strict"
              value={sizes[size] ?? experimentScale.parse({})[size]}
              onChange={(value) =>
                setSizes(({ [size]: _before, ...rest }) =>
                  typeof value === 'number' ? { ...rest, [size]: value } : rest,
                )
              }
            />
          ))}
        </div>
      </details>
      {request === null ? null : (
        <code className={classes['command']}>
          npm run -s imagent -- experiment {shellLine(experimentArguments(request, 'DIR'))}
        </code>
      )}
    </section>
  );
}
