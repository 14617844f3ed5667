import { parseTurn } from '../../../shared/agent/parser.ts';
import { runTool, TOOLS } from '../../../shared/agent/tools/index.ts';
import type { ViewSizing } from '../../../shared/agent/tools/tool.ts';
import type { SnapshotDemonstration, SnapshotImage, SnapshotSample } from '../../../shared/model/snapshot.ts';
import type { ImageView } from '../../../shared/model/view.ts';
import { promptSegments, systemText } from '../../agent/prompt.ts';
import type { PromptSegment } from '../../agent/prompt.ts';
import { inputViews } from '../../agent/views.ts';

/** A message of a chat, with one `<image>` for each image that stands in it, in order. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
  /** False for a turn that is not to be learned. */
  readonly loss?: boolean;
}

/** A demonstration as a chat, with the views that its `<image>` marks stand for. */
export interface DemonstrationChat {
  readonly messages: readonly ChatMessage[];
  readonly views: readonly ImageView[];
}

const IMAGE_MARK = '<image>';

/** What a person wrote must not be read as an image. */
function withoutMarks(text: string): string {
  return text.replaceAll(IMAGE_MARK, '< image>');
}

/** Whether a question or choice holds a literal mark, which is written otherwise. */
export function holdsMark(sample: SnapshotSample): boolean {
  return [sample.question, ...(sample.choices ?? [])].some((text) => text.includes(IMAGE_MARK));
}

/** The system turn and the question, as the agent reads them: the text between the template's own marks. */
export function promptMessages(sample: SnapshotSample, withTools: boolean): readonly ChatMessage[] {
  const system = systemText(withTools ? TOOLS : []);
  const [, ...user] = promptSegments(
    system,
    sample.images.length,
    withoutMarks(sample.question),
    sample.choices?.map(withoutMarks) ?? null,
  );
  return [
    { role: 'system', content: system },
    { role: 'user', content: contentOf(user) },
  ];
}

function contentOf(segments: readonly PromptSegment[]): string {
  return segments
    .map((segment) => (segment.kind === 'image' ? IMAGE_MARK : segment.text))
    .join('')
    .replaceAll('<|vision_start|>', '')
    .replaceAll('<|vision_end|>', '')
    .replace(/^<\|im_start\|>user\n/u, '')
    .replace(/<\|im_end\|>\n<\|im_start\|>assistant\n$/u, '');
}

/**
 * A demonstration turn by turn, its tools run again. A turn that a person called bad is there, because what follows
 * stands on it, and carries no loss.
 * @returns why it can't be written, where a turn no longer does what it did
 */
export function demonstrationChat(
  sample: SnapshotSample,
  images: readonly SnapshotImage[],
  demonstration: SnapshotDemonstration,
  sizing: ViewSizing,
): DemonstrationChat | string {
  const inputs = inputViews(
    images.map(({ file, sha256, width, height }) => ({ path: file, key: sha256, width, height })),
    sizing,
  );
  if (!inputs.ok) return inputs.error;
  const views = [...inputs.views];
  const messages: ChatMessage[] = [...promptMessages(sample, demonstration.withTools)];
  for (const { text, mark } of demonstration.turns) {
    messages.push({ role: 'assistant', content: text, ...(mark === 'bad' ? { loss: false } : {}) });
    const parsed = parseTurn(text);
    if (parsed.kind === 'bad_call') {
      messages.push(toolResponse(`Error: ${parsed.error}`));
    } else if (parsed.kind === 'call') {
      const result = runTool(parsed.name, parsed.arguments, { views, sizing }, demonstration.withTools);
      if (result.ok) views.push(result.view);
      messages.push(
        toolResponse(result.ok ? `Image ${result.view.number}: ${IMAGE_MARK}` : `Error: ${result.error}`),
      );
    }
  }
  if (messages.at(-1)?.role !== 'assistant') return 'it ends with a call and has no answer';
  return { messages, views };
}

function toolResponse(content: string): ChatMessage {
  return { role: 'user', content: `<tool_response>\n${content}\n</tool_response>` };
}

/** Marks in all messages: every trainer wants as many as there are images. */
export function countMarks(messages: readonly ChatMessage[]): number {
  return messages.reduce((sum, { content }) => sum + content.split(IMAGE_MARK).length - 1, 0);
}
