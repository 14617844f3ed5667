import { lookBack } from './look-back.ts';
import type { Tool, ToolArguments, ToolContext, ToolResult } from './tool.ts';
import { zoomIn } from './zoom-in.ts';

/** Every tool, in the order in which the system turn lists them. */
export const TOOLS: readonly Tool[] = [zoomIn, lookBack];

export const ERROR_NO_TOOLS = 'There are no tools here. Give the answer inside <answer></answer>.';

const MAX_QUOTED_NAME = 40;

/**
 * Runs a parsed call against the views so far. Pure; never throws for what the model wrote.
 *
 * @param offered false in an episode without tools: every call gets an error that says so.
 */
export function runTool(
  name: string,
  args: Readonly<Record<string, unknown>>,
  context: ToolContext,
  offered: boolean,
): ToolResult {
  if (!offered) {
    return { ok: false, error: ERROR_NO_TOOLS };
  }
  const tool = TOOLS.find((candidate) => candidate.name === name);
  return tool === undefined ? { ok: false, error: unknownTool(name) } : tool.run(args, context);
}

/** Quotes the name cut to 40 code points, so that a model can't flood its own context. */
function unknownTool(name: string): string {
  const head = [...name.slice(0, 2 * MAX_QUOTED_NAME)].slice(0, MAX_QUOTED_NAME).join('').toWellFormed();
  const known = TOOLS.map((tool) => tool.name).join(' and ');
  return `There is no tool "${head}". The tools are ${known}.`;
}

/** Equal for two valid calls that ask for the same thing; arguments that no tool reads do not count. */
export function callKey(name: string, args: ToolArguments): string {
  return JSON.stringify([name, args]);
}
