import type { KeyScope } from './keys.ts';
import { createStore, type Store } from './store.ts';

/** What a scope's keys are, without what they do. */
export interface KnownScope {
  readonly name: string;
  readonly title: string;
  readonly bindings: readonly {
    readonly keys: string;
    readonly label: string;
    readonly whileTyping?: boolean;
  }[];
}

const store = createStore<readonly KnownScope[]>([]);

/** Every scope that there is, mounted or not, so that its keys can be changed from the settings. */
export const knownScopes: Store<readonly KnownScope[]> = store;

/** Adds scopes, or their newest bindings. A scope whose bindings come and go keeps those that it had. */
export function knowScopes(scopes: readonly KeyScope[]): void {
  store.set((all) => scopes.reduce(withScope, all));
}

function withScope(all: readonly KnownScope[], { name, title, bindings }: KeyScope): readonly KnownScope[] {
  const before = all.find((one) => one.name === name);
  const fresh = bindings.map(({ keys, label, whileTyping }) => ({
    keys,
    label,
    ...(whileTyping === undefined ? {} : { whileTyping }),
  }));
  if (before === undefined) return [...all, { name, title, bindings: fresh }];
  const added = fresh.filter(({ keys }) => !before.bindings.some((one) => one.keys === keys));
  if (added.length === 0) return all;
  const next = { name, title, bindings: [...before.bindings, ...added] };
  return all.map((one) => (one === before ? next : one));
}
