import { Button, Switch } from '@mantine/core';
import { IconPlugConnected } from '@tabler/icons-react';
import { useState } from 'react';
import type { JudgeTest } from '../../../shared/contract/judge.ts';
import { judgeSettings } from '../../../shared/trainer-protocol/config-parts.ts';
import type { JudgeSettings } from '../../../shared/trainer-protocol/config-parts.ts';
import type { Failure } from '../../client/failure.ts';
import { useMutation } from '../../client/hooks.ts';
import { judgeWords } from './judge-words.ts';
import { hasJudge, toKnobs, withJudge, withoutJudge } from './knob-fields.ts';
import type { KnobField, KnobValue, KnobValues } from './knob-fields.ts';
import { KnobRow } from './knob-row.tsx';
import classes from './new-run.module.css';

/** A model that decides answers which the rules find wrong: off, or a server, and whether it can be relied on. */
export function JudgeFields(props: {
  readonly fields: readonly KnobField[];
  readonly values: KnobValues;
  readonly problems: Readonly<Record<string, string>>;
  readonly onSet: (path: string, value: KnobValue | undefined) => void;
  readonly onValues: (values: KnobValues) => void;
}) {
  const { fields, values, problems, onSet, onValues } = props;
  const isOn = hasJudge(values);
  return (
    <section className={classes['judge']} aria-label="Judge">
      <Switch
        label="Judge"
        description="A model on an OpenAI-compatible server has the last word on answers that the rules find wrong. Only text is sent: question, reference, answer. Unreachable: the rollout is unscored, never wrong."
        checked={isOn}
        onChange={(event) => onValues(event.currentTarget.checked ? withJudge(values) : withoutJudge(values))}
      />
      {isOn ? (
        <>
          {fields.map((field) => (
            <KnobRow
              key={field.path}
              field={field}
              value={values[field.path]}
              problem={problems[field.path]}
              onChange={(value) => onSet(field.path, value)}
            />
          ))}
          <TestIt values={values} />
        </>
      ) : null}
    </section>
  );
}

type Outcome =
  | { readonly kind: 'tested'; readonly of: string; readonly test: JudgeTest }
  | { readonly kind: 'failed'; readonly of: string; readonly failure: Failure };

function TestIt({ values }: { readonly values: KnobValues }) {
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const settings: JudgeSettings | undefined = judgeSettings.safeParse(toKnobs(values)['judge']).data;
  const of = JSON.stringify(settings);
  const test = useMutation('trainer.testJudge', {
    onSuccess: (found) => setOutcome({ kind: 'tested', of, test: found }),
    onFailure: (failure) => setOutcome({ kind: 'failed', of, failure }),
  });
  // What was found holds for the settings that were tested, and for no others.
  const shown = outcome?.of === of ? outcome : null;
  const words = shown?.kind === 'tested' ? judgeWords(shown.test) : null;
  return (
    <div className={classes['judgeTest']}>
      <Button
        variant="default"
        leftSection={<IconPlugConnected size={14} aria-hidden />}
        disabled={settings === undefined}
        loading={test.isPending}
        onClick={() => {
          if (settings !== undefined) test.mutate(settings);
        }}
      >
        Test the judge
      </Button>
      <div role="status" className={classes['judgeOutcome']}>
        {words === null ? null : (
          <span data-state={words.state}>
            <strong>{words.title}</strong> {words.text}
          </span>
        )}
        {shown?.kind === 'failed' ? (
          <span data-state="bad">
            <strong>It could not be tested.</strong> {shown.failure.message}
          </span>
        ) : null}
        {shown === null && !test.isPending ? (
          <span className={classes['hint']}>
            {settings === undefined
              ? 'It needs an address and a model.'
              : 'Sends it two questions with plain verdicts, as a run would.'}
          </span>
        ) : null}
      </div>
    </div>
  );
}
