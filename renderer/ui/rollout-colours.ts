/**
 * One colour a rollout, light and dark, each readable against the ground of its theme. They repeat after eight, so
 * a number always stands beside them.
 */
const COLOURS = [
  'light-dark(#1c5fb8, #74b0ff)',
  'light-dark(#b3400a, #ff9d4d)',
  'light-dark(#1c7a45, #63c78e)',
  'light-dark(#a3216f, #f58bc4)',
  'light-dark(#6b33c0, #c79bff)',
  'light-dark(#7a5a00, #e2c044)',
  'light-dark(#00707a, #4fd0d8)',
  'light-dark(#8c2f2f, #f28b82)',
] as const;

/** `number` is 0-based. */
export function rolloutColour(number: number): string {
  return COLOURS[number % COLOURS.length] ?? COLOURS[0];
}
