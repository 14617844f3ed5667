import { findView } from './tool.ts';
import type { Tool, ToolContext, ToolResult } from './tool.ts';

/** Visual reflection: put an earlier view into the context again, at the same size. */
export const lookBack: Tool = {
  name: 'look_back',
  schema: {
    type: 'function',
    function: {
      name: 'look_back',
      description: 'Show an earlier image again.',
      parameters: {
        type: 'object',
        properties: { image: { type: 'integer', description: 'Number of the image, starting at 1.' } },
        required: ['image'],
      },
    },
  },
  run: runLookBack,
};

function runLookBack(args: Readonly<Record<string, unknown>>, context: ToolContext): ToolResult {
  const found = findView(args['image'], context.views);
  if (!found.ok) {
    return found;
  }
  const named = found.view;
  return {
    ok: true,
    arguments: { image: named.number },
    view: {
      number: context.views.length + 1,
      origin: 'look_back',
      parent: named.number,
      rootImage: named.rootImage,
      rootBox: named.rootBox,
      width: named.width,
      height: named.height,
    },
  };
}
