/**
 * The text protocol: what the agent reads, byte for byte.
 *
 * Twin of `trainer/imagent_trainer/protocol/prompt.py`; `tests/fixtures/prompt.json` drives both. A context
 * is a list of segments, each tokenised on its own, so the ids of a prefix never depend on what follows.
 */
import { TOOLS } from '../../shared/agent/tools/index.ts';
import type { Tool } from '../../shared/agent/tools/tool.ts';

/** A slot holds the number of the view whose image tokens go there. */
export type PromptSegment =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'image'; readonly view: number };

const ROLE = 'You are a helpful assistant that answers questions about images.';
const END_OF_TURN = '<|im_end|>';
const ASSISTANT_START = '<|im_start|>assistant\n';
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** The text inside the system turn. With no tools offered it does not mention them. */
export function systemText(tools: readonly Tool[]): string {
  if (tools.length === 0) {
    return `${ROLE}\n\nThink inside <think></think> first. Then give the final answer inside <answer></answer>.`;
  }
  const schemas = tools.map((tool) => pythonJson(tool.schema)).join('\n');
  return `${ROLE}

# Tools

You may call one function at a time. The functions are:
<tools>
${schemas}
</tools>

Think inside <think></think> first. Then either call a function with a JSON object inside <tool_call></tool_call>:
<tool_call>
{"name": <function-name>, "arguments": <arguments-object>}
</tool_call>
or give the final answer inside <answer></answer>.`;
}

export const SYSTEM_WITH_TOOLS = systemText(TOOLS);
export const SYSTEM_WITHOUT_TOOLS = systemText([]);

/** The system turn alone: its own segment, so that its cache can be shared between episodes. */
function systemSegment(system: string): PromptSegment {
  return { kind: 'text', text: `<|im_start|>system\n${system}${END_OF_TURN}\n` };
}

/** The whole prompt: system turn, then images 1..N, question and choices, then the assistant's turn opened. */
export function promptSegments(
  system: string,
  imageCount: number,
  question: string,
  choices: readonly string[] | null,
): readonly PromptSegment[] {
  const segments: PromptSegment[] = [systemSegment(system)];
  let text = '<|im_start|>user\n';
  for (let view = 1; view <= imageCount; view += 1) {
    segments.push({ kind: 'text', text: `${text}Image ${view}: <|vision_start|>` }, { kind: 'image', view });
    text = '<|vision_end|>\n';
  }
  segments.push({
    kind: 'text',
    text: `${text}${questionText(question, choices)}${END_OF_TURN}\n${ASSISTANT_START}`,
  });
  return segments;
}

/** The question with its choices as lettered lines. A sample's schema allows 26 choices. */
function questionText(question: string, choices: readonly string[] | null): string {
  const lines = (choices ?? []).map((choice, index) => `${LETTERS.charAt(index)}. ${neutralise(choice)}`);
  return [neutralise(question), ...lines].join('\n');
}

/** Text from people or from the model, so that no control token can be spelled in it. */
function neutralise(text: string): string {
  return text.replaceAll('<|', '< |');
}

/**
 * The user turn that carries a tool's result, and the assistant's next turn opened.
 *
 * @param turnEnded true when the model itself sampled `<|im_end|>` as its last token.
 */
export function viewResponseSegments(view: number, turnEnded: boolean): readonly PromptSegment[] {
  return [
    { kind: 'text', text: `${responseStart(turnEnded)}Image ${view}: <|vision_start|>` },
    { kind: 'image', view },
    { kind: 'text', text: `<|vision_end|>${RESPONSE_END}` },
  ];
}

/** The user turn that carries an error text, and the assistant's next turn opened. */
export function errorResponseSegments(error: string, turnEnded: boolean): readonly PromptSegment[] {
  return [{ kind: 'text', text: `${responseStart(turnEnded)}Error: ${neutralise(error)}${RESPONSE_END}` }];
}

const RESPONSE_END = `\n</tool_response>${END_OF_TURN}\n${ASSISTANT_START}`;

function responseStart(turnEnded: boolean): string {
  return `${turnEnded ? '' : END_OF_TURN}\n<|im_start|>user\n<tool_response>\n`;
}

/** `json.dumps` with its default separators: what the training text was written with. ASCII values only. */
function pythonJson(value: unknown): string {
  if (Array.isArray(value)) {
    return `[${value.map(pythonJson).join(', ')}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(
      ([key, member]) => `${JSON.stringify(key)}: ${pythonJson(member)}`,
    );
    return `{${members.join(', ')}}`;
  }
  return JSON.stringify(value);
}
