import { useEffect, useState, type ReactNode } from 'react';
import { useCall, useConnection, useMutation } from '../../client/hooks.ts';
import { notifyFailure } from '../../state/notices.ts';
import { formatRoute, useRoute } from '../../state/route.ts';
import { useActivity } from '../../state/use-activity.ts';
import { useUndo } from '../../state/undo.ts';
import { useKeys } from '../../state/use-keys.ts';
import { ErrorBoundary } from '../../ui/error-boundary.tsx';
import { EmptyState } from '../../ui/parts.tsx';
import classes from './app-frame.module.css';
import { CommandPalette } from './command-palette.tsx';
import { ConnectionBanner } from './connection-banner.tsx';
import { DropZone } from './drop-zone.tsx';
import { GuideBar } from './guide-bar.tsx';
import { globalBindings } from './global-keys.ts';
import { Header } from './header.tsx';
import { ImportPanel } from './import-panel.tsx';
import { JobsPanel } from './jobs-panel.tsx';
import { KeysHelp } from './keys-help.tsx';
import { NavRail } from './nav-rail.tsx';
import { titleOf } from './places.ts';
import { useUndoToast } from './undo-buttons.tsx';
import { useThemeSetting } from './use-theme-setting.ts';

/** What stands around every screen: navigation, header, connection, imports, drop target, help. */
export function AppFrame({ children }: { children: ReactNode }) {
  const [helpOpen, setHelpOpen] = useState(false);
  const [paletteOpen, setPaletteOpen] = useState(false);
  const undo = useUndo();
  const guide = useCall('guide.get', undefined).data;
  const { mutate: showGuide } = useMutation('guide.show', { onFailure: notifyFailure });
  const connection = useConnection();
  const route = useRoute();
  useEffect(() => {
    document.title = `${titleOf(route.screen)} · IMAgent Studio`;
  }, [route.screen]);
  useActivity();
  useThemeSetting();
  useUndoToast(undo);
  useKeys({
    name: 'global',
    title: 'Everywhere',
    bindings: globalBindings({
      help: () => setHelpOpen(true),
      palette: () => setPaletteOpen(true),
      guide: () => showGuide({ shown: guide?.shown !== true }),
      undo: undo.undo,
      redo: undo.redo,
    }),
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
      <Header undo={undo} onHelp={() => setHelpOpen(true)} onPalette={() => setPaletteOpen(true)} />
      <main className={classes['content']} id="content" tabIndex={-1}>
        <ConnectionBanner />
        <GuideBar />
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
      <CommandPalette opened={paletteOpen} onClose={() => setPaletteOpen(false)} />
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
