import type { BoxItem, ImageItem } from './document.ts';

/** Colours of the stage; each theme has its own. Every tone also differs in form: dashes, numbers, width. */
export interface StagePalette {
  readonly frame: string;
  readonly focus: string;
  readonly placeholder: string;
  readonly muted: string;
  readonly text: string;
  readonly halo: string;
  /** Behind labels: the ground of the stage. */
  readonly ground: string;
  readonly input: string;
  readonly zoomIn: string;
  readonly lookBack: string;
  readonly refused: string;
  readonly onAccent: string;
}

export const LIGHT_PALETTE: StagePalette = {
  frame: '#c3c8cf',
  focus: '#1864ab',
  placeholder: '#e3e6ea',
  muted: '#5c6570',
  text: '#1d2127',
  halo: 'rgba(255, 255, 255, 0.7)',
  ground: 'rgba(236, 238, 240, 0.88)',
  input: '#495057',
  zoomIn: '#c2410c',
  lookBack: '#7028c4',
  refused: '#c92a2a',
  onAccent: '#ffffff',
};

export const DARK_PALETTE: StagePalette = {
  frame: '#454b54',
  focus: '#74c0fc',
  placeholder: '#2b3037',
  muted: '#a3abb6',
  text: '#e9ecef',
  halo: 'rgba(10, 12, 15, 0.55)',
  ground: 'rgba(15, 17, 19, 0.88)',
  input: '#ced4da',
  zoomIn: '#ff9d4d',
  lookBack: '#c79bff',
  refused: '#ff8787',
  onAccent: '#14171a',
};

export function originColour(palette: StagePalette, origin: ImageItem['tone']): string {
  if (origin === 'zoom_in') return palette.zoomIn;
  return origin === 'look_back' ? palette.lookBack : palette.input;
}

export function boxColour(palette: StagePalette, tone: BoxItem['tone']): string {
  return tone === 'refused' ? palette.refused : palette.zoomIn;
}
