import { Switch } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './workbench.module.css';

/** The images of an episode, and at their side what is told of it: Watch, Review, Correct and a rollout of training. */
export function Workbench(props: {
  readonly children: ReactNode;
  /** Names of the side, and of what scrolls in it. */
  readonly side: string;
  readonly details: string;
  readonly tabs: ReactNode;
  readonly panel: ReactNode;
  /** Stands below the panel and does not scroll away. */
  readonly footer?: ReactNode;
  readonly className?: string | undefined;
}) {
  return (
    <div className={`${classes['main']} ${props.className ?? ''}`}>
      <div className={classes['centre']}>{props.children}</div>
      <aside className={classes['side']} aria-label={props.side}>
        <div className={classes['tabs']}>{props.tabs}</div>
        <div
          className={classes['scroll']}
          data-scrolls
          // What scrolls can be reached by keyboard.
          // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
          tabIndex={0}
          role="region"
          aria-label={props.details}
        >
          {props.panel}
        </div>
        {props.footer}
      </aside>
    </div>
  );
}

export function TokensSwitch(props: {
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
}) {
  return (
    <Switch
      label="Tokens"
      title="Each token, coloured by how probable the model found it (T)"
      checked={props.checked}
      onChange={(event) => props.onChange(event.currentTarget.checked)}
    />
  );
}
