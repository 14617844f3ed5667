import {
  Accordion,
  Button,
  Collapse,
  FileButton,
  NumberInput,
  Radio,
  Select,
  Stack,
  TextInput,
} from '@mantine/core';
import {
  IconChevronDown,
  IconChevronRight,
  IconDeviceFloppy,
  IconFileImport,
  IconPlayerPlay,
  IconStopwatch,
} from '@tabler/icons-react';
import { useState } from 'react';
import type { CreateRunInput } from '../../../shared/contract/runs.ts';
import type { AgentVersionId, RunId } from '../../../shared/model/ids.ts';
import { agentVersionId, snapshotId } from '../../../shared/model/ids.ts';
import type { RunSource } from '../../../shared/model/run.ts';
import type { KnobDefaults } from '../../../shared/model/training-defaults.ts';
import type { DemonstrationMode } from '../../../shared/trainer-protocol/config-parts.ts';
import { demonstrationMode } from '../../../shared/trainer-protocol/config-parts.ts';
import { trainKnobs } from '../../../shared/trainer-protocol/config.ts';
import type { ProbeReport } from '../../../shared/trainer-protocol/run-folder.ts';
import { useCall, useMutation } from '../../client/hooks.ts';
import { useAgents } from '../../state/agents.ts';
import { notify, notifyFailure } from '../../state/notices.ts';
import { ScreenHeader } from '../../ui/parts.tsx';
import { readConfigFile, saveAsFile } from './config-file.ts';
import { BeginnerOffer } from './beginner.tsx';
import { Estimate } from './estimate.tsx';
import { FromTerminal } from './from-terminal.tsx';
import { goTo } from './go.ts';
import { JudgeFields } from './judge-fields.tsx';
import { agentToTrain } from './agent-choice.ts';
import {
  fieldsWith,
  FOLDS,
  fromConfig,
  hasJudge,
  isJudgeField,
  knobProblems,
  sameValue,
  showValue,
  toKnobs,
} from './knob-fields.ts';
import type { KnobField, KnobValue, KnobValues } from './knob-fields.ts';
import { KnobRow } from './knob-row.tsx';
import classes from './new-run.module.css';
import { RunsButton } from './runs-button.tsx';
import { SetupNotice } from './setup-notice.tsx';
import { useSources } from './use-sources.ts';

const DEMONSTRATIONS: readonly {
  readonly mode: DemonstrationMode;
  readonly label: string;
  readonly about: string;
}[] = [
  {
    mode: 'off_policy',
    label: 'Play along',
    about:
      'A trajectory that a reviewer corrected joins the rollouts of its question and is learned as far as it was better than they (LUFFY). The default.',
  },
  {
    mode: 'warm_up',
    label: 'Learn first',
    about: 'The agent first imitates them for some steps, then trains by its own rollouts.',
  },
  { mode: 'none', label: 'Leave out', about: 'Only the questions and their answers count.' },
];

/** A run to be: four choices, and every other knob under Advanced. */
export function NewRun({ like }: { readonly like: RunId | null }) {
  const model = useCall('runs.get', { id: like as RunId }, { enabled: like !== null }).data;
  const [values, setValues] = useState<KnobValues | null>(null);
  if (like !== null && model === undefined) return null;
  const begun = model === undefined ? {} : fromConfig(model.config);
  return (
    <Form
      values={values ?? begun}
      onValues={setValues}
      name={model === undefined ? '' : `${model.run.name}, again`}
      agent={model?.run.agentVersionId ?? null}
      source={model === undefined ? undefined : sourceOf(model.run.source)}
    />
  );
}

