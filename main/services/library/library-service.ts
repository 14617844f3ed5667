import type { ChangeTopic, ImagePage, SamplePage, SampleRow } from '../../../shared/contract/procedures.ts';
import type { SampleFacets, SimilarImages } from '../../../shared/contract/curation.ts';
import { StudioError } from '../../../shared/contract/errors.ts';
import type { ImageId, ReviewerId, SampleId } from '../../../shared/model/ids.ts';
import type { SampleFilter } from '../../../shared/model/sample-filter.ts';
import type { Sample, SampleDraft } from '../../../shared/model/sample.ts';
import { toImageRecord } from '../../store/repositories/images.ts';
import { placeInBatch } from '../../store/repositories/page.ts';
import type { SampleQuery } from '../../store/repositories/sample-search.ts';
import type { Workspace } from '../../store/workspace.ts';
import { similarGroups } from './similar-images.ts';

/** Images of a group of similar ones that are shown. */
const SHOWN_OF_GROUP = 50;

export interface LibraryDeps {
  readonly workspace: Workspace;
  readonly now: () => number;
  readonly notify: (topic: ChangeTopic) => void;
}

/** Images and samples: what is in the workspace, and the edits of a person to it. */
export interface LibraryService {
  listImages(query: Parameters<Workspace['images']['list']>[0]): ImagePage;
  removeImages(ids: readonly ImageId[], by?: ReviewerId): void;
  listSamples(query: SampleQuery): SamplePage;
  getSample(id: SampleId): SampleRow;
  countSamples(filter: SampleFilter): number;
  facets(): SampleFacets;
  /** Groups of images that look alike, the first `limit` of them. */
  similarImages(limit: number): SimilarImages;
  createSample(draft: SampleDraft, by?: ReviewerId): Sample;
  updateSample(id: SampleId, revision: number, draft: SampleDraft, by?: ReviewerId): Sample;
  removeSamples(ids: readonly SampleId[], by?: ReviewerId): void;
}

export function createLibraryService({ workspace, now, notify }: LibraryDeps): LibraryService {
  const { images, samples, episodes, counters } = workspace;

  function toRow(sample: Sample): SampleRow {
    const { count, last } = episodes.newest(sample.id);
    return {
      sample,
      images: samples.images(sample.id).map(toImageRecord),
      episodeCount: count,
      lastEpisode: last,
      facts: samples.facts(sample.id),
    };
  }

  function act<T>(
    by: ReviewerId | undefined,
    label: string,
    ids: readonly (ImageId | SampleId)[],
    change: () => T,
  ): T {
    const at = now();
    const subject = ids.length === 1 ? (ids[0] ?? null) : null;
    const result = workspace.journal.act(
      { by: by ?? workspace.reviewers.first(at).id, at, label, subject },
      change,
    );
    notify('journal');
    return result;
  }

  return {
    listImages: (query) => {
      const page = images.list(query);
      return { ...page, items: page.items.map(toImageRecord) };
    },
    removeImages: (ids, by) => {
      act(by, `Remove ${plural(ids.length, 'image')}`, ids, () => images.remove(ids, now()));
      notify('images');
    },
    listSamples: (query) => {
      const page = samples.list(query);
      return { ...page, items: page.items.map(toRow), kinds: counters.kinds() };
    },
    getSample: (id) => {
      const sample = samples.get(id);
      if (!sample) throw new StudioError('not_found', 'This sample is not in the workspace any more.');
      return toRow(sample);
    },
    countSamples: (filter) => workspace.sampleSearch.count(filter),
    facets: () => ({ tags: workspace.tags.list(), kinds: counters.kinds() }),
    similarImages: (limit) => {
      const groups = similarGroups(workspace.looks.all());
      const { known, total } = workspace.looks.count();
      return {
        groups: groups.slice(0, limit).map((seqs) => ({
          // What is compared by eye is a few; a group of thousands is a burst that tells itself.
          images: workspace.looks.imagesAt(seqs.slice(0, SHOWN_OF_GROUP)).map(toImageRecord),
        })),
        total: groups.length,
        known,
        images: total,
      };
    },
    createSample: (draft, by) => {
      const added = act(by, 'Make a sample', [], () =>
        samples.add(draft, placeInBatch(counters.nextBatch(), 0), now()),
      );
      notify('samples');
      return added;
    },
    updateSample: (id, revision, draft, by) => {
      const changed = act(by, 'Edit sample', [id], () => samples.update(id, revision, draft));
      notify('samples');
      return changed;
    },
    removeSamples: (ids, by) => {
      act(by, `Remove ${plural(ids.length, 'sample')}`, ids, () => samples.remove(ids, now()));
      notify('samples');
    },
  };
}

function plural(count: number, noun: string): string {
  return count === 1 ? `one ${noun}` : `${count} ${noun}s`;
}
