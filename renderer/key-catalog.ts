import { globalBindings } from './features/frame/global-keys.ts';
import { correctBindings } from './features/correct/correct-keys.ts';
import { reviewBindings } from './features/review/review-keys.ts';
import { watchBindings } from './features/watch/watch-keys.ts';
import type { KeyScope } from './state/keys.ts';

/** Stands for any map of actions: a catalogue lists keys and runs none. */
function idle<Actions extends object>(): Actions {
  return new Proxy({}, { get: () => () => undefined }) as Actions;
}

/**
 * The scopes of every screen, so that their keys can be listed and changed before a person has been there. Part of
 * the composition root, because no feature knows another. Screens that are not here are added when they are opened.
 */
export function allScopes(): readonly KeyScope[] {
  return [
    { name: 'global', title: 'Everywhere', bindings: globalBindings(idle()) },
    { name: 'watch', title: 'Watch', bindings: watchBindings(idle()) },
    { name: 'review', title: 'Review', bindings: reviewBindings(idle()) },
    { name: 'correct', title: 'Correct', bindings: correctBindings(idle()) },
  ];
}
