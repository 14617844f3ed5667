import type Database from 'better-sqlite3';

/**
 * What holds between rows and no foreign key says. A person's edit is checked where it is made; an undo puts rows back
 * without knowing what they mean, so it is asked here, about the rows of its action only.
 */
export interface JournalRules {
  /** The sentence for a person about what the rows of this action break as they are now; null where all is well. */
  broken(action: number, tables: readonly string[]): string | null;
}

/** A sample that is in the list has all of its images in the library. */
const USED_AND_REMOVED = `
  SELECT images.name FROM journal CROSS JOIN sample_images ON image_seq = json_extract(key, '$[0]')
  JOIN samples ON samples.seq = sample_seq JOIN images ON images.seq = image_seq
  WHERE action_seq = @action AND journal.name = 'images'
    AND samples.removed_at IS NULL AND images.removed_at IS NOT NULL
  UNION ALL
  SELECT images.name FROM journal CROSS JOIN sample_images ON sample_seq = json_extract(key, '$[0]')
  JOIN samples ON samples.seq = sample_seq JOIN images ON images.seq = image_seq
  WHERE action_seq = @action AND (journal.name = 'sample_images' OR (journal.name = 'samples'
      AND json_extract(before, '$.removed_at') IS NOT json_extract(after, '$.removed_at')))
    AND samples.removed_at IS NULL AND images.removed_at IS NOT NULL
  LIMIT 1`;

export function createJournalRules(raw: Database.Database): JournalRules {
  const usedAndRemoved = raw.prepare<{ readonly action: number }, { readonly name: string }>(
    USED_AND_REMOVED,
  );
  const touched = new Set(['images', 'samples', 'sample_images']);
  return {
    broken: (action, tables) => {
      const found = tables.some((table) => touched.has(table)) ? usedAndRemoved.get({ action }) : undefined;
      return found === undefined
        ? null
        : `A sample would be left without its image ${found.name}: one of the two was made or removed since, by somebody else.`;
    },
  };
}
