import type { GroupOrder } from '../../../shared/contract/groups.ts';
import type { RolloutJob } from '../../../shared/model/rollout-job.ts';
import { formatCount, formatPlural, formatTime } from '../../ui/format.ts';

export const ORDER_WORDS: Readonly<Record<GroupOrder, string>> = {
  newest: 'Newest first',
  variance: 'Most reward variance',
  disagreement: 'Most disagreement',
  gain: 'Tools help most',
  loss: 'Tools help least',
  accuracy: 'Least accurate',
};

export function jobWords(job: RolloutJob): string {
  const { plan, scope, createdAt } = job;
  const samples =
    scope.kind === 'samples' ? formatPlural(scope.count, 'sample') : formatPlural(job.sampleTotal, 'sample');
  const size =
    plan.sizeWithout === 0
      ? formatCount(plan.size)
      : `${formatCount(plan.size)} + ${formatCount(plan.sizeWithout)}`;
  return `${samples} × ${size}, ${formatTime(createdAt)}`;
}

/** 0.625 -> "63%". */
export function percent(share: number | null): string {
  return share === null ? '–' : `${Math.round(share * 100)}%`;
}

/** A signed number of points: 0.25 -> "+25". */
export function points(difference: number | null): string {
  if (difference === null) return '–';
  const rounded = Math.round(difference * 100);
  if (rounded === 0) return '0';
  return rounded > 0 ? `+${rounded}` : `−${Math.abs(rounded)}`;
}

/** Two places and a real minus sign; a dash for what is not known. */
export function figure(value: number | null): string {
  if (value === null) return '–';
  const rounded = Math.round(value * 100) / 100 + 0;
  return rounded < 0 ? `−${Math.abs(rounded).toFixed(2)}` : rounded.toFixed(2);
}

/** As `figure`, with its sign also where it is above zero. */
export function signed(value: number | null): string {
  const text = figure(value);
  return value !== null && Math.round(value * 100) > 0 ? `+${text}` : text;
}