function Form(props: {
  readonly values: KnobValues;
  readonly onValues: (values: KnobValues) => void;
  readonly name: string;
  readonly agent: string | null;
  /** Undefined: the newest snapshot, where there is one. */
  readonly source: string | null | undefined;
}) {
  const { values, onValues } = props;
  const { agents, current } = useAgents();
  const { sources, initial } = useSources();
  const [sourceChoice, setSource] = useState<string | null | undefined>(props.source);
  const [agentChoice, setAgent] = useState<string | null>(props.agent);
  const [name, setName] = useState(props.name);
  const [advanced, setAdvanced] = useState(Object.keys(values).length > 0);
  const [report, setReport] = useState<ProbeReport | null>(null);
  const source = sourceChoice === undefined ? initial : sourceChoice;
  const trainable = agents.filter((agent) => agent.source.kind === 'folder');
  const beginner = useCall('guide.get', undefined).data?.beginner ?? null;
  const agent = agentChoice ?? agentToTrain(trainable, current, beginner);
  const sized = useCall(
    'runs.defaults',
    { agentVersionId: agent as AgentVersionId },
    { enabled: agent !== null, keepWhileLoading: true },
  ).data;
  const defaults = sized?.knobs ?? NO_DEFAULTS;
  const fields = fieldsWith(defaults);

  const start = useMutation('runs.start', {
    onSuccess: (run) => goTo({ kind: 'run', id: run.id, tab: 'charts', step: null }),
    onFailure: notifyFailure,
  });
  const create = useMutation('runs.create', {
    onSuccess: (run) => start.mutate({ id: run.id }),
    onFailure: notifyFailure,
  });
  const estimate = useMutation('runs.estimate', { onSuccess: setReport, onFailure: notifyFailure });
  const cancel = useMutation('runs.cancelEstimate', {});

  const set = (path: string, value: KnobValue | undefined): void => {
    const { [path]: _before, ...rest } = values;
    onValues(value === undefined ? rest : { ...rest, [path]: value });
    setReport(null);
  };
  const all: KnobValues = { ...defaults, ...values };
  const problems = knobProblems(all);
  const steps = stepsOf(fields, values);
  const mode = demonstrationMode.safeParse(values['demonstrations.mode']).data ?? 'off_policy';
  const input: CreateRunInput | null =
    agent === null
      ? null
      : {
          ...(name.trim() === '' ? {} : { name: name.trim() }),
          source: source === null ? { kind: 'samples' } : { kind: 'snapshot', id: snapshotId.parse(source) },
          agentVersionId: agentVersionId.parse(agent),
          knobs: toKnobs(all),
        };
  const isSetUp = useCall('trainer.setup', undefined).data?.kind === 'ready';
  const isReady = isSetUp && input !== null && sized !== undefined && Object.keys(problems).length === 0;
  const chosen = sources.find(({ id }) => id === source);

  return (
    <div className={classes['screen']}>
      <ScreenHeader title="New run" subtitle="Four choices; the rest has good defaults">
        <RunsButton />
        <FileButton
          accept="application/json,.json"
          onChange={(file) => void load(file, onValues)}
          inputProps={{ 'aria-label': 'Configuration file' }}
        >
          {(button) => (
            <Button {...button} variant="default" leftSection={<IconFileImport size={14} aria-hidden />}>
              Load configuration
            </Button>
          )}
        </FileButton>
        <Button
          variant="default"
          leftSection={<IconDeviceFloppy size={14} aria-hidden />}
          onClick={() =>
            saveAsFile('training.json', `${JSON.stringify(trainKnobs.parse(toKnobs(all)), null, 2)}\n`)
          }
          disabled={Object.keys(problems).length > 0}
        >
          Save configuration
        </Button>
      </ScreenHeader>
      <SetupNotice />
      <div className={classes['columns']}>
        <div className={classes['form']}>
          <section className={classes['section']} aria-label="Four choices">
            <Select
              label="Data"
              description="What is asked. Only samples with a reference answer train; test samples never do."
              data={sources.map(({ id, name: label }) => ({ value: id ?? NOW, label }))}
              value={source ?? NOW}
              allowDeselect={false}
              onChange={(value) => {
                setSource(value === NOW ? null : value);
                setReport(null);
              }}
            />
            {chosen === undefined ? null : <p className={classes['hint']}>{chosen.about}</p>}
            <Select
              label="Agent"
              description="Which one gets better. Its folder is only read: what comes out is a new version."
              placeholder="No agent with a folder on this machine"
              data={trainable.map(({ id, name: label }) => ({ value: id, label }))}
              value={agent}
              allowDeselect={false}
              onChange={(value) => {
                setAgent(value);
                setReport(null);
              }}
            />
            {sized === undefined ? null : <p className={classes['hint']}>{sized.why}</p>}
            {agents.find(({ id }) => id === agent)?.isDemo === true ? (
              <BeginnerOffer beginner={beginner} onMade={setAgent} />
            ) : null}
            <div className={classes['amount']}>
              <NumberInput
                label="Steps"
                description="Each plays new rollouts. A run can be stopped at any step and gone on with."
                min={1}
                max={1_000_000}
                allowDecimal={false}
                thousandSeparator=","
                value={steps}
                onChange={(value) => {
                  if (typeof value === 'number') set('max_steps', value);
                }}
              />
              <MinutesInput
                report={report}
                steps={steps}
                onSteps={(value) => {
                  const kept = report;
                  set('max_steps', value);
                  setReport(kept);
                }}
              />
            </div>
            <Radio.Group
              label="Corrected trajectories"
              description="What becomes of what reviewers corrected."
              value={mode}
              onChange={(value) =>
                set(
                  'demonstrations.mode',
                  value === 'off_policy' ? undefined : demonstrationMode.parse(value),
                )
              }
            >
              <Stack gap={8} mt={8}>
                {DEMONSTRATIONS.map((one) => (
                  <Radio
                    key={one.mode}
                    value={one.mode}
                    label={one.label}
                    description={one.about}
                    size="xs"
                  />
                ))}
              </Stack>
            </Radio.Group>
          </section>
          <Button
            variant="subtle"
            className={classes['advancedButton'] ?? ''}
            aria-expanded={advanced}
            leftSection={
              advanced ? (
                <IconChevronDown size={15} aria-hidden />
              ) : (
                <IconChevronRight size={15} aria-hidden />
              )
            }
            onClick={() => setAdvanced(!advanced)}
          >
            Advanced: every setting, with its default
          </Button>
          <Collapse expanded={advanced}>
            <Accordion
              multiple
              variant="separated"
              chevronPosition="left"
              className={classes['advanced'] ?? ''}
            >
              {FOLDS.map(({ fold, title }) => (
                <Fold
                  key={fold}
                  fields={fields.filter((field) => field.fold === fold && !CHOSEN.includes(field.path))}
                  fold={fold}
                  title={title}
                  values={values}
                  problems={problems}
                  onSet={set}
                  onValues={(next) => {
                    onValues(next);
                    setReport(null);
                  }}
                />
              ))}
            </Accordion>
          </Collapse>
        </div>
        <aside className={classes['side']} aria-label="Before it starts">
          <TextInput
            label="Name"
            placeholder="As the agent and the data are called"
            value={name}
            maxLength={200}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          {hasJudge(values) ? (
            <p className={classes['hint']}>
              Questions, references and answers go to the judge at{' '}
              <code className={classes['path']}>{showValue(values['judge.base_url'])}</code>
            </p>
          ) : null}
          <Estimate report={report} steps={steps} isRunning={estimate.isPending} />
          {estimate.isPending ? (
            <Button variant="default" onClick={() => cancel.mutate(undefined)}>
              Stop measuring
            </Button>
          ) : (
            <Button
              variant="default"
              disabled={!isReady}
              leftSection={<IconStopwatch size={14} aria-hidden />}
              onClick={() => {
                if (input !== null) estimate.mutate(input);
              }}
            >
              Measure time and memory
            </Button>
          )}
          <Button
            size="sm"
            disabled={!isReady || estimate.isPending}
            loading={create.isPending || start.isPending}
            leftSection={<IconPlayerPlay size={15} aria-hidden />}
            onClick={() => {
              if (input !== null) create.mutate(input);
            }}
          >
            Start training
          </Button>
          {input === null ? null : (
            <FromTerminal input={input} fields={fields} values={values} defaults={defaults} />
          )}
        </aside>
      </div>
    </div>
  );
}

