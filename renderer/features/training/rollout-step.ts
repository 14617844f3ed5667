/**
 * The step at or before the wanted one that has rollouts of its own: with several updates per rollouts only every
 * n-th has. Pure.
 */
export function stepWithRollouts(
  wanted: number,
  span: { readonly first: number; readonly last: number },
  every: number,
): number {
  const inside = Math.min(span.last, Math.max(span.first, wanted));
  return inside - ((inside - span.first) % every);
}
