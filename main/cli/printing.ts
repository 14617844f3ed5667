/** How an episode and its figures look in a terminal. Pure: text in, text out. */
import { assertNever } from '../../shared/model/assert-never.ts';
import type { Bbox } from '../../shared/model/bbox.ts';
import type { Episode, EpisodeStatus } from '../../shared/model/episode.ts';
import type { Step, StepAction } from '../../shared/model/step.ts';
import type { ImageView } from '../../shared/model/view.ts';
import type { EvalFigures } from './figures.ts';

const STATUS_TEXT: Readonly<Record<EpisodeStatus, string>> = {
  answered: 'answered',
  no_answer: 'ended its turn with neither a call nor an answer',
  malformed: 'gave up after too many bad calls in a row',
  too_many_steps: 'wanted another call after the last allowed one',
  too_long: 'ran out of tokens',
  over_budget: 'ran out of its budget of pixels',
  stopped: 'stopped',
  failed: 'failed',
};

/**
 * Text from a model, safe for a terminal: no control characters, so that it can't move the cursor or rewrite what
 * was printed before.
 */
export function plainText(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what it is about
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}

export function viewLine(view: ImageView, imageNames: readonly string[]): string {
  const size = `${view.width}x${view.height}`;
  if (view.origin === 'input') {
    const [, , width, height] = view.rootBox;
    const name = plainText(imageNames[view.rootImage] ?? '');
    return `Image ${view.number}: ${name}, ${width}x${height}, seen at ${size}`;
  }
  const from = view.origin === 'zoom_in' ? 'a crop of' : 'once more,';
  return `Image ${view.number}: ${from} image ${view.parent}, seen at ${size}`;
}

/** One step as a few indented lines. */
export function stepLines(step: Step): string {
  const lines = [`Step ${step.index + 1}`];
  if (step.thought !== '') {
    lines.push(`  thinks: ${plainText(step.thought)}`);
  }
  lines.push(`  ${step.action === null ? 'was cut off' : actionLine(step.action)}`);
  return lines.join('\n');
}

function actionLine(action: StepAction): string {
  switch (action.kind) {
    case 'zoom_in':
      return `zooms into image ${action.image} at ${boxText(action.viewBox)} (source pixels ${boxText(action.rootBox)})`;
    case 'look_back':
      return `looks back at image ${action.image}`;
    case 'bad_call':
      return `calls wrongly and is told: ${plainText(action.error)}`;
    case 'answer':
      return `answers: ${plainText(action.answer)}`;
    case 'nothing':
      return 'neither calls nor answers';
    default:
      return assertNever(action);
  }
}

function boxText(box: Bbox): string {
  return `[${box.map((value) => Number(value.toFixed(1))).join(', ')}]`;
}

/** The end of an episode in one or two lines. */
export function endLines(episode: Episode): string {
  const status = episode.state.kind === 'ended' ? episode.state.status : 'failed';
  const count = `${episode.steps.length} step${episode.steps.length === 1 ? '' : 's'}`;
  if (status === 'answered') {
    const verdict = episode.verdict === 'unknown' ? '' : ` (${episode.verdict})`;
    return `Answer: ${plainText(episode.answer ?? '')}${verdict}\nStatus: answered after ${count}`;
  }
  const reason = episode.error === null ? '' : `: ${plainText(episode.error.message)}`;
  return `Status: ${status} after ${count}. The agent ${STATUS_TEXT[status]}${reason}`;
}

/** The figures as a table for people. */
export function figuresTable(figures: EvalFigures): string {
  const rows = Object.entries(figures.by_kind).map(([kind, one]) => [
    plainText(kind),
    `${one.count}`,
    percent(one.accuracy),
    percent(one.chance),
  ]);
  const all = ['all', `${figures.episodes}`, percent(figures.accuracy), percent(figures.chance)];
  const table = [['kind', 'samples', 'right', 'chance'], ...rows, all];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map((row) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  '),
  );
  const statuses = Object.entries(figures.status_counts).map(([status, count]) => `${status} ${count}`);
  return [
    ...lines,
    '',
    `looked with a tool ${percent(figures.tool_rate)}, looked back ${percent(figures.look_back_rate)}`,
    `ended as: ${statuses.join(', ')}`,
    `${figures.episodes_per_second ?? 0} episodes a second`,
  ].join('\n');
}

function percent(share: number | null): string {
  return share === null ? '-' : `${(100 * share).toFixed(1)} %`;
}

/** A progress bar that redraws its line. */
export function progressLine(done: number, total: number, right: number, secondsLeft: number | null): string {
  const width = 30;
  const filled = total === 0 ? 0 : Math.round((width * done) / total);
  const bar = '#'.repeat(filled) + '.'.repeat(width - filled);
  const left = secondsLeft === null ? '' : `, ${Math.ceil(secondsLeft)} s left`;
  return `\r[${bar}] ${done}/${total}, ${right} right${left}\u001b[K`;
}
