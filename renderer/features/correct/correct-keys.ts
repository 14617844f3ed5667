import type { KeyBinding } from '../../state/keys.ts';

export interface CorrectKeyActions {
  readonly nextStep: () => void;
  readonly previousStep: () => void;
  readonly firstStep: () => void;
  readonly lastStep: () => void;
  readonly draw: () => void;
  readonly redraw: () => void;
  readonly select: () => void;
  readonly escape: () => void;
  readonly nudge: (dx: number, dy: number) => void;
  readonly remove: () => void;
  readonly insert: () => void;
  readonly duplicate: () => void;
  readonly moveUp: () => void;
  readonly moveDown: () => void;
  readonly good: () => void;
  readonly bad: () => void;
  readonly cut: () => void;
  readonly thought: () => void;
  readonly runFromHere: () => void;
  readonly finishByHand: () => void;
  readonly compare: () => void;
  readonly back: () => void;
  readonly nextImage: () => void;
  readonly previousImage: () => void;
  readonly zoomIn: () => void;
  readonly zoomOut: () => void;
  readonly fit: () => void;
  readonly oneToOne: () => void;
  readonly zoomToImage: () => void;
  readonly togglePixels: () => void;
}

const FAR = 10;

/** Undo and redo are the frame's. */
export function correctBindings(actions: CorrectKeyActions): readonly KeyBinding[] {
  const arrow = (keys: string, words: string, dx: number, dy: number): readonly KeyBinding[] => [
    { keys, label: `Nudge the box ${words}`, run: () => actions.nudge(dx, dy) },
    {
      keys: `Shift+${keys}`,
      label: `Nudge the box ${words} by ${FAR} pixels`,
      run: () => actions.nudge(dx * FAR, dy * FAR),
    },
  ];
  return [
    { keys: 'J', label: 'Next step', run: actions.nextStep },
    { keys: 'K', label: 'Previous step', run: actions.previousStep },
    { keys: 'Home', label: 'First step', run: actions.firstStep },
    { keys: 'End', label: 'Last step', run: actions.lastStep },
    { keys: 'R', label: 'Draw a box: a new step', run: actions.draw },
    { keys: 'Shift+R', label: 'Draw the box of this step anew', run: actions.redraw },
    { keys: 'V', label: 'Select and move boxes', run: actions.select },
    { keys: 'Escape', label: 'Stop the run, or stop drawing', run: actions.escape },
    ...arrow('ArrowLeft', 'left', -1, 0),
    ...arrow('ArrowRight', 'right', 1, 0),
    ...arrow('ArrowUp', 'up', 0, -1),
    ...arrow('ArrowDown', 'down', 0, 1),
    { keys: 'T', label: 'Edit the thought', run: actions.thought },
    { keys: 'I', label: 'Insert a step behind this one', run: actions.insert },
    { keys: 'Ctrl+D', label: 'The same call once more', run: actions.duplicate },
    { keys: 'Delete', label: 'Delete the step', run: actions.remove },
    { keys: 'Backspace', label: 'Delete the step', run: actions.remove },
    { keys: 'Alt+ArrowUp', label: 'Move the step up', run: actions.moveUp },
    { keys: 'Alt+ArrowDown', label: 'Move the step down', run: actions.moveDown },
    { keys: 'G', label: 'Mark the step good', run: actions.good },
    { keys: 'B', label: 'Mark the step bad', run: actions.bad },
    { keys: 'X', label: 'Cut here: drop what comes after', run: actions.cut },
    { keys: 'Ctrl+R', label: 'Run from here', whileTyping: true, run: actions.runFromHere },
    { keys: 'H', label: 'Finish by hand', run: actions.finishByHand },
    { keys: 'C', label: 'Compare with what the model did', run: actions.compare },
    { keys: 'W', label: 'Back to the run', run: actions.back },
    { keys: '.', label: 'Next image', run: actions.nextImage },
    { keys: ',', label: 'Previous image', run: actions.previousImage },
    { keys: 'Ctrl++', label: 'Zoom in (or the wheel)', run: actions.zoomIn },
    { keys: 'Ctrl+=', label: 'Zoom in', run: actions.zoomIn },
    { keys: 'Ctrl+-', label: 'Zoom out (or the wheel)', run: actions.zoomOut },
    { keys: '0', label: 'Show everything', run: actions.fit },
    { keys: 'Ctrl+0', label: 'One image pixel to one screen pixel', run: actions.oneToOne },
    { keys: 'Z', label: 'Zoom to the image', run: actions.zoomToImage },
    { keys: 'M', label: 'Source pixels, or as the model saw them', run: actions.togglePixels },
  ];
}
