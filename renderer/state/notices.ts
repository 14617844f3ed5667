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

export function notifyFailure(failure: Failure, title?: string): void {
  notifications.show({
    title: title ?? failure.message,
    message: title === undefined ? failure.advice : `${failure.message} ${failure.advice}`,
    color: 'red',
    autoClose: 10_000,
    withBorder: true,
  });
}
