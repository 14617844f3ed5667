import type { Camera } from './camera.ts';
import { PAN_IDLE, panTool } from './tools/pan.ts';
import { SELECT_IDLE, selectTool } from './tools/select.ts';
import type { PointerInput, ToolEffect } from './tools/tool.ts';
import type { ScreenPoint } from './viewport.ts';

export interface PointerHandlers {
  readonly onClick: (at: ScreenPoint) => void;
  readonly onDoubleClick: (at: ScreenPoint) => void;
  /** Offered before anything but panning; true where it took the input, and then it gets all until the press ends. */
  readonly edit: (input: PointerInput) => boolean;
  /** The cursor over a place where nothing is pressed; null for the plain one. */
  readonly cursorAt: (at: ScreenPoint) => string | null;
}

const WHEEL_ZOOM = 0.0016;
const LINE_PIXELS = 16;

/** Feeds what the pointer does to the tools and does what they ask. @returns the function that lets go. */
export function attachPointer(element: HTMLElement, camera: Camera, handlers: PointerHandlers): () => void {
  let panState = PAN_IDLE;
  let selectState = SELECT_IDLE;
  let spaceHeld = false;
  let inside = false;
  let isEditing = false;
  let hover: string | null = null;

  const isDragging = (): boolean => panState.kind === 'dragging' || selectState.kind === 'dragging';
  const showCursor = (): void => {
    element.style.cursor = isDragging() ? 'grabbing' : spaceHeld ? 'grab' : (hover ?? '');
  };
  const perform = (effects: readonly ToolEffect[]): void => {
    for (const effect of effects) {
      if (effect.type === 'pan') camera.panBy(effect.dx, effect.dy);
      else handlers.onClick(effect.at);
    }
  };
  const feed = (input: PointerInput): void => {
    const panned = panTool(panState, input, spaceHeld);
    const panning = panState.kind === 'dragging' || panned.state.kind === 'dragging';
    panState = panned.state;
    perform(panned.effects);
    if (!panning && selectState.kind === 'idle' && (isEditing || input.type === 'down')) {
      const took = handlers.edit(input);
      isEditing = took && input.type !== 'up' && input.type !== 'cancel';
      if (took) return;
    }
    if (!panning) {
      const selected = selectTool(selectState, input);
      selectState = selected.state;
      perform(selected.effects);
    }
    showCursor();
  };
  const place = (event: MouseEvent): ScreenPoint => {
    const box = element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };

  const listeners = new AbortController();
  const { signal } = listeners;
  element.addEventListener(
    'pointerdown',
    (event) => {
      element.setPointerCapture(event.pointerId);
      if (event.button === 1) event.preventDefault();
      feed({ type: 'down', at: place(event), button: event.button });
    },
    { signal },
  );
  element.addEventListener(
    'pointermove',
    (event) => {
      const at = place(event);
      if (!isEditing && !isDragging()) hover = handlers.cursorAt(at);
      feed({ type: 'move', at });
      showCursor();
    },
    { signal },
  );
  element.addEventListener('pointerup', (event) => feed({ type: 'up', at: place(event) }), { signal });
  element.addEventListener('pointercancel', () => feed({ type: 'cancel' }), { signal });
  element.addEventListener('mousedown', (event) => event.button === 1 && event.preventDefault(), { signal });
  element.addEventListener('dblclick', (event) => handlers.onDoubleClick(place(event)), { signal });
  element.addEventListener('pointerenter', () => (inside = true), { signal });
  element.addEventListener('pointerleave', () => (inside = false), { signal });
  element.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PIXELS : 1;
      if (event.shiftKey) camera.panBy(-(event.deltaX + event.deltaY) * unit, 0);
      else camera.zoomBy(Math.exp(-event.deltaY * unit * WHEEL_ZOOM), place(event));
    },
    { signal, passive: false },
  );
  // Before the keys of the screen: Escape takes back the drag, and no more than that.
  window.addEventListener(
    'keydown',
    (event) => {
      if (event.key !== 'Escape' || !isEditing) return;
      event.stopPropagation();
      handlers.edit({ type: 'cancel' });
      isEditing = false;
    },
    { signal, capture: true },
  );
  window.addEventListener(
    'keydown',
    (event) => {
      if (event.code !== 'Space' || !inside || isControl(event.target)) return;
      event.preventDefault();
      spaceHeld = true;
      showCursor();
    },
    { signal },
  );
  const release = (): void => {
    spaceHeld = false;
    showCursor();
  };
  window.addEventListener('keyup', (event) => event.code === 'Space' && release(), { signal });
  window.addEventListener('blur', release, { signal });
  return () => listeners.abort();
}

/** Space means something of its own there. */
function isControl(target: EventTarget | null): boolean {
  return (
    target instanceof Element &&
    target.closest('input,textarea,select,button,a,[contenteditable],[role="slider"]') !== null
  );
}
