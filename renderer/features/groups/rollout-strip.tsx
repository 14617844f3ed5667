import { IconArrowBackUp, IconX } from '@tabler/icons-react';
import { viewAssetPath } from '../../../shared/contract/assets.ts';
import type { GroupMember } from '../../../shared/contract/groups.ts';
import { ImageThumb } from '../../ui/parts.tsx';
import classes from './rollout-table.module.css';

/** Calls that are shown; the rest are counted. */
const MOST = 6;

/** What a rollout looked at, call by call: crops and looks back as the model saw them, and calls that failed. */
export function RolloutStrip({ member }: { member: GroupMember }) {
  const { rollout } = member;
  const shown = rollout.calls.slice(0, MOST);
  const hidden = rollout.calls.length - shown.length;
  if (rollout.calls.length === 0) return <span className={classes['quiet']}>No call</span>;
  return (
    <ol className={classes['strip']}>
      {shown.map((call) => {
        if (call.kind === 'bad_call' || call.resultView === null) {
          return (
            <li key={call.step} className={classes['refused']} title="A call that could not be carried out">
              <IconX size={16} role="img" aria-label="A call that could not be carried out" />
            </li>
          );
        }
        const words =
          call.kind === 'zoom_in' ? `Zoom in on image ${call.image}` : `Look back at image ${call.image}`;
        return (
          <li key={call.step} data-kind={call.kind} title={words}>
            <ImageThumb src={viewAssetPath(rollout.episodeId, call.resultView)} alt={words} size={44} />
            <span className={classes['stripMark']} aria-hidden>
              {call.kind === 'look_back' ? <IconArrowBackUp size={10} stroke={2.4} /> : null}
              {call.image}
            </span>
          </li>
        );
      })}
      {hidden === 0 ? null : <li className={classes['hidden']}>+{hidden}</li>}
    </ol>
  );
}
