import { useCall } from '../../client/hooks.ts';
import type { Route } from '../../state/route.ts';
import { ErrorNotice } from '../../ui/parts.tsx';
import { ComparisonView } from './comparison-view.tsx';
import { EvaluationsList } from './evaluations-list.tsx';
import { resolvePair } from './figures.ts';

/** How good agent versions are: what was measured, and two of them against each other. */
export function CompareScreen({ route }: { route: Extract<Route, { screen: 'compare' }> }) {
  const { data, error, refetch } = useCall('evaluations.list', undefined);
  if (error !== null) return <ErrorNotice failure={error} onRetry={() => void refetch()} />;
  if (data === undefined) return null;
  const pair = route.a === null || route.b === null ? null : resolvePair(data, route.a, route.b);
  return pair === null ? (
    <EvaluationsList evaluations={data} wanted={[route.a, route.b]} />
  ) : (
    <ComparisonView a={pair[0]} b={pair[1]} evaluations={data} sampleId={route.sampleId} />
  );
}
