import { REASON_WORDS } from '../../../shared/model/review-words.ts';
import type { ReviewReason, ReviewVerdict } from '../../../shared/model/review.ts';
import { reviewReason } from '../../../shared/model/review.ts';
import type { KeyBinding } from '../../state/keys.ts';

/** What the keys of this screen do. */
export interface ReviewKeyActions {
  readonly say: (verdict: ReviewVerdict) => void;
  readonly reason: (reason: ReviewReason) => void;
  readonly next: () => void;
  readonly previous: () => void;
  readonly nextOpen: () => void;
  readonly previousOpen: () => void;
  readonly nextStep: () => void;
  readonly previousStep: () => void;
  readonly firstMoment: () => void;
  readonly lastMoment: () => void;
  readonly nextImage: () => void;
  readonly previousImage: () => void;
  readonly confirmFlag: () => void;
  readonly dismissFlag: () => void;
  readonly writeNote: () => void;
  readonly correct: () => void;
  readonly watch: () => void;
  readonly zoomIn: () => void;
  readonly zoomOut: () => void;
  readonly fit: () => void;
  readonly oneToOne: () => void;
  readonly zoomToImage: () => void;
  readonly togglePixels: () => void;
  readonly toggleTokens: () => void;
  readonly nextPanel: () => void;
}

/** As the tools that reviewers come from have it; see the list of keys of the peers. */
export function reviewBindings(actions: ReviewKeyActions): readonly KeyBinding[] {
  return [
    { keys: 'Ctrl+Enter', label: 'Accept', whileTyping: true, run: () => actions.say('accept') },
    { keys: 'Ctrl+Backspace', label: 'Reject', run: () => actions.say('reject') },
    { keys: 'Ctrl+Space', label: 'Skip', run: () => actions.say('skip') },
    { keys: 'Ctrl+Shift+Enter', label: 'To fix', whileTyping: true, run: () => actions.say('fix') },
    { keys: 'U', label: 'Unsure', run: () => actions.say('unsure') },
    ...reviewReason.options.map((reason, index) => ({
      keys: String(index + 1),
      label: `Reason: ${REASON_WORDS[reason]}`,
      run: () => actions.reason(reason),
    })),
    { keys: 'N', label: 'Write a note', run: actions.writeNote },
    { keys: 'Y', label: 'Confirm the next flag', run: actions.confirmFlag },
    { keys: 'X', label: 'Dismiss the next flag', run: actions.dismissFlag },
    { keys: 'E', label: 'Open for correction', run: actions.correct },
    { keys: 'O', label: 'Open in Watch', run: actions.watch },
    { keys: 'D', label: 'Next item', run: actions.next },
    { keys: 'A', label: 'Previous item', run: actions.previous },
    { keys: 'Ctrl+Shift+D', label: 'Next item to do', whileTyping: true, run: actions.nextOpen },
    { keys: 'Ctrl+Shift+A', label: 'Previous item to do', whileTyping: true, run: actions.previousOpen },
    { keys: 'J', label: 'Next step', run: actions.nextStep },
    { keys: 'K', label: 'Previous step', run: actions.previousStep },
    { keys: 'Home', label: 'Start of the run', run: actions.firstMoment },
    { keys: 'End', label: 'End of the run', run: actions.lastMoment },
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
    { keys: 'W', label: 'Steps, what the model saw, history, agreement', run: actions.nextPanel },
  ];
}
