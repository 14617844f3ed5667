import { notifications } from '@mantine/notifications';
import type { Failure } from '../client/failure.ts';

/** Short messages in the corner. They are read out by screen readers and go away by themselves, errors last longer. */
export function notify(message: string, title?: string): void {
  notifications.show({
    message,
    ...(title === undefined ? {} : { title }),
    autoClose: 4000,
    withBorder: true,
  });
}

/** Shorter than this nobody wonders. */
const SLOW_MS = 400;

/**
 * Says what is being waited for, where it takes long enough to be wondered about: an undo of 100,000 rows is one
 * transaction, and others wait while it is written. Returns what takes the message away.
 */
export function notifyIfSlow(message: string): () => void {
  let id: string | null = null;
  const timer = setTimeout(() => {
    id = notifications.show({ message, loading: true, autoClose: false, withBorder: true });
  }, SLOW_MS);
  return () => {
    clearTimeout(timer);
    if (id !== null) notifications.hide(id);
  };
}

export function notifyFailure(failure: Failure, title?: string): void {
  notifications.show({
    title: title ?? failure.message,
    message: title === undefined ? failure.advice : `${failure.message} ${failure.advice}`,
    color: 'red',
    autoClose: 10_000,
    withBorder: true,
  });
}
