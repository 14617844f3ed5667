import { ActionIcon, MultiSelect, Select, Switch, TextInput } from '@mantine/core';
import { IconRestore } from '@tabler/icons-react';
import { useId, useState } from 'react';
import { ORIGIN_WORDS, readNumber, sameValue, showValue } from './knob-fields.ts';
import type { KnobField, KnobValue } from './knob-fields.ts';
import classes from './new-run.module.css';

/** One knob: its term, what it does, its value, its default and where that comes from. */
export function KnobRow(props: {
  readonly field: KnobField;
  readonly value: KnobValue | undefined;
  readonly problem: string | undefined;
  /** Undefined: back to the default. */
  readonly onChange: (value: KnobValue | undefined) => void;
}) {
  const { field, problem, onChange } = props;
  const hintId = useId();
  const value = props.value === undefined ? field.defaultValue : props.value;
  const isChanged = !sameValue(value, field.defaultValue);
  const change = (next: KnobValue): void => onChange(sameValue(next, field.defaultValue) ? undefined : next);
  return (
    <div className={classes['knob']} data-changed={isChanged || undefined}>
      <div className={classes['knobWords']}>
        <span className={classes['knobTitle']}>
          {field.title} <code className={classes['path']}>{field.path}</code>
        </span>
        <span className={classes['hint']} id={hintId}>
          {field.description}
        </span>
      </div>
      <div className={classes['knobValue']}>
        <Input field={field} value={value} problem={problem} hintId={hintId} onChange={change} />
        <span className={classes['hint']}>
          {field.defaultValue === null && !field.nullable
            ? 'No default'
            : `${showValue(field.defaultValue)}, ${ORIGIN_WORDS[field.origin]}`}
        </span>
      </div>
      <ActionIcon
        size="sm"
        aria-label={`${field.title}: back to the default`}
        title="Back to the default"
        disabled={!isChanged}
        data-hidden={!isChanged || undefined}
        className={classes['reset'] ?? ''}
        onClick={() => onChange(undefined)}
      >
        <IconRestore size={15} />
      </ActionIcon>
    </div>
  );
}

function Input(props: {
  readonly field: KnobField;
  readonly value: KnobValue;
  readonly problem: string | undefined;
  readonly hintId: string;
  readonly onChange: (value: KnobValue) => void;
}) {
  const { field, value, problem, hintId, onChange } = props;
  const { input } = field;
  const shared = { 'aria-label': field.title, 'aria-describedby': hintId };
  switch (input.kind) {
    case 'switch':
      return (
        <Switch
          {...shared}
          checked={value === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      );
    case 'choice':
      return (
        <Select
          {...shared}
          data={[...input.options]}
          value={typeof value === 'string' ? value : null}
          allowDeselect={field.nullable}
          error={problem}
          onChange={(next) => {
            if (next !== null || field.nullable) onChange(next);
          }}
        />
      );
    case 'choices':
      return (
        <MultiSelect
          {...shared}
          size="xs"
          data={[...input.options]}
          value={Array.isArray(value) ? [...value] : []}
          onChange={onChange}
        />
      );
    case 'number':
    case 'text':
      return <Typed {...props} />;
  }
}

/** Text that becomes the value when the field is left, or at Enter; so that 1e-5 can be typed. */
function Typed(props: {
  readonly field: KnobField;
  readonly value: KnobValue;
  readonly problem: string | undefined;
  readonly hintId: string;
  readonly onChange: (value: KnobValue) => void;
}) {
  const { field, value, onChange } = props;
  const shown = value === null ? '' : showValue(value);
  const [text, setText] = useState(shown);
  const [followed, setFollowed] = useState(shown);
  if (followed !== shown) {
    setFollowed(shown);
    setText(shown);
  }
  const isNumber = field.input.kind === 'number';
  const typed = isNumber ? readNumber(text) : text;
  const isWrong = isNumber && typed === null && !(field.nullable && text.trim() === '');
  const save = (): void => {
    if (isWrong) return;
    if (text.trim() === '' && field.nullable) onChange(null);
    else if (typed !== null) onChange(typed);
  };
  return (
    <TextInput
      aria-label={field.title}
      aria-describedby={props.hintId}
      inputMode={isNumber ? 'decimal' : 'text'}
      value={text}
      placeholder={field.nullable ? (isNumber ? 'as the agent or machine says' : 'none') : ''}
      error={isWrong ? 'A number, such as 0.5 or 1e-5.' : props.problem}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={save}
      onKeyDown={(event) => {
        if (event.key === 'Enter') save();
      }}
    />
  );
}
