import {
  IconChecklist,
  IconEye,
  IconLayoutRows,
  IconPhoto,
  IconRobot,
  IconSettings,
  IconStack2,
  IconTrendingUp,
} from '@tabler/icons-react';
import type { KeyBinding } from '../../state/keys.ts';
import { lastPlaceOn, navigate, type Route } from '../../state/route.ts';

/** What each screen is called, in the title of the window too. */
const TITLES: Readonly<Record<Route['screen'], string>> = {
  library: 'Library',
  import: 'Import a table',
  export: 'Export',
  watch: 'Watch',
  correct: 'Correct',
  groups: 'Groups',
  compare: 'Compare',
  mask: 'Mask',
  review: 'Review',
  snapshots: 'Snapshots',
  training: 'Training',
  agents: 'Agents',
  settings: 'Settings',
};

export interface Place {
  readonly screen: Route['screen'];
  readonly icon: typeof IconEye;
}

/** The screens of the navigation, in its order; Alt and the number of a place lead there. */
export const PLACES: readonly Place[] = [
  { screen: 'library', icon: IconPhoto },
  { screen: 'watch', icon: IconEye },
  { screen: 'groups', icon: IconLayoutRows },
  { screen: 'review', icon: IconChecklist },
  { screen: 'snapshots', icon: IconStack2 },
  { screen: 'training', icon: IconTrendingUp },
  { screen: 'agents', icon: IconRobot },
  { screen: 'settings', icon: IconSettings },
];

export function titleOf(screen: Route['screen']): string {
  return TITLES[screen];
}

export function placeBindings(): readonly KeyBinding[] {
  return PLACES.slice(0, 9).map(({ screen }, index) => ({
    keys: `Alt+${index + 1}`,
    label: `Go to ${titleOf(screen)}`,
    whileTyping: true,
    run: () => navigate(lastPlaceOn(screen)),
  }));
}
