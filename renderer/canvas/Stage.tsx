import { type JSX, type Ref, useEffect, useImperativeHandle, useLayoutEffect, useRef, useState } from 'react';
import type { Camera, Frames } from './camera.ts';
import { createCamera } from './camera.ts';
import type { ImageItem, StageDocument } from './document.ts';
import type { FabricStage } from './fabric-stage.ts';
import { createFabricStage } from './fabric-stage.ts';
import { withLabel } from './layout.ts';
import type { StagePalette } from './palette.ts';
import type { Picked } from './pick.ts';
import { pick } from './pick.ts';
import type { StageEditing } from './stage-editing.ts';
import { createStageEditor } from './stage-editor.ts';
import type { StageEditor } from './stage-editor.ts';
import { attachPointer } from './stage-pointer.ts';
import { toStage, ZOOM_STEP } from './viewport.ts';

/** What buttons and keys outside the stage ask of it. */
export interface StageCommands {
  readonly zoomIn: () => void;
  readonly zoomOut: () => void;
  readonly fit: () => void;
  /** One source pixel of the focused image to one screen pixel. */
  readonly oneToOne: () => void;
  readonly zoomToFocus: () => void;
}

export interface StageProps {
  readonly document: StageDocument;
  readonly palette: StagePalette;
  readonly commands: Ref<StageCommands>;
  readonly onPick: (picked: Picked) => void;
  /** Where boxes can be moved and drawn. */
  readonly editing?: StageEditing | undefined;
  /** Screen pixels to one source pixel of the focused image (or the first). */
  readonly onScale: (scale: number) => void;
  /** Name for screen readers. */
  readonly label: string;
  /** Id of the text that says in words what is drawn. */
  readonly describedBy: string;
  readonly className?: string | undefined;
}

/** The canvas. Everything that it shows comes in as a document; everything that a person does goes out. */
export function Stage(props: StageProps): JSX.Element {
  const { document: drawn, palette, onScale } = props;
  const host = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  useLayoutEffect(() => {
    latest.current = props;
  });
  const [parts, setParts] = useState<{
    readonly stage: FabricStage;
    readonly camera: Camera;
    readonly editor: StageEditor;
  } | null>(null);

  useEffect(() => {
    const element = host.current;
    if (element === null) return undefined;
    const made = mountStage(element, () => latest.current);
    setParts(made);
    return () => {
      setParts(null);
      made.dispose();
    };
  }, []);

  useEffect(() => {
    parts?.stage.paint(palette);
    parts?.editor.paint(palette);
  }, [parts, palette]);
  useEffect(() => {
    if (parts === null) return;
    parts.stage.draw(drawn.items);
    parts.camera.frame(drawn.layout.bounds);
    onScale(sourceScale(drawn, parts.camera.viewport().zoom));
  }, [parts, drawn, onScale]);
  const { editing } = props;
  useEffect(() => parts?.editor.refresh(), [parts, drawn, editing]);

  const focused = focusedImage(drawn);
  const focusedView = focused?.focused === true ? focused.view : null;
  useEffect(() => {
    const item = focusedImage(latest.current.document);
    if (parts !== null && focusedView !== null && item !== undefined)
      parts.camera.reveal(withLabel(item.rect));
  }, [parts, focusedView]);

  useImperativeHandle(
    props.commands,
    () => ({
      zoomIn: () => parts?.camera.zoomBy(ZOOM_STEP),
      zoomOut: () => parts?.camera.zoomBy(1 / ZOOM_STEP),
      fit: () => parts?.camera.fit(),
      oneToOne: () => {
        if (focused !== undefined)
          parts?.camera.oneToOne(focused.rect, focused.pixelWidth, window.devicePixelRatio);
      },
      zoomToFocus: () => {
        if (focused !== undefined) parts?.camera.zoomTo(withLabel(focused.rect));
      },
    }),
    [parts, focused],
  );

  return (
    <div
      ref={host}
      className={props.className}
      role="group"
      aria-label={props.label}
      aria-describedby={props.describedBy}
      style={{ touchAction: 'none', overflow: 'hidden', position: 'relative' }}
    />
  );
}

function mountStage(element: HTMLDivElement, latest: () => StageProps) {
  const canvas = document.createElement('canvas');
  canvas.setAttribute('aria-hidden', 'true');
  const layer = document.createElement('canvas');
  layer.setAttribute('aria-hidden', 'true');
  layer.style.cssText = 'position: absolute; inset: 0; pointer-events: none;';
  element.append(canvas, layer);
  const motion = window.matchMedia('(prefers-reduced-motion: reduce)');
  const frames: Frames = {
    request: window.requestAnimationFrame.bind(window),
    cancel: window.cancelAnimationFrame.bind(window),
    reducedMotion: () => motion.matches,
  };
  const stage = createFabricStage(canvas, latest().palette, frames);
  const camera = createCamera(frames, (viewport) => {
    stage.look(viewport);
    editor.look(viewport);
    latest().onScale(sourceScale(latest().document, viewport.zoom));
  });
  const editor = createStageEditor(layer, {
    palette: latest().palette,
    document: () => latest().document,
    editing: () => latest().editing,
    viewport: camera.viewport,
    picture: stage.picture,
  });
  const observer = new ResizeObserver(() => {
    const size = { width: Math.max(1, element.clientWidth), height: Math.max(1, element.clientHeight) };
    stage.resize(size);
    editor.resize(size);
    camera.resize(size);
  });
  observer.observe(element);
  const pickAt = (x: number, y: number): Picked | null => {
    const viewport = camera.viewport();
    return pick(latest().document.items, toStage(viewport, { x, y }), 4 / viewport.zoom);
  };
  const detach = attachPointer(element, camera, {
    onClick: (at) => {
      const picked = pickAt(at.x, at.y);
      if (picked !== null) latest().onPick(picked);
    },
    onDoubleClick: (at) => {
      const picked = pickAt(at.x, at.y);
      const image = imageItems(latest().document).find((item) => item.view === picked?.view);
      if (image === undefined) camera.fit();
      else camera.zoomTo(withLabel(image.rect));
    },
    edit: editor.feed,
    cursorAt: editor.cursorAt,
  });
  return {
    stage,
    camera,
    editor,
    dispose: () => {
      detach();
      observer.disconnect();
      camera.dispose();
      editor.dispose();
      stage.dispose();
      canvas.remove();
      layer.remove();
    },
  };
}

function imageItems(drawn: StageDocument): readonly ImageItem[] {
  return drawn.items.flatMap((item) => (item.kind === 'image' ? [item] : []));
}

function focusedImage(drawn: StageDocument): ImageItem | undefined {
  const images = imageItems(drawn);
  return images.find((item) => item.focused) ?? images[0];
}

function sourceScale(drawn: StageDocument, zoom: number): number {
  const image = focusedImage(drawn);
  return image === undefined ? 1 : (zoom * image.rect.width) / image.pixelWidth;
}
