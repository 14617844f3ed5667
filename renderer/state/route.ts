import {
  ALL_SAMPLES,
  IN_PLACE,
  type SampleFilter,
  type SampleSort,
} from '../../shared/model/sample-filter.ts';
import { filterFromParameters, filterToParameters, sortFromParameters } from './sample-filter-address.ts';
import { type GroupOrder, groupOrder } from '../../shared/contract/groups.ts';
import {
  agentVersionId,
  correctionId,
  episodeId,
  evaluationId,
  groupId,
  jobId,
  sampleId,
  snapshotId,
  type AgentVersionId,
  type CorrectionId,
  type EpisodeId,
  type EvaluationId,
  type GroupId,
  type JobId,
  type SampleId,
  type SnapshotId,
} from '../../shared/model/ids.ts';
import {
  formatSnapshotsPlace,
  parseSnapshotsPlace,
  SNAPSHOT_LIST,
  type SnapshotsPlace,
} from './snapshots-route.ts';
import { createStore, useStore } from './store.ts';
import { formatTrainingPlace, parseTrainingPlace, type TrainingPlace } from './training-route.ts';

export type ComparedId = EvaluationId | AgentVersionId;

/** Where the person is. It lives in the address, so that a reload keeps the place. */
export type Route =
  | {
      readonly screen: 'library';
      readonly tab: 'samples';
      readonly filter: SampleFilter;
      readonly sort: SampleSort;
    }
  | { readonly screen: 'library'; readonly tab: 'images'; readonly search: string }
  | { readonly screen: 'watch'; readonly sampleId: SampleId | null; readonly episodeId: EpisodeId | null }
  | {
      readonly screen: 'groups';
      readonly id: GroupId | null;
      readonly order: GroupOrder;
      readonly jobId: JobId | null;
    }
  | { readonly screen: 'import' }
  | { readonly screen: 'export'; readonly snapshotId: SnapshotId | null }
  | { readonly screen: 'review'; readonly episodeId: EpisodeId | null }
  | { readonly screen: 'training'; readonly place: TrainingPlace }
  | {
      readonly screen: 'compare';
      /** An evaluation, or an agent version, which means its newest one that fits the other's. */
      readonly a: ComparedId | null;
      readonly b: ComparedId | null;
      readonly sampleId: SampleId | null;
    }
  | { readonly screen: 'mask'; readonly id: EpisodeId | CorrectionId | null }
  | {
      readonly screen: 'correct';
      readonly episodeId: EpisodeId | null;
      readonly correctionId: CorrectionId | null;
    }
  | { readonly screen: 'snapshots'; readonly place: SnapshotsPlace }
  | { readonly screen: 'agents' }
  | { readonly screen: 'settings' };

export const COMPARE: Extract<Route, { screen: 'compare' }> = {
  screen: 'compare',
  a: null,
  b: null,
  sampleId: null,
};

export const GROUPS: Extract<Route, { screen: 'groups' }> = {
  screen: 'groups',
  id: null,
  order: 'newest',
  jobId: null,
};

export const HOME: Route = { screen: 'library', tab: 'samples', filter: ALL_SAMPLES, sort: IN_PLACE };

function parsedId<Id>(
  schema: { safeParse: (value: unknown) => { success: boolean; data?: Id } },
  text: string | null,
): Id | null {
  const parsed = schema.safeParse(text);
  return parsed.success && parsed.data !== undefined ? parsed.data : null;
}

function comparedId(text: string | null): ComparedId | null {
  return parsedId<EvaluationId>(evaluationId, text) ?? parsedId<AgentVersionId>(agentVersionId, text);
}

/** Reads the hash of an address. Anything that is not known leads home. */
export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?', 2);
  const parts = path.split('/').filter((part) => part !== '');
  const parameters = new URLSearchParams(query);
  const search = parameters.get('search') ?? '';
  switch (parts[0]) {
    case 'library':
      return parts[1] === 'images'
        ? { screen: 'library', tab: 'images', search }
        : {
            screen: 'library',
            tab: 'samples',
            filter: filterFromParameters(parameters),
            sort: sortFromParameters(parameters),
          };
    case 'watch':
      return {
        screen: 'watch',
        sampleId: parsedId<SampleId>(sampleId, parts[1] ?? null),
        episodeId: parsedId<EpisodeId>(episodeId, parameters.get('episode')),
      };
    case 'groups': {
      const order = groupOrder.safeParse(parameters.get('order'));
      return {
        screen: 'groups',
        id: parsedId<GroupId>(groupId, parts[1] ?? null),
        order: order.success ? order.data : 'newest',
        jobId: parsedId<JobId>(jobId, parameters.get('job')),
      };
    }
    case 'import':
      return { screen: 'import' };
    case 'export':
      return { screen: 'export', snapshotId: parsedId<SnapshotId>(snapshotId, parameters.get('snapshot')) };
    case 'review':
      return { screen: 'review', episodeId: parsedId<EpisodeId>(episodeId, parts[1] ?? null) };
    case 'training':
      return { screen: 'training', place: parseTrainingPlace(parts.slice(1), parameters) };
    case 'compare':
      return {
        screen: 'compare',
        a: comparedId(parts[1] ?? null),
        b: comparedId(parts[2] ?? null),
        sampleId: parsedId<SampleId>(sampleId, parameters.get('sample')),
      };
    case 'mask': {
      const id = parts[1] ?? null;
      return {
        screen: 'mask',
        id: parsedId<EpisodeId>(episodeId, id) ?? parsedId<CorrectionId>(correctionId, id),
      };
    }
    case 'correct':
      return {
        screen: 'correct',
        episodeId: parsedId<EpisodeId>(episodeId, parts[1] ?? null),
        correctionId: parsedId<CorrectionId>(correctionId, parameters.get('correction')),
      };
    case 'snapshots':
      return { screen: 'snapshots', place: parseSnapshotsPlace(parts.slice(1), parameters) };
    case 'agents':
      return { screen: 'agents' };
    case 'settings':
      return { screen: 'settings' };
    default:
      return HOME;
  }
}

