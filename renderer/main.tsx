import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import './ui/base.css';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { createStudioClient } from './client/client.ts';
import { openSession } from './client/session.ts';
import { allScopes } from './key-catalog.ts';
import { knowScopes } from './state/known-keys.ts';
import { startRouting } from './state/route.ts';
import { startKeys } from './state/use-keys.ts';

async function start(): Promise<void> {
  if (window.shell === undefined) {
    // A host that refuses or is away shows in the frame, through the connection's own state.
    await openSession({
      hash: window.location.hash,
      replaceHash: (hash) => window.history.replaceState(null, '', `${window.location.pathname}${hash}`),
      fetch: window.fetch.bind(window),
    }).catch(() => false);
  }
  startRouting();
  knowScopes(allScopes());
  startKeys();
  const root = document.getElementById('root');
  if (root === null) throw new Error('the page has no #root');
  createRoot(root).render(<App client={createStudioClient()} />);
}

void start();