/** What the four choices set already. */
const CHOSEN: readonly string[] = ['max_steps', 'demonstrations.mode'];
const NOW = 'now';

function sourceOf(source: RunSource): string | null {
  return source.kind === 'snapshot' ? source.id : null;
}

const NO_DEFAULTS: KnobDefaults = {};

function stepsOf(fields: readonly KnobField[], values: KnobValues): number {
  const value = values['max_steps'] ?? fields.find(({ path }) => path === 'max_steps')?.defaultValue;
  return typeof value === 'number' ? value : 1;
}

async function load(file: File | null, onValues: (values: KnobValues) => void): Promise<void> {
  if (file === null) return;
  const loaded = readConfigFile(await file.text());
  if (!loaded.ok) {
    notifyFailure({
      code: 'bad_input',
      message: `${file.name}: ${loaded.message}`,
      advice: 'Nothing was changed.',
    });
    return;
  }
  onValues(loaded.values);
  notify(`The settings of ${file.name} are in the form.`);
}

/** How long it may take, once it is known how long a step takes. */
function MinutesInput(props: {
  readonly report: ProbeReport | null;
  readonly steps: number;
  readonly onSteps: (steps: number) => void;
}) {
  const seconds = props.report?.seconds_per_step ?? null;
  return (
    <NumberInput
      label="or minutes"
      description={seconds === null ? 'Measure first.' : `A step takes about ${seconds.toFixed(1)} s here.`}
      min={1}
      allowDecimal={false}
      disabled={seconds === null}
      value={seconds === null ? '' : Math.max(1, Math.round((props.steps * seconds) / 60))}
      onChange={(value) => {
        if (seconds !== null && typeof value === 'number') {
          props.onSteps(Math.max(1, Math.round((value * 60) / seconds)));
        }
      }}
    />
  );
}

