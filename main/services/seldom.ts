import type { ChangeTopic } from '../../shared/contract/procedures.ts';

/** At most one notice a topic in this time, in milliseconds. */
const INTERVAL_MS = 1000;

/**
 * A notifier for what changes many times a second: the first notice of a topic goes out at once, those that follow
 * within the interval as one at its end. Nothing is lost, only told later.
 */
export function seldom(notify: (topic: ChangeTopic) => void): (topic: ChangeTopic) => void {
  const waiting = new Map<ChangeTopic, boolean>();

  function rest(topic: ChangeTopic): void {
    waiting.set(topic, false);
    setTimeout(() => {
      const again = waiting.get(topic) === true;
      waiting.delete(topic);
      if (!again) return;
      notify(topic);
      rest(topic);
    }, INTERVAL_MS).unref();
  }

  return (topic) => {
    if (waiting.has(topic)) {
      waiting.set(topic, true);
      return;
    }
    notify(topic);
    rest(topic);
  };
}
