import { memo } from 'react';
import type { SampledToken } from '../../shared/model/step.ts';
import { specialPieces, surenessClass } from './step-facts.ts';
import classes from './tokens.module.css';

/** Every sampled token, coloured by how probable the model found it. */
export const TokenText = memo(function TokenText({ tokens }: { readonly tokens: readonly SampledToken[] }) {
  return (
    <div className={classes['text']}>
      {tokens.map((token, index) => (
        // Tokens are only ever added at the end.
        // oxlint-disable-next-line react/no-array-index-key
        <span
          key={index}
          className={classes['token']}
          data-sure={surenessClass(token.logprob) ?? 'unknown'}
          title={hint(token)}
        >
          {token.text}
        </span>
      ))}
    </div>
  );
});

function hint({ id, logprob, entropy }: SampledToken): string {
  const parts = [`token ${id}`];
  if (logprob !== null) parts.push(`p ${Math.exp(logprob).toFixed(3)}`, `logprob ${logprob.toFixed(3)}`);
  if (entropy !== null) parts.push(`entropy ${entropy.toFixed(3)}`);
  return parts.join(', ');
}

/** Text of the protocol with its special tokens and tags made visible. Never anything but text. */
export const SpecialText = memo(function SpecialText({ text }: { readonly text: string }) {
  return (
    <span className={classes['text']}>
      {specialPieces(text).map((piece, index) =>
        piece.special ? (
          // oxlint-disable-next-line react/no-array-index-key
          <span key={index} className={classes['special']}>
            {piece.text}
          </span>
        ) : (
          piece.text
        ),
      )}
    </span>
  );
});
