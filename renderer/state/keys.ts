/**
 * The registry of keys. A binding lives in a scope; `global` is always active, another scope only while a
 * screen or dialog that declared it is mounted. Bare keys do nothing while a person types.
 */
export interface KeyBinding {
  /** As written in the help: `J`, `Ctrl+Enter`, `Shift+?`, `Space`, `ArrowLeft`, `,`. */
  readonly keys: string;
  readonly label: string;
  readonly run: () => void;
  /** Also while typing. Only for combinations with Ctrl or Alt, and Escape. */
  readonly whileTyping?: boolean;
}

export interface KeyScope {
  readonly name: string;
  /** Heading in the help. */
  readonly title: string;
  readonly bindings: readonly KeyBinding[];
}

/** What is read of a keyboard event. */
export interface KeyPress {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

const NAMED: Readonly<Record<string, string>> = { ' ': 'space', esc: 'escape', del: 'delete' };

/** One spelling for a combination: modifiers in fixed order, lower case, Cmd as Ctrl. */
export function normaliseKeys(keys: string): string {
  const parts =
    keys === '+' || keys.endsWith('++') ? [...keys.slice(0, -2).split('+'), '+'] : keys.split('+');
  const key = (parts.at(-1) ?? '').toLowerCase();
  const modifiers = new Set(parts.slice(0, -1).map((part) => part.toLowerCase()));
  return combine(
    modifiers.has('ctrl') || modifiers.has('cmd'),
    modifiers.has('alt'),
    modifiers.has('shift'),
    key,
  );
}

function combine(ctrl: boolean, alt: boolean, shift: boolean, key: string): string {
  const name = NAMED[key] ?? key;
  // A printed sign such as `?` already says that Shift was held; for letters and named keys Shift counts.
  const shiftCounts = shift && (name.length > 1 || /[a-z]/.test(name));
  return `${ctrl ? 'ctrl+' : ''}${alt ? 'alt+' : ''}${shiftCounts ? 'shift+' : ''}${name}`;
}

export function keysOfPress(press: KeyPress): string {
  return combine(press.ctrlKey || press.metaKey, press.altKey, press.shiftKey, press.key.toLowerCase());
}

/** Pairs of bindings that would answer the same keys: within one scope, or of a scope with the global one. */
export function findConflicts(scopes: readonly KeyScope[]): readonly string[] {
  const conflicts: string[] = [];
  const global = scopes.find((scope) => scope.name === 'global');
  for (const scope of scopes) {
    const seen = new Map<string, string>();
    if (global !== undefined && scope !== global) {
      for (const binding of global.bindings)
        seen.set(normaliseKeys(binding.keys), `global: ${binding.label}`);
    }
    for (const binding of scope.bindings) {
      const keys = normaliseKeys(binding.keys);
      const other = seen.get(keys);
      if (other !== undefined)
        conflicts.push(`${binding.keys}: "${other}" and "${scope.name}: ${binding.label}"`);
      seen.set(keys, `${scope.name}: ${binding.label}`);
    }
  }
  return conflicts;
}

/** The binding that a key press means, the newest scope first; null when there is none. */
export function bindingFor(scopes: readonly KeyScope[], press: KeyPress, typing: boolean): KeyBinding | null {
  const keys = keysOfPress(press);
  for (const scope of [...scopes].reverse()) {
    const found = scope.bindings.find((binding) => normaliseKeys(binding.keys) === keys);
    if (found !== undefined) return typing && found.whileTyping !== true ? null : found;
  }
  return null;
}

const TYPING_INPUTS = new Set([
  'text',
  'search',
  'number',
  'email',
  'url',
  'password',
  'tel',
  'date',
  'time',
]);

/** True where a key press writes text. */
export function isTypingTarget(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (
    target.isContentEditable ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement
  )
    return true;
  return target instanceof HTMLInputElement && TYPING_INPUTS.has(target.type);
}
