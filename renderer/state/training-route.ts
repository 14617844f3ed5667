import { runId, type RunId } from '../../shared/model/ids.ts';

/** Where a person is in Training. */
export type TrainingPlace =
  | { readonly kind: 'list' }
  /** `like`: the form begins with the configuration of this run. */
  | { readonly kind: 'new'; readonly like: RunId | null }
  | { readonly kind: 'setup' }
  | { readonly kind: 'experiments' }
  | { readonly kind: 'run'; readonly id: RunId; readonly tab: RunTab; readonly step: number | null }
  | { readonly kind: 'rollout'; readonly id: RunId; readonly step: number; readonly index: number };

export const RUN_TABS = ['charts', 'rollouts', 'checkpoints', 'configuration', 'log'] as const;
export type RunTab = (typeof RUN_TABS)[number];

function isTab(text: string | undefined): text is RunTab {
  return RUN_TABS.some((tab) => tab === text);
}

function wholeNumber(text: string | null | undefined): number | null {
  return text !== null && text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : null;
}

/** @param parts of the path after `training`. What is not known leads to the list. */
export function parseTrainingPlace(parts: readonly string[], parameters: URLSearchParams): TrainingPlace {
  const [first, second, third, fourth] = parts;
  if (first === 'new') {
    return { kind: 'new', like: runId.safeParse(parameters.get('like')).data ?? null };
  }
  if (first === 'setup') return { kind: 'setup' };
  if (first === 'experiments') return { kind: 'experiments' };
  const id = runId.safeParse(first).data;
  if (id === undefined) return { kind: 'list' };
  const [step, index] = [wholeNumber(third), wholeNumber(fourth)];
  if (second === 'rollout' && step !== null && index !== null) return { kind: 'rollout', id, step, index };
  return {
    kind: 'run',
    id,
    tab: isTab(second) ? second : 'charts',
    step: wholeNumber(parameters.get('step')),
  };
}

export function formatTrainingPlace(place: TrainingPlace): string {
  switch (place.kind) {
    case 'list':
      return '#/training';
    case 'new':
      return place.like === null ? '#/training/new' : `#/training/new?like=${place.like}`;
    case 'setup':
      return '#/training/setup';
    case 'experiments':
      return '#/training/experiments';
    case 'run': {
      const tab = place.tab === 'charts' ? '' : `/${place.tab}`;
      return `#/training/${place.id}${tab}${place.step === null ? '' : `?step=${place.step}`}`;
    }
    case 'rollout':
      return `#/training/${place.id}/rollout/${place.step}/${place.index}`;
  }
}
