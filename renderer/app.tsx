import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import type { StudioClient } from './client/client.ts';
import { ClientProvider } from './client/hooks.ts';
import { AgentsScreen } from './features/agents/agents-screen.tsx';
import { CorrectScreen } from './features/correct/correct-screen.tsx';
import { AppFrame } from './features/frame/app-frame.tsx';
import { CompareScreen } from './features/compare/compare-screen.tsx';
import { GroupsScreen } from './features/groups/groups-screen.tsx';
import { RunGroupsDialog } from './features/groups/run-dialog.tsx';
import { ExportScreen } from './features/export/export-screen.tsx';
import { ImportTableScreen } from './features/import-table/import-table-screen.tsx';
import { LibraryScreen } from './features/library/library-screen.tsx';
import { ReviewScreen } from './features/review/review-screen.tsx';
import { MaskScreen } from './features/masks/mask-screen.tsx';
import { SnapshotsScreen } from './features/snapshots/snapshots-screen.tsx';
import { SettingsScreen } from './features/settings/settings-screen.tsx';
import { TrainingScreen } from './features/training/training-screen.tsx';
import { WatchScreen } from './features/watch/watch-screen.tsx';
import { useRoute } from './state/route.ts';
import { theme, variables } from './ui/theme.ts';

const queries = new QueryClient({
  defaultOptions: {
    // The host says what has changed; nothing is asked for on a guess. A lost connection resumes by itself.
    queries: {
      staleTime: Number.POSITIVE_INFINITY,
      refetchOnWindowFocus: false,
      networkMode: 'always',
      retry: 1,
      retryDelay: 400,
    },
    mutations: { networkMode: 'always' },
  },
});

function Screen() {
  const route = useRoute();
  switch (route.screen) {
    case 'library':
      return <LibraryScreen route={route} />;
    case 'watch':
      return <WatchScreen sampleId={route.sampleId} episodeId={route.episodeId} />;
    case 'groups':
      return <GroupsScreen route={route} />;
    case 'export':
      return <ExportScreen snapshotId={route.snapshotId} />;
    case 'import':
      return <ImportTableScreen />;
    case 'review':
      return <ReviewScreen episodeId={route.episodeId} />;
    case 'training':
      return <TrainingScreen place={route.place} />;
    case 'compare':
      return <CompareScreen route={route} />;
    case 'mask':
      return <MaskScreen key={route.id} id={route.id} />;
    case 'correct':
      return <CorrectScreen episodeId={route.episodeId} correctionId={route.correctionId} />;
    case 'snapshots':
      return <SnapshotsScreen place={route.place} />;
    case 'agents':
      return <AgentsScreen />;
    case 'settings':
      return <SettingsScreen />;
  }
}

/** Everything under one roof: theme, answers kept, the client, the frame and the screen of the address. */
export function App({ client }: { client: StudioClient }) {
  return (
    <StrictMode>
      <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
        <QueryClientProvider client={queries}>
          <ClientProvider value={client}>
            <Notifications position="bottom-center" limit={4} containerWidth={340} />
            <AppFrame>
              <Screen />
            </AppFrame>
            <RunGroupsDialog />
          </ClientProvider>
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>
  );
}
