import { useEffect, useState, type ReactNode } from 'react';
import { useConnection } from '../../client/hooks.ts';
import { formatRoute, lastPlaceOn, navigate, useRoute } from '../../state/route.ts';
import { useActivity } from '../../state/use-activity.ts';
import { useKeys } from '../../state/use-keys.ts';
import { ErrorBoundary } from '../../ui/error-boundary.tsx';
import { EmptyState } from '../../ui/parts.tsx';
import classes from './app-frame.module.css';
import { ConnectionBanner } from './connection-banner.tsx';
import { DropZone } from './drop-zone.tsx';
import { Header } from './header.tsx';
import { ImportPanel } from './import-panel.tsx';
import { JobsPanel } from './jobs-panel.tsx';
import { KeysHelp } from './keys-help.tsx';
import { NavRail } from './nav-rail.tsx';
import { useThemeSetting } from './use-theme-setting.ts';

const TITLES = {
  library: 'Library',
  import: 'Import a table',
  watch: 'Watch',
  groups: 'Groups',
  agents: 'Agents',
  settings: 'Settings',
} as const;

/** What stands around every screen: navigation, header, connection, imports, drop target, help. */
export function AppFrame({ children }: { children: ReactNode }) {
  const [helpOpen, setHelpOpen] = useState(false);
  const connection = useConnection();
  const route = useRoute();
  useEffect(() => {
    document.title = `${TITLES[route.screen]} · IMAgent Studio`;
  }, [route.screen]);
  useActivity();
  useThemeSetting();
  useKeys({
    name: 'global',
    title: 'Everywhere',
    bindings: [
      { keys: '?', label: 'Show the keys', run: () => setHelpOpen(true) },
      { keys: 'Alt+1', label: 'Library', whileTyping: true, run: () => navigate(lastPlaceOn('library')) },
      { keys: 'Alt+2', label: 'Watch', whileTyping: true, run: () => navigate(lastPlaceOn('watch')) },
      { keys: 'Alt+3', label: 'Agents', whileTyping: true, run: () => navigate(lastPlaceOn('agents')) },
      { keys: 'Alt+5', label: 'Groups', whileTyping: true, run: () => navigate(lastPlaceOn('groups')) },
      { keys: 'Alt+4', label: 'Settings', whileTyping: true, run: () => navigate(lastPlaceOn('settings')) },
    ],
  });
  // A file that misses the drop target must not replace the page.
  useEffect(() => {
    const swallow = (event: DragEvent): void => event.preventDefault();
    window.addEventListener('dragover', swallow);
    window.addEventListener('drop', swallow);
    return () => {
      window.removeEventListener('dragover', swallow);
      window.removeEventListener('drop', swallow);
    };
  }, []);

  return (
    <div className={classes['frame']}>
      <a className={classes['skip']} href="#content" onClick={skipToContent}>
        Skip to the content
      </a>
      <NavRail />
      <Header onHelp={() => setHelpOpen(true)} />
      <main className={classes['content']} id="content" tabIndex={-1}>
        <ConnectionBanner />
        <div className={classes['screen']}>
          <ErrorBoundary place={formatRoute(route)}>
            {connection === 'refused' ? <Refused /> : children}
          </ErrorBoundary>
        </div>
      </main>
      <div className={classes['corner']}>
        <JobsPanel />
        <ImportPanel />
      </div>
      <DropZone />
      <KeysHelp opened={helpOpen} onClose={() => setHelpOpen(false)} />
    </div>
  );
}

/** The address is the app's own place, so the link may not write to it. */
function skipToContent(event: { preventDefault: () => void }): void {
  event.preventDefault();
  document.getElementById('content')?.focus();
}

function Refused() {
  return (
    <EmptyState title="This page is not allowed to reach the app">
      The key of this page is missing or no longer good. Open the address that the app printed in the terminal
      when it started; it holds a new key.
    </EmptyState>
  );
}
