import { Loader } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useConnection } from '../../client/hooks.ts';
import classes from './app-frame.module.css';

/** Short gaps pass unseen. Milliseconds. */
const PATIENCE = 600;

/** A quiet line while the app is not reached. */
export function ConnectionBanner() {
  const state = useConnection();
  const away = state === 'reconnecting' || state === 'connecting';
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (!away) {
      setShown(false);
      return undefined;
    }
    const timer = setTimeout(() => setShown(true), PATIENCE);
    return () => clearTimeout(timer);
  }, [away]);
  return (
    <div role="status">
      {away && shown ? (
        <div className={classes['banner']}>
          <Loader size={12} color="currentColor" aria-hidden />
          {state === 'connecting'
            ? 'Connecting to the app…'
            : 'The app is not answering. Reconnecting… Nothing that was saved is lost.'}
        </div>
      ) : null}
    </div>
  );
}
