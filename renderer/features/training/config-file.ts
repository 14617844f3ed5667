import { trainKnobs } from '../../../shared/trainer-protocol/config.ts';
import { fromConfig, KNOB_FIELDS, readPath, sameValue, showValue } from './knob-fields.ts';
import type { KnobValues } from './knob-fields.ts';

/** A difference between two configurations. */
export interface KnobDifference {
  readonly path: string;
  readonly title: string;
  readonly one: string;
  readonly other: string;
}

export function differences(
  one: Readonly<Record<string, unknown>>,
  other: Readonly<Record<string, unknown>>,
): readonly KnobDifference[] {
  return KNOB_FIELDS.flatMap(({ path, title }) => {
    const [left, right] = [readPath(one, path), readPath(other, path)];
    return sameValue(left, right) ? [] : [{ path, title, one: showValue(left), other: showValue(right) }];
  });
}

export type LoadedConfig =
  | { readonly ok: true; readonly values: KnobValues }
  | { readonly ok: false; readonly message: string };

/** The knobs of a file that was saved from here, or of any run's config.json. What is not a knob is left aside. */
export function readConfigFile(text: string): LoadedConfig {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, message: 'This file is not JSON.' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { ok: false, message: 'This file holds no configuration.' };
  }
  const parsed = trainKnobs.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { ok: false, message: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}` };
  }
  return { ok: true, values: fromConfig(parsed.data) };
}

/** Hands a text to the person as a file. */
export function saveAsFile(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
