import type { EpisodeId, SampleId } from '../../../shared/model/ids.ts';
import type { SampleFilter } from '../../../shared/model/sample-filter.ts';
import type { SnapshotImage, SnapshotSample } from '../../../shared/model/snapshot.ts';
import { snapshotImage, snapshotSample } from '../../../shared/model/snapshot.ts';
import type { WorkspaceDatabase } from '../database.ts';
import { openReader } from '../database.ts';
import { createSampleSearch } from './sample-search.ts';

/** What a snapshot is taken of: the workspace as it was when this was opened, read in parts. */
export interface SnapshotSource {
  readonly total: number;
  /** Samples in the order of the list. */
  samples(part: number): Generator<readonly SnapshotSample[], void, void>;
  images(part: number): Generator<readonly SnapshotImage[], void, void>;
  /** Episodes of these samples that reviewers accepted, or that were picked to show how it is done. */
  demonstrated(): readonly Demonstrated[];
  close(): void;
}

export interface Demonstrated {
  readonly sampleId: SampleId;
  readonly episodeId: EpisodeId;
  readonly accepted: boolean;
  readonly picked: boolean;
}

const SAMPLES = `
SELECT json_patch(json_object(
  'id', s.id, 'question', s.question, 'choices', json(s.choices), 'answers', json(s.answers),
  'answerKind', s.answer_kind, 'kind', s.kind, 'split', s.split,
  'images', json((SELECT json_group_array(sha256) FROM (SELECT sha256 FROM sample_images
    JOIN images ON images.seq = image_seq WHERE sample_seq = s.seq ORDER BY position))),
  'tags', json((SELECT json_group_array(name) FROM (SELECT name FROM sample_tags JOIN tags ON tags.seq = tag_seq
    WHERE sample_seq = s.seq ORDER BY name))),
  'standing', f.standing,
  'accepted', json((SELECT json_group_array(json_object('episodeId', id, 'answer', answer,
      'withTools', json(iif(with_tools, 'true', 'false')))) FROM
    (SELECT e.id, e.answer, e.with_tools FROM queue JOIN episodes AS e ON e.seq = episode_seq
      WHERE queue.sample_seq = s.seq AND standing = 'accepted' ORDER BY e.seq)))
), iif(s.tolerance IS NULL, '{}', json_object('tolerance', json(s.tolerance)))) FROM json_each(?) AS wanted JOIN samples AS s ON s.seq = wanted.value
JOIN sample_facts AS f ON f.sample_seq = s.seq ORDER BY wanted.key`;

const IMAGES = `
SELECT DISTINCT images.seq FROM json_each(?) AS wanted
JOIN sample_images ON sample_seq = wanted.value JOIN images ON images.seq = image_seq`;

export function openSnapshotSource(path: string, filter: SampleFilter): SnapshotSource {
  const reader = openReader(path);
  try {
    return sourceOf(reader, filter);
  } catch (error) {
    reader.close();
    throw error;
  }
}

function sourceOf(reader: WorkspaceDatabase, filter: SampleFilter): SnapshotSource {
  const { raw } = reader;
  const rows = createSampleSearch(reader).rowsOf({ kind: 'filter', filter, except: [] });
  const samples = raw.prepare<[string], string>(SAMPLES).pluck();
  const imageRows = raw.prepare<[string], number>(IMAGES).pluck();
  const image = raw.prepare<[string], SnapshotImage>(`
    SELECT sha256, name, format, width, height, file FROM json_each(?) JOIN images ON images.seq = value
    ORDER BY json_each.key`);
  const demonstrated = raw.prepare<
    [string],
    { sample_id: SampleId; id: EpisodeId; accepted: number; picked: number }
  >(`
    SELECT samples.id AS sample_id, episodes.id, max(accepted) AS accepted, max(picked) AS picked FROM (
      SELECT queue.sample_seq, episode_seq, 1 AS accepted, 0 AS picked FROM queue WHERE standing = 'accepted'
      UNION ALL SELECT sample_seq, episode_seq, 0, 1 FROM demonstrations
    ) AS d JOIN samples ON samples.seq = d.sample_seq JOIN episodes ON episodes.seq = d.episode_seq
    WHERE d.sample_seq IN (SELECT value FROM json_each(?)) GROUP BY episode_seq ORDER BY episode_seq`);
  return {
    total: rows.length,
    samples: function* (part) {
      for (let from = 0; from < rows.length; from += part)
        yield samples
          .all(JSON.stringify(rows.slice(from, from + part)))
          .map((text) => snapshotSample.parse(JSON.parse(text)));
    },
    images: function* (part) {
      const seen = imageRows.all(JSON.stringify(rows)).toSorted((one, other) => one - other);
      for (let from = 0; from < seen.length; from += part)
        yield image.all(JSON.stringify(seen.slice(from, from + part))).map((row) => snapshotImage.parse(row));
    },
    demonstrated: () =>
      demonstrated.all(JSON.stringify(rows)).map(({ sample_id: sampleId, id, accepted, picked }) => ({
        sampleId,
        episodeId: id,
        accepted: accepted === 1,
        picked: picked === 1,
      })),
    close: () => reader.close(),
  };
}