function Fold(props: {
  readonly fold: (typeof FOLDS)[number]['fold'];
  readonly fields: readonly KnobField[];
  readonly title: string;
  readonly values: KnobValues;
  readonly problems: Readonly<Record<string, string>>;
  readonly onSet: (path: string, value: KnobValue | undefined) => void;
  readonly onValues: (values: KnobValues) => void;
}) {
  const { fields } = props;
  const judge = fields.filter(({ path }) => isJudgeField(path));
  const changed = fields.filter((field) => isChanged(field, props.values)).length;
  const wrong = fields.filter(({ path }) => path in props.problems).length;
  return (
    <Accordion.Item value={props.fold}>
      <Accordion.Control>
        <span className={classes['foldTitle']}>
          {props.title}
          <span className={classes['hint']}>
            {wrong > 0 ? `${wrong} not valid` : changed > 0 ? `${changed} changed` : ''}
          </span>
        </span>
      </Accordion.Control>
      <Accordion.Panel>
        {fields
          .filter(({ path }) => !isJudgeField(path))
          .map((field) => (
            <KnobRow
              key={field.path}
              field={field}
              value={props.values[field.path]}
              problem={props.problems[field.path]}
              onChange={(value) => props.onSet(field.path, value)}
            />
          ))}
        {judge.length === 0 ? null : (
          <JudgeFields
            fields={judge}
            values={props.values}
            problems={props.problems}
            onSet={props.onSet}
            onValues={props.onValues}
          />
        )}
      </Accordion.Panel>
    </Accordion.Item>
  );
}

function isChanged({ path, defaultValue }: KnobField, values: KnobValues): boolean {
  return values[path] !== undefined && !sameValue(values[path], defaultValue);
}
