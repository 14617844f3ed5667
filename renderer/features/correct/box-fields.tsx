import { NumberInput } from '@mantine/core';
import { useState } from 'react';
import type { Bbox } from '../../../shared/model/bbox.ts';
import type { Size } from '../../../shared/model/smart-resize.ts';
import { sameBox, snapInside } from '../../canvas/box-edit.ts';
import { type Store, useStore } from '../../state/store.ts';
import classes from './correct.module.css';

const SIDES = [
  { label: 'x1', name: 'Left edge' },
  { label: 'y1', name: 'Top edge' },
  { label: 'x2', name: 'Right edge' },
  { label: 'y2', name: 'Bottom edge' },
] as const;

/** A box as four numbers. While it is dragged they follow the hand. */
export function BoxFields(props: {
  readonly box: Bbox;
  readonly size: Size;
  readonly draft: Store<Bbox | null>;
  readonly disabled: boolean;
  readonly onChange: (box: Bbox) => void;
}) {
  const { box, size } = props;
  const dragged = useStore(props.draft, (one) => one);
  const shown = dragged ?? box;
  const set = (side: number, value: number): void => {
    const wanted = box.map((old, at) => (at === side ? value : old)) as unknown as Bbox;
    const next = snapInside(wanted, size);
    if (!sameBox(next, box)) props.onChange(next);
  };
  return (
    <fieldset className={classes['box']}>
      <legend>
        Box, in pixels of the image as the model saw it ({size.width} × {size.height})
      </legend>
      {SIDES.map(({ label, name }, side) => (
        <Side
          key={label}
          label={label}
          name={name}
          value={shown[side] ?? 0}
          max={side % 2 === 0 ? size.width : size.height}
          disabled={props.disabled}
          onEnter={(value) => set(side, value)}
        />
      ))}
    </fieldset>
  );
}

function Side(props: {
  readonly label: string;
  readonly name: string;
  readonly value: number;
  readonly max: number;
  readonly disabled: boolean;
  readonly onEnter: (value: number) => void;
}) {
  const [typed, setTyped] = useState<number | string | null>(null);
  const [seen, setSeen] = useState(props.value);
  // The box was changed elsewhere: what was typed and not entered goes.
  if (seen !== props.value) {
    setSeen(props.value);
    setTyped(null);
  }
  const enter = (): void => {
    if (typeof typed === 'number' && typed !== props.value) props.onEnter(typed);
    setTyped(null);
  };
  return (
    <NumberInput
      label={props.label}
      aria-label={`${props.name} (${props.label}), 0 to ${props.max} pixels`}
      value={typed ?? props.value}
      min={0}
      max={props.max}
      clampBehavior="blur"
      allowDecimal={false}
      disabled={props.disabled}
      onChange={setTyped}
      onBlur={enter}
      onKeyDown={(event) => {
        if (event.key === 'Enter') enter();
      }}
    />
  );
}
