/** The text of a turn as the model would have written it, from what a person wrote. */
import type { Bbox } from '../model/bbox.ts';

const THINK_START = '<think>';
const THINK_END = '</think>';

/** A call with its image by number, as it stands in the text. */
export type NumberedCall =
  | { readonly tool: 'zoom_in'; readonly image: number; readonly box: Bbox }
  | { readonly tool: 'look_back'; readonly image: number };

/** A turn in two halves: the thought with its tags, and what is done. Joined they are the text again. */
export interface TurnHalves {
  readonly head: string;
  readonly body: string;
}

/** Cuts a turn behind its thought; a turn without one has an empty head. */
export function splitTurn(text: string): TurnHalves {
  const end = text.indexOf(THINK_END);
  if (end >= 0) {
    const cut = end + THINK_END.length;
    return { head: text.slice(0, cut), body: text.slice(cut) };
  }
  const acts = ['<tool_call>', '<answer>'].map((tag) => text.indexOf(tag)).filter((at) => at >= 0);
  const cut = acts.length === 0 ? text.length : Math.min(...acts);
  return { head: text.slice(0, cut), body: text.slice(cut) };
}

export function thoughtText(thought: string): string {
  return `${THINK_START}${thought.trim()}${THINK_END}`;
}

export function callText(call: NumberedCall): string {
  const image = `"image": ${call.image}`;
  const args = call.tool === 'zoom_in' ? `${image}, "bbox_2d": [${call.box.join(', ')}]` : image;
  return callTags(`{"name": "${call.tool}", "arguments": {${args}}}`);
}

/** A call that the model wrote, with the number of its image changed and the rest as it was. */
export function renumberedCall(name: string, args: Readonly<Record<string, unknown>>, image: number): string {
  return callTags(`{"name": ${JSON.stringify(name)}, "arguments": ${spacedJson({ ...args, image })}}`);
}

export function answerText(answer: string): string {
  return `<answer>${answer.trim()}</answer>`;
}

export function joinTurn({ head, body }: TurnHalves): string {
  return head === '' || body === '' || body.startsWith('\n') ? head + body : `${head}\n${body}`;
}

function callTags(json: string): string {
  return `<tool_call>\n${json}\n</tool_call>`;
}

/** JSON with a space behind each comma and colon: what the model was trained to write. */
function spacedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spacedJson).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(
      ([key, member]) => `${JSON.stringify(key)}: ${spacedJson(member)}`,
    );
    return `{${members.join(', ')}}`;
  }
  return JSON.stringify(value);
}
