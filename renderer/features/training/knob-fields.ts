import { z } from 'zod';
import { judgeSettings } from '../../../shared/trainer-protocol/config-parts.ts';
import { trainKnobs } from '../../../shared/trainer-protocol/config.ts';
import { SIZED_KNOBS } from '../../../shared/model/training-defaults.ts';
import type { KnobDefaults } from '../../../shared/model/training-defaults.ts';
import type { KnobFold, Origin } from '../../../shared/trainer-protocol/knob.ts';

/** The training form, made of the schema of `config.json`: every knob that the trainer knows is in it. */

export type KnobInput =
  | {
      readonly kind: 'number';
      readonly whole: boolean;
      readonly least: number | null;
      readonly most: number | null;
    }
  | { readonly kind: 'switch' }
  | { readonly kind: 'choice'; readonly options: readonly string[] }
  | { readonly kind: 'choices'; readonly options: readonly string[] }
  | { readonly kind: 'text' };

export interface KnobField {
  /** As in `config.json`; a member of a group after a dot: `lora.rank`. Also what `--set` takes. */
  readonly path: string;
  readonly title: string;
  readonly description: string;
  readonly origin: Origin | 'size';
  readonly fold: KnobFold;
  readonly input: KnobInput;
  /** Empty means null: as the model or the machine says. */
  readonly nullable: boolean;
  readonly defaultValue: KnobValue;
}

export type KnobValue = string | number | boolean | readonly string[] | null;
/** What was set, by path. What has its default is not in it. */
export type KnobValues = Readonly<Record<string, KnobValue>>;

/** What is read of JSON Schema. */
interface Node {
  readonly type?: string;
  readonly title?: string;
  readonly description?: string;
  readonly origin?: Origin;
  readonly fold?: KnobFold;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly anyOf?: readonly Node[];
  readonly items?: Node;
  readonly properties?: Readonly<Record<string, Node>>;
}

const SAFE = Number.MAX_SAFE_INTEGER;

export const FOLDS: readonly { readonly fold: KnobFold; readonly title: string }[] = [
  { fold: 'basic', title: 'Size of a step' },
  { fold: 'rollouts', title: 'Rollouts' },
  { fold: 'reward', title: 'Reward' },
  { fold: 'masks', title: 'Masks' },
  { fold: 'demonstrations', title: 'Corrected trajectories' },
  { fold: 'optimiser', title: 'Optimiser' },
  { fold: 'loss', title: 'Loss' },
  { fold: 'lora', title: 'LoRA' },
  { fold: 'machine', title: 'Machine' },
  { fold: 'schedule', title: 'Checkpoints and evaluation' },
];

export const ORIGIN_WORDS: Readonly<Record<KnobField['origin'], string>> = {
  trl: 'TRL’s default',
  paper: 'as in the paper',
  luffy: 'as in LUFFY',
  ours: 'our default',
  size: 'for an agent of this size',
};

function inputOf(node: Node): KnobInput {
  if (node.enum !== undefined) return { kind: 'choice', options: node.enum };
  switch (node.type) {
    case 'boolean':
      return { kind: 'switch' };
    case 'integer':
    case 'number': {
      const least = node.minimum ?? node.exclusiveMinimum ?? null;
      const most = node.maximum ?? node.exclusiveMaximum ?? null;
      return {
        kind: 'number',
        whole: node.type === 'integer',
        least: least === -SAFE ? null : least,
        most: most === SAFE ? null : most,
      };
    }
    case 'array':
      return { kind: 'choices', options: node.items?.enum ?? [] };
    default:
      return { kind: 'text' };
  }
}

