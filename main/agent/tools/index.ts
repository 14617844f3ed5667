import { lookBack } from './look-back.ts';
import type { Tool, ToolArguments, ToolContext, ToolResult } from './tool.ts';
import { zoomIn } from './zoom-in.ts';

/** Every tool, in the order in which the system turn lists them. */
export const TOOLS: readonly Tool[] = [zoomIn, lookBack];

/**
 * Runs a parsed call against the views so far. Pure; never throws for the arguments that a model wrote.
 *
 * @throws RangeError for a name that the parser should have refused.
 */
export function runTool(
  name: string,
  args: Readonly<Record<string, unknown>>,
  context: ToolContext,
): ToolResult {
  const tool = TOOLS.find((candidate) => candidate.name === name);
  if (tool === undefined) {
    throw new RangeError(`no tool ${name}`);
  }
  return tool.run(args, context);
}

/** Equal for two valid calls that ask for the same thing; arguments that no tool reads do not count. */
export function callKey(name: string, args: ToolArguments): string {
  return JSON.stringify([name, args]);
}
