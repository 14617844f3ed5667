import type { Bbox } from '../../shared/model/bbox.ts';

/** A box that can be held. It counts pixels of its view, as the model saw it. */
export interface EditableBox {
  readonly key: string;
  readonly view: number;
  readonly box: Bbox;
  /** The view in which its crop is shown; null where it brings in none. */
  readonly result: number | null;
}

/** What a person may do to boxes on the stage, and who is told. */
export interface StageEditing {
  readonly boxes: readonly EditableBox[];
  /** The one with handles. */
  readonly selected: string | null;
  /** `draw`: a stroke on any image draws a box. */
  readonly mode: 'edit' | 'draw';
  readonly onSelect: (key: string) => void;
  /** Many times a second, while a box is dragged; null when it is let go. Not to be put into the state of a screen. */
  readonly onDraft: (box: Bbox | null) => void;
  /** A box was moved (by its key), or drawn (null). */
  readonly onCommit: (key: string | null, view: number, box: Bbox) => void;
}
