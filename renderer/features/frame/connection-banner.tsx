import { Loader } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useConnection } from '../../client/hooks.ts';
import classes from './app-frame.module.css';

/** Short gaps pass unseen. Milliseconds. */
const PATIENCE = 600;

/** A quiet line while the app is not reached. */
export function ConnectionBanner() {
  const state = useConnection();
  return (
    <div role="status">
      {state === 'connecting' ? <AwayLine words="Connecting to the app…" /> : null}
      {state === 'reconnecting' ? (
        <AwayLine words="The app is not answering. Reconnecting… Nothing that was saved is lost." />
      ) : null}
    </div>
  );
}

function AwayLine({ words }: { words: string }) {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), PATIENCE);
    return () => clearTimeout(timer);
  }, []);
  if (!shown) return null;
  return (
    <div className={classes['banner']}>
      <Loader size={12} color="currentColor" aria-hidden />
      {words}
    </div>
  );
}
