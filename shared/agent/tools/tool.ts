import type { Bbox } from '../../model/bbox.ts';
import type { ImageView } from '../../model/view.ts';

/** How big an image may be when the model sees it. Pixels of the resized image. */
export interface ViewSizing {
  /** Side lengths are multiples of this: patch size x merge size, 28 for Qwen2.5-VL. */
  readonly factor: number;
  readonly minPixels: number;
  readonly maxPixels: number;
  /** A crop is enlarged to at least this many pixels, so that looking closer shows more. */
  readonly cropMinPixels: number;
}

/** What a tool may know: the images so far, numbered 1..K in order, and the sizes that the agent takes. */
export interface ToolContext {
  readonly views: readonly ImageView[];
  readonly sizing: ViewSizing;
}

/** The arguments as the tool understood them: fixed keys and order, so that equal calls compare equal. */
export type ToolArguments = { readonly image: number } | { readonly image: number; readonly bbox_2d: Bbox };

/** A new view to render and append, or an error text that tells the model the valid range. */
export type ToolResult =
  | { readonly ok: true; readonly view: ImageView; readonly arguments: ToolArguments }
  | { readonly ok: false; readonly error: string };

/** One tool: the JSON schema that the system turn shows, and a pure function. Neither touches pixels. */
export interface Tool {
  readonly name: string;
  readonly schema: ToolSchema;
  readonly run: (args: Readonly<Record<string, unknown>>, context: ToolContext) => ToolResult;
}

export interface ToolSchema {
  readonly type: 'function';
  readonly function: {
    readonly name: string;
    readonly description: string;
    readonly parameters: Readonly<Record<string, unknown>>;
  };
}

/** The view that `image` names, or the error text with the valid range. Booleans and strings are refused. */
export function findView(
  image: unknown,
  views: readonly ImageView[],
): { readonly ok: true; readonly view: ImageView } | { readonly ok: false; readonly error: string } {
  const view = typeof image === 'number' && Number.isInteger(image) ? views[image - 1] : undefined;
  return view === undefined
    ? { ok: false, error: `image must be a whole number from 1 to ${views.length}.` }
    : { ok: true, view };
}
