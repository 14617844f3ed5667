import type { KeyBinding } from '../../state/keys.ts';

/** What the keys of this screen do. The map of keys is one list, so that the help and the tests can read it. */
export interface WatchKeyActions {
  readonly run: () => void;
  readonly reseed: () => void;
  readonly stop: () => void;
  readonly group: () => void;
  readonly nextStep: () => void;
  readonly previousStep: () => void;
  readonly firstMoment: () => void;
  readonly lastMoment: () => void;
  readonly nextSample: () => void;
  readonly previousSample: () => void;
  readonly nextImage: () => void;
  readonly previousImage: () => void;
  readonly zoomIn: () => void;
  readonly zoomOut: () => void;
  readonly fit: () => void;
  readonly oneToOne: () => void;
  readonly zoomToImage: () => void;
  readonly togglePixels: () => void;
  readonly toggleTokens: () => void;
  readonly togglePanel: () => void;
  readonly correct: () => void;
}

/** Ctrl+R stays what it is everywhere (reload); where a run is corrected it goes on from the edited step. */
export function watchBindings(actions: WatchKeyActions): readonly KeyBinding[] {
  return [
    { keys: 'Ctrl+Enter', label: 'Run', whileTyping: true, run: actions.run },
    {
      keys: 'Ctrl+Shift+Enter',
      label: 'Run again with another seed',
      whileTyping: true,
      run: actions.reseed,
    },
    { keys: 'Escape', label: 'Stop the run', run: actions.stop },
    { keys: 'G', label: 'Run a group of rollouts', run: actions.group },
    { keys: 'J', label: 'Next step', run: actions.nextStep },
    { keys: 'K', label: 'Previous step', run: actions.previousStep },
    { keys: 'Home', label: 'Start of the run', run: actions.firstMoment },
    { keys: 'End', label: 'Newest step (follows a run)', run: actions.lastMoment },
    { keys: 'D', label: 'Next sample', run: actions.nextSample },
    { keys: 'A', label: 'Previous sample', run: actions.previousSample },
    { keys: '.', label: 'Next image', run: actions.nextImage },
    { keys: ',', label: 'Previous image', run: actions.previousImage },
    { keys: 'Ctrl++', label: 'Zoom in (or the wheel)', run: actions.zoomIn },
    { keys: 'Ctrl+=', label: 'Zoom in', run: actions.zoomIn },
    { keys: 'Ctrl+-', label: 'Zoom out (or the wheel)', run: actions.zoomOut },
    { keys: '0', label: 'Show everything', run: actions.fit },
    { keys: 'Ctrl+0', label: 'One image pixel to one screen pixel', run: actions.oneToOne },
    { keys: 'Z', label: 'Zoom to the image', run: actions.zoomToImage },
    { keys: 'M', label: 'Source pixels, or as the model saw them', run: actions.togglePixels },
    { keys: 'T', label: 'Tokens coloured by probability', run: actions.toggleTokens },
    { keys: 'W', label: 'Steps, what the model saw, or the mask', run: actions.togglePanel },
    { keys: 'E', label: 'Correct this run', run: actions.correct },
  ];
}

/** The view before or after one in a list of numbers; at the ends it stays. */
export function neighbourView(numbers: readonly number[], focus: number | null, by: 1 | -1): number | null {
  const at = focus === null ? -1 : numbers.indexOf(focus);
  if (at < 0) return (by === 1 ? numbers[0] : numbers.at(-1)) ?? null;
  return numbers[Math.min(numbers.length - 1, Math.max(0, at + by))] ?? null;
}
