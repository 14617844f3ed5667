import type { Route } from '../../state/route.ts';
import { GroupView } from './group-view.tsx';
import { GroupsList } from './groups-list.tsx';

/** Groups of rollouts: all of them, or one. */
export function GroupsScreen({ route }: { route: Extract<Route, { screen: 'groups' }> }) {
  return route.id === null ? (
    <GroupsList order={route.order} jobId={route.jobId} />
  ) : (
    <GroupView key={route.id} id={route.id} />
  );
}
