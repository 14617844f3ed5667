import { ActionIcon, NumberInput } from '@mantine/core';
import { IconRestore } from '@tabler/icons-react';
import { useId, useState } from 'react';
import { formatCount } from '../../ui/format.ts';
import type { FieldFacts } from './fields.ts';
import classes from './settings.module.css';

/** One number with its unit, its default and the way back to it. Saved when the field is left, or at Enter. */
export function NumberRow(props: {
  facts: FieldFacts<string>;
  value: number;
  defaultValue: number;
  onChange: (value: number) => void;
}) {
  const { facts, value, defaultValue, onChange } = props;
  const [text, setText] = useState<string | number>(value);
  const hintId = useId();
  const [followed, setFollowed] = useState(value);
  if (followed !== value) {
    setFollowed(value);
    setText(value);
  }
  const save = (): void => {
    const number = typeof text === 'number' ? text : Number.parseFloat(text);
    if (!Number.isFinite(number)) {
      setText(value);
      return;
    }
    const inside = Math.min(facts.max, Math.max(facts.min, facts.digits === 0 ? Math.round(number) : number));
    setText(inside);
    if (inside !== value) onChange(inside);
  };
  const changed = value !== defaultValue;
  return (
    <div className={classes['row']}>
      <div className={classes['rowLabel']}>
        <span>{facts.label}</span>
        <span className={classes['hint']} id={hintId}>
          {facts.hint}
        </span>
      </div>
      <div className={classes['rowValue']}>
        <NumberInput
          className={classes['number'] ?? ''}
          aria-label={facts.unit === '' ? facts.label : `${facts.label}, ${facts.unit}`}
          aria-describedby={hintId}
          value={text}
          min={facts.min}
          max={facts.max}
          step={facts.step}
          decimalScale={facts.digits}
          allowDecimal={facts.digits > 0}
          thousandSeparator=","
          onChange={setText}
          onBlur={save}
          onKeyDown={(event) => {
            if (event.key === 'Enter') save();
          }}
        />
        <span className={classes['unit']}>{facts.unit}</span>
        <span className={classes['default']}>
          Default {facts.digits === 0 ? formatCount(defaultValue) : defaultValue}
        </span>
        <ActionIcon
          size="sm"
          aria-label={`${facts.label}: back to the default`}
          title="Back to the default"
          disabled={!changed}
          data-hidden={!changed || undefined}
          className={classes['reset'] ?? ''}
          onClick={() => onChange(defaultValue)}
        >
          <IconRestore size={15} />
        </ActionIcon>
      </div>
    </div>
  );
}
