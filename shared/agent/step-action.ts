import type { StepAction } from '../model/step.ts';
import type { ToolResult } from './tools/tool.ts';

/** A call that no tool could run, with the error text that the model is shown. */
export function badCall(
  error: string,
  name: string | null,
  args: Readonly<Record<string, unknown>> | null,
): StepAction {
  return { kind: 'bad_call', error, name, arguments: args };
}

/** The call in both spaces: pixels of the view that it named, and pixels of its root image. */
export function callAction(result: Extract<ToolResult, { ok: true }>): StepAction {
  const { view, arguments: args } = result;
  if (!('bbox_2d' in args)) {
    return { kind: 'look_back', image: args.image };
  }
  const { rootBox, rootImage } = view;
  return { kind: 'zoom_in', image: args.image, viewBox: args.bbox_2d, rootBox, rootImage };
}