function titleOfKey(key: string): string {
  const words = key.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The fields of a knob: itself, or the members of a group. */
function fieldsOf(key: string, node: Node, about: Node, defaults: unknown): readonly KnobField[] {
  const [first] = (node.anyOf ?? []).filter(({ type }) => type !== 'null');
  const inner = first ?? node;
  const nullable = node.anyOf?.some(({ type }) => type === 'null') ?? false;
  if (inner.properties !== undefined) {
    return Object.entries(inner.properties).flatMap(([name, member]) => {
      const value =
        typeof defaults === 'object' && defaults !== null
          ? (defaults as Record<string, unknown>)[name]
          : null;
      return fieldsOf(`${key}.${name}`, member, { ...about, ...titled(about, name, member) }, value);
    });
  }
  return [
    {
      path: key,
      title: about.title ?? titleOfKey(key),
      description: about.description ?? '',
      origin: about.origin ?? 'ours',
      fold: about.fold ?? 'basic',
      input: inputOf(inner),
      nullable,
      defaultValue: (defaults ?? null) as KnobValue,
    },
  ];
}

function titled(about: Node, name: string, member: Node): Node {
  return {
    title: `${about.title ?? ''}: ${(member.title ?? titleOfKey(name)).toLowerCase()}`,
    description: member.description ?? about.description ?? '',
  };
}

const JUDGE = 'judge';
/** The judge is null where it is off; these are its own defaults, once it has an address and a model. */
const JUDGE_DEFAULTS: Readonly<Record<string, unknown>> = {
  ...judgeSettings.parse({ base_url: 'http://127.0.0.1:8000/v1', model: 'none' }),
  base_url: null,
  model: null,
};

/** Fields of the judge: none of them counts while the judge is off. */
export function isJudgeField(path: string): boolean {
  return path.startsWith(`${JUDGE}.`);
}

export function hasJudge(values: KnobValues): boolean {
  return Object.keys(values).some(isJudgeField);
}

export function withJudge(values: KnobValues): KnobValues {
  return { ...values, 'judge.base_url': 'http://127.0.0.1:8000/v1', 'judge.model': '' };
}

export function withoutJudge(values: KnobValues): KnobValues {
  return Object.fromEntries(Object.entries(values).filter(([path]) => !isJudgeField(path)));
}

function readFields(): readonly KnobField[] {
  const schema = z.toJSONSchema(trainKnobs, { io: 'input' }) as Node;
  const defaults: Readonly<Record<string, unknown>> = trainKnobs.parse({});
  return Object.entries(schema.properties ?? {}).flatMap(([key, node]) =>
    fieldsOf(key, node, node, key === JUDGE ? JUDGE_DEFAULTS : defaults[key]),
  );
}

export const KNOB_FIELDS: readonly KnobField[] = readFields();

/** The fields with the defaults of the chosen agent: its size decides some. */
export function fieldsWith(defaults: KnobDefaults): readonly KnobField[] {
  return KNOB_FIELDS.map((field) => {
    const defaultValue = defaults[field.path];
    return defaultValue === undefined ? field : { ...field, defaultValue, origin: 'size' };
  });
}

/** By path to nested: what `config.json` holds. */
export function toKnobs(values: KnobValues): Readonly<Record<string, unknown>> {
  const knobs: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(values)) {
    const [group = '', member] = path.split('.');
    if (member === undefined) knobs[group] = value;
    else knobs[group] = { ...(knobs[group] as object | undefined), [member]: value };
  }
  return knobs;
}

/**
 * From a configuration: what differs from the default of the schema, and what an agent's size would decide, so that
 * the values stand for the whole configuration whichever agent is chosen.
 */
export function fromConfig(config: Readonly<Record<string, unknown>>): KnobValues {
  const values: Record<string, KnobValue> = {};
  for (const { path, defaultValue } of KNOB_FIELDS) {
    const value = readPath(config, path);
    if (value === undefined) continue;
    if (SIZED_KNOBS.includes(path) || !sameValue(value, defaultValue)) values[path] = value;
  }
  return values;
}

export function readPath(config: Readonly<Record<string, unknown>>, path: string): KnobValue | undefined {
  let at: unknown = config;
  for (const part of path.split('.')) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as Record<string, unknown>)[part];
  }
  return at as KnobValue | undefined;
}

export function sameValue(one: KnobValue | undefined, other: KnobValue | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** What the schema has against the values, by path. */
export function knobProblems(values: KnobValues): Readonly<Record<string, string>> {
  const parsed = trainKnobs.safeParse(toKnobs(values));
  if (parsed.success) return {};
  return Object.fromEntries(
    parsed.error.issues.map((issue) => [issue.path.slice(0, 2).join('.'), issue.message]),
  );
}

/** What a person typed into a number; null where it is none. Also 1e-5. */
export function readNumber(text: string): number | null {
  const trimmed = text.trim();
  const value = Number(trimmed);
  return trimmed === '' || !Number.isFinite(value) ? null : value;
}

export function showValue(value: KnobValue | undefined): string {
  if (value === null || value === undefined) return '—';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (typeof value === 'number') return showNumber(value);
  return typeof value === 'string' ? value : value.length === 0 ? 'none' : value.join(', ');
}

export function showNumber(value: number): string {
  return value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential().replace('e+', 'e') : String(value);
}
