import type { ReactNode } from 'react';
import type { RolloutView } from '../../../shared/model/run.ts';
import { formatCount } from '../../ui/format.ts';
import classes from './rollouts.module.css';

type TokenClass = RolloutView['tokens'][number]['tokenClass'];

const CLASSES: readonly { readonly tokenClass: TokenClass; readonly label: string }[] = [
  { tokenClass: 'trained', label: 'Written by the agent: carries loss' },
  { tokenClass: 'prompt', label: 'Prompt and images: no loss' },
  { tokenClass: 'tool_result', label: 'Results of its tools: no loss' },
  { tokenClass: 'dropped_trajectory', label: 'Written by the agent, but dropped' },
];

/** Which tokens of the context carry loss, and how much they weigh. */
export function MaskPanel({ view, children }: { readonly view: RolloutView; readonly children: ReactNode }) {
  const { tokens, mask, advantage } = view;
  const all = tokens.reduce((sum, one) => sum + one.tokens, 0);
  const count = (wanted: TokenClass): number =>
    tokens.reduce((sum, one) => sum + (one.tokenClass === wanted ? one.tokens : 0), 0);
  return (
    <div className={classes['mask']}>
      <p>{sentence(mask, advantage)}</p>
      <div
        className={classes['strip']}
        role="img"
        aria-label={`The context of ${formatCount(all)} tokens in order: ${tokens
          .map((one) => `${formatCount(one.tokens)} ${words(one.tokenClass)}`)
          .join(', ')}`}
      >
        {tokens.map((one, index) => (
          <span
            // The runs of one context never change their order.
            // oxlint-disable-next-line react/no-array-index-key
            key={index}
            data-class={one.tokenClass}
            style={{ flexGrow: one.tokens }}
            title={`${formatCount(one.tokens)} tokens: ${words(one.tokenClass)}`}
          />
        ))}
      </div>
      <ul className={classes['legend']}>
        {CLASSES.map(({ tokenClass, label }) => {
          const own = count(tokenClass);
          return own === 0 ? null : (
            <li key={tokenClass}>
              <i data-class={tokenClass} aria-hidden />
              {label}
              <strong>{formatCount(own)}</strong>
            </li>
          );
        })}
      </ul>
      <h3>The other rollouts of its question</h3>
      {children}
    </div>
  );
}

function words(tokenClass: TokenClass): string {
  return CLASSES.find((one) => one.tokenClass === tokenClass)?.label.toLowerCase() ?? tokenClass;
}

function sentence(mask: RolloutView['mask'], advantage: number | null): string {
  if (mask.dropped) {
    return `The whole rollout is masked (${mask.reason ?? 'no reason kept'}): none of its tokens carry loss, and its advantage does not count.`;
  }
  if (advantage === null || advantage === 0) {
    return 'Its advantage is 0: it was worth as much as the others of its question, so it moves nothing.';
  }
  return advantage > 0
    ? `It was worth more than the others of its question: what the agent wrote in it is made more likely, by an advantage of ${advantage.toFixed(2)}.`
    : `It was worth less than the others of its question: what the agent wrote in it is made less likely, by an advantage of ${advantage.toFixed(2)}.`;
}
