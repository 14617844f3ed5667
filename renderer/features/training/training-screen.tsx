import type { TrainingPlace } from '../../state/training-route.ts';
import { ExperimentsScreen } from './experiments-screen.tsx';
import { NewRun } from './new-run.tsx';
import { RolloutScreen } from './rollout-screen.tsx';
import { RunList } from './run-list.tsx';
import { RunScreen } from './run-screen.tsx';
import { SetupScreen } from './setup-screen.tsx';

/** Where agents are trained: the runs, one of them, a new one, and what it all needs. */
export function TrainingScreen({ place }: { readonly place: TrainingPlace }) {
  switch (place.kind) {
    case 'list':
      return <RunList />;
    case 'new':
      return <NewRun key={place.like ?? ''} like={place.like} />;
    case 'setup':
      return <SetupScreen />;
    case 'experiments':
      return <ExperimentsScreen />;
    case 'run':
      return <RunScreen key={place.id} id={place.id} tab={place.tab} step={place.step} />;
    case 'rollout':
      return <RolloutScreen id={place.id} step={place.step} line={place.index} />;
  }
}
