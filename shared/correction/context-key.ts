import type { ImageView } from '../model/view.ts';

/** What came of a turn, as far as the context tells: an image, an error text, or nothing. */
export type TurnOutcome =
  | { readonly kind: 'view'; readonly view: ImageView }
  | { readonly kind: 'error'; readonly error: string }
  | { readonly kind: 'nothing' };

/** The context in front of the first turn. */
export const CONTEXT_START = 'start';

/**
 * Names the context behind a turn: equal where everything that the model has before it is equal, turn by turn. This is
 * how it is known whether a step still follows from what came before it, also after an edit was taken back by hand.
 */
export function contextAfter(before: string, text: string, outcome: TurnOutcome): string {
  return digest(`${before}\n${text}\n${outcomeText(outcome)}`);
}

function outcomeText(outcome: TurnOutcome): string {
  switch (outcome.kind) {
    case 'view': {
      const { rootImage, rootBox, width, height } = outcome.view;
      return `view ${rootImage} ${rootBox.join(' ')} ${width} ${height}`;
    }
    case 'error':
      return `error ${outcome.error}`;
    case 'nothing':
      return '';
  }
}

/** 106 bits of two multiplying hashes (cyrb53): enough to tell texts apart that nobody made to collide. */
function digest(text: string): string {
  return `${cyrb53(text, 0)}${cyrb53(text, 0x9e37_79b9)}`;
}

function cyrb53(text: string, seed: number): string {
  let high = 0xdead_beef ^ seed;
  let low = 0x41c6_ce57 ^ seed;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    high = Math.imul(high ^ code, 2_654_435_761);
    low = Math.imul(low ^ code, 1_597_334_677);
  }
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909);
  return (4_294_967_296 * (2_097_151 & low) + (high >>> 0)).toString(36);
}