function withQuery(path: string, parameters: Readonly<Record<string, string | null>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null && value !== '') query.set(name, value);
  }
  return withParameters(path, query);
}

function withParameters(path: string, parameters: URLSearchParams): string {
  const text = parameters.toString();
  return text === '' ? path : `${path}?${text}`;
}

/** The hash of a route; `parseRoute` reads it back. */
export function formatRoute(route: Route): string {
  switch (route.screen) {
    case 'library':
      return route.tab === 'images'
        ? withQuery('#/library/images', { search: route.search })
        : withParameters('#/library/samples', filterToParameters(route.filter, route.sort));
    case 'watch':
      return withQuery(route.sampleId === null ? '#/watch' : `#/watch/${route.sampleId}`, {
        episode: route.episodeId,
      });
    case 'groups':
      return withQuery(route.id === null ? '#/groups' : `#/groups/${route.id}`, {
        order: route.order === 'newest' ? null : route.order,
        job: route.jobId,
      });
    case 'review':
      return route.episodeId === null ? '#/review' : `#/review/${route.episodeId}`;
    case 'training':
      return formatTrainingPlace(route.place);
    case 'compare': {
      const ids = [route.a, route.b].filter((id) => id !== null);
      return withQuery(['#/compare', ...ids].join('/'), { sample: route.sampleId });
    }
    case 'snapshots':
      return formatSnapshotsPlace(route.place);
    case 'mask':
      return route.id === null ? '#/mask' : `#/mask/${route.id}`;
    case 'correct':
      return withQuery(route.episodeId === null ? '#/correct' : `#/correct/${route.episodeId}`, {
        correction: route.correctionId,
      });
    case 'export':
      return withQuery('#/export', { snapshot: route.snapshotId });
    default:
      return `#/${route.screen}`;
  }
}

const store = createStore<Route>(HOME);
const groupsList = createStore<Route>(GROUPS);
/** Last place in each part of the app: going back to the Library finds the same tab and search. */
const lastVisited = createStore<Readonly<Partial<Record<Route['screen'], Route>>>>({});

function visit(route: Route): void {
  store.set((current) => (formatRoute(current) === formatRoute(route) ? current : route));
  lastVisited.set((all) => ({ ...all, [route.screen]: route }));
  if (route.screen === 'groups' && route.id === null) groupsList.set(() => route);
}

/** Follows the address bar. Call once, at the start. */
export function startRouting(): void {
  visit(parseRoute(window.location.hash));
  window.addEventListener('hashchange', () => visit(parseRoute(window.location.hash)));
}

/** Goes to a place. `replace` leaves no entry in the history, for what changes with every key stroke. */
export function navigate(route: Route, options: { readonly replace?: boolean } = {}): void {
  const hash = formatRoute(route);
  if (hash === window.location.hash) return;
  if (options.replace === true) window.history.replaceState(null, '', hash);
  else window.history.pushState(null, '', hash);
  visit(route);
}

/** Where a person was last on a screen, or its first view. */
export function lastPlaceOn(screen: Route['screen']): Route {
  // From one group, the same place in the navigation leads back to all of them.
  if (screen === 'groups' && store.get().screen === 'groups') return groupsList.get();
  const last = lastVisited.get()[screen];
  if (last !== undefined) return last;
  switch (screen) {
    case 'library':
      return HOME;
    case 'watch':
      return { screen, sampleId: null, episodeId: null };
    case 'groups':
      return GROUPS;
    case 'review':
      return { screen, episodeId: null };
    case 'training':
      return { screen, place: { kind: 'list' } };
    case 'compare':
      return COMPARE;
    case 'snapshots':
      return { screen, place: SNAPSHOT_LIST };
    case 'mask':
      return { screen, id: null };
    case 'correct':
      return { screen, episodeId: null, correctionId: null };
    case 'export':
      return { screen, snapshotId: null };
    case 'import':
    case 'agents':
    case 'settings':
      return { screen };
  }
}

/** The list of groups as it was last ordered and filtered. */
export function lastListOfGroups(): Route {
  return groupsList.get();
}

export function currentRoute(): Route {
  return store.get();
}

export function useRoute(): Route {
  return useStore(store, (route) => route);
}
