import type { SnapshotsPlace } from '../../state/snapshots-route.ts';
import { CompareSnapshots } from './compare-snapshots.tsx';
import { SnapshotList } from './snapshot-list.tsx';
import { SnapshotView } from './snapshot-view.tsx';
import classes from './snapshots.module.css';

/** Immutable versions of the dataset: what training takes. */
export function SnapshotsScreen({ place }: { place: SnapshotsPlace }) {
  return (
    <div className={classes['screen']}>
      {place.kind === 'one' ? (
        <SnapshotView key={place.id} id={place.id} />
      ) : place.kind === 'compare' ? (
        <CompareSnapshots key={`${place.before} ${place.after}`} before={place.before} after={place.after} />
      ) : (
        <SnapshotList taking={place.kind === 'new' ? place.filter : null} />
      )}
    </div>
  );
}
