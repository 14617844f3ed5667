import type { EpisodeState, EpisodeStatus, Verdict } from '../../shared/model/episode.ts';
import type { RejectionCode } from '../../shared/model/import-job.ts';
import type { AgentLineage } from '../../shared/model/run.ts';
import type { AnswerKind } from '../../shared/model/sample.ts';

const counter = new Intl.NumberFormat('en');

/** 12345 -> "12,345". */
export function formatCount(count: number): string {
  return counter.format(count);
}

/** formatPlural(1, 'image') -> "1 image"; formatPlural(2, 'image') -> "2 images". */
export function formatPlural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** Bytes in the unit a person would use: 1536 -> "1.5 KB". Units of 1024. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** Milliseconds as a person reads them: 12 ms, 1.2 s, 2 min 5 s. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** Width and height in pixels: "1,920 × 1,080". */
export function formatSize(width: number, height: number): string {
  return `${formatCount(width)} × ${formatCount(height)}`;
}

/** Epoch milliseconds as a short local date and time. */
export function formatTime(time: number): string {
  return new Date(time).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}

/** Last part of a path of either platform; the path itself where it has none. */
export function baseName(path: string): string {
  return (
    path
      .split(/[\\/]/)
      .filter((part) => part !== '')
      .at(-1) ?? path
  );
}

const STATUS_WORDS: Readonly<Record<EpisodeStatus, string>> = {
  answered: 'Answered',
  no_answer: 'No answer',
  malformed: 'Malformed calls',
  too_many_steps: 'Too many steps',
  too_long: 'Too long',
  over_budget: 'Over pixel budget',
  stopped: 'Stopped',
  failed: 'Failed',
};

/** Why training drops a rollout whole. */
export const MASK_REASON_WORDS: Readonly<Record<EpisodeStatus | 'unscored', string>> = {
  answered: 'answered',
  no_answer: 'no answer',
  malformed: 'malformed calls',
  too_many_steps: 'too many steps',
  too_long: 'too long',
  over_budget: 'over the pixel budget',
  stopped: 'stopped',
  failed: 'failed',
  unscored: 'no reference to score it by',
};

export function statusWords(state: EpisodeState): string {
  if (state.kind === 'ended') return STATUS_WORDS[state.status];
  switch (state.phase) {
    case 'queued':
      return 'Queued';
    case 'loading_agent':
      return 'Loading the agent';
    case 'reading_images':
      return 'Reading the images';
    case 'prefill':
      return 'Reading';
    case 'sampling':
      return 'Thinking';
  }
}

export const VERDICT_WORDS: Readonly<Record<Verdict, string>> = {
  right: 'Right',
  wrong: 'Wrong',
  unknown: 'No reference',
};

export const ANSWER_KIND_WORDS: Readonly<Record<AnswerKind, string>> = {
  text: 'Text',
  number: 'Number',
  choice: 'Choice',
  yes_no: 'Yes or no',
  set: 'Set',
};

const KIND_WORDS: Readonly<Record<string, string>> = {
  read: 'Read a detail',
  compare: 'Compare',
  which: 'Which image',
  look_back: 'Look back',
  custom: 'Custom',
};

/** Name of a sample's kind; one that an import brought is shown as it is. */
export function kindWords(kind: string): string {
  return KIND_WORDS[kind] ?? kind;
}

const REJECTION_WORDS: Readonly<Partial<Record<RejectionCode, string>>> = {
  not_an_image: 'Not an image',
  unsupported_format: 'Format not supported',
  broken_image: 'Broken image',
  too_many_pixels: 'Too many pixels',
  too_many_bytes: 'File too large',
  empty_file: 'Empty file',
  outside_folder: 'Link out of the folder',
  unreadable: 'Cannot be read',
  bad_row: 'Row not understood',
  missing_image: 'Image missing',
};

export function rejectionWords(code: RejectionCode): string {
  return REJECTION_WORDS[code] ?? code;
}

/** What the check of an exported agent found: how many of the greedy episodes have PyTorch's tokens. */
export function checkWords(check: NonNullable<AgentLineage['check']>): string {
  const { equal, samples, drawn } = check;
  const rest = drawn === 0 ? '' : ` (${drawn} of them questions of the demo world: the run has no more)`;
  return `${equal} of ${samples} greedy episodes have the same tokens here as in PyTorch${rest}.`;
}
