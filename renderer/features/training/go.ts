import { navigate } from '../../state/route.ts';
import type { TrainingPlace } from '../../state/training-route.ts';

export function goTo(place: TrainingPlace, replace = false): void {
  navigate({ screen: 'training', place }, { replace });
}
