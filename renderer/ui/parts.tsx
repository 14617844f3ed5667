import { Button } from '@mantine/core';
import { IconAlertTriangle, IconRefresh } from '@tabler/icons-react';
import { Fragment, type ReactNode, useState } from 'react';
import classes from './parts.module.css';

/** Keys as caps: `Ctrl+Enter` becomes two. */
export function Kbd({ keys }: { keys: string }) {
  const parts = keys === '+' ? ['+'] : keys.split(/(?<=.)\+(?=.)/);
  return (
    <span className={classes['keys']}>
      {parts.map((part) => (
        <Fragment key={part}>
          <kbd className={classes['key']}>{KEY_SIGNS[part] ?? part}</kbd>
        </Fragment>
      ))}
    </span>
  );
}

const KEY_SIGNS: Readonly<Record<string, string>> = {
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  Escape: 'Esc',
  Delete: 'Del',
};

/** A place with nothing in it: what it is for, and what to do. */
export function EmptyState(props: {
  icon?: ReactNode;
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <div className={classes['empty']}>
      {props.icon === undefined ? null : <div className={classes['emptyIcon']}>{props.icon}</div>}
      <h2 className={classes['emptyTitle']}>{props.title}</h2>
      {props.children === undefined ? null : <div className={classes['emptyText']}>{props.children}</div>}
      {props.actions === undefined ? null : <div className={classes['emptyActions']}>{props.actions}</div>}
    </div>
  );
}

/** What did not work, and what to do about it. */
export function ErrorNotice(props: {
  failure: { message: string; advice: string; code?: string };
  onRetry?: () => void;
}) {
  // What is gone does not come back by asking again; where it does, by an undo, the page hears of it.
  const canRetry = props.onRetry !== undefined && props.failure.code !== 'not_found';
  return (
    <div className={classes['error']} role="alert">
      <IconAlertTriangle size={18} className={classes['errorIcon']} aria-hidden />
      <div className={classes['errorText']}>
        <strong>{props.failure.message}</strong>
        <span>{props.failure.advice}</span>
      </div>
      {canRetry ? (
        <Button variant="default" leftSection={<IconRefresh size={14} />} onClick={props.onRetry}>
          Try again
        </Button>
      ) : null}
    </div>
  );
}

/**
 * A small image that keeps its shape inside a square of `size` pixels. One that cannot be read shows a sign.
 * `alt` is '' where its name stands beside it.
 */
export function ImageThumb(props: {
  src: string;
  alt: string;
  size?: number;
  number?: number;
  title?: string;
}) {
  const [brokenSource, setBrokenSource] = useState<string | null>(null);
  const size = props.size ?? 40;
  return (
    <span className={classes['thumb']} style={{ width: size, height: size }} title={props.title}>
      {brokenSource === props.src ? (
        <IconAlertTriangle size={16} role="img" aria-label={`${props.alt} cannot be shown`} />
      ) : (
        <img
          src={props.src}
          alt={props.alt}
          loading="lazy"
          decoding="async"
          draggable={false}
          onError={() => setBrokenSource(props.src)}
        />
      )}
      {props.number === undefined ? null : <span className={classes['thumbNumber']}>{props.number}</span>}
    </span>
  );
}

/** Heading of a screen with its tools on the right. */
export function ScreenHeader(props: { title: string; subtitle?: ReactNode; children?: ReactNode }) {
  return (
    <div className={classes['screenHeader']}>
      <div className={classes['screenTitle']}>
        <h1>{props.title}</h1>
        {props.subtitle === undefined ? null : <span>{props.subtitle}</span>}
      </div>
      <div className={classes['screenTools']}>{props.children}</div>
    </div>
  );
}
