/**
 * Chat messages rebuilt from the context's segments.
 *
 * The segments hold the rendered chat template; a server renders it again from messages. Both give the same text:
 * turn markers become roles, and `<|vision_start|>`image`<|vision_end|>` becomes an image part, which is what the
 * template of Qwen2.5-VL turns an image part into. Tool results are user turns, as in training: servers refuse
 * images in `role: tool`.
 */

/** A piece of the context. What the model sampled is never searched for markers: its text is not ours. */
export type ContextEntry =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'image'; readonly url: string }
  | { readonly kind: 'sampled'; readonly text: string };

export type ContentPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image_url'; readonly image_url: { readonly url: string } };

export interface ChatMessage {
  readonly role: string;
  readonly content: string | readonly ContentPart[];
}

const MARKER = /(<\|im_start\|>[a-z]+\n|<\|im_end\|>\n?|<\|vision_start\|>|<\|vision_end\|>)/u;

interface OpenMessage {
  readonly role: string;
  readonly parts: ContentPart[];
}

/** Complete messages, in order. The assistant's turn that the context leaves open is left to the server. */
export function chatMessages(entries: readonly ContextEntry[]): readonly ChatMessage[] {
  const messages: OpenMessage[] = [];
  let current: OpenMessage | null = null;
  for (const entry of entries) {
    if (entry.kind === 'image') {
      current?.parts.push({ type: 'image_url', image_url: { url: entry.url } });
      continue;
    }
    for (const piece of entry.kind === 'sampled' ? [entry.text] : entry.text.split(MARKER)) {
      const role: string | undefined =
        entry.kind === 'text' ? /^<\|im_start\|>([a-z]+)\n$/u.exec(piece)?.[1] : undefined;
      if (role !== undefined) {
        current = { role, parts: [] };
        messages.push(current);
      } else if (entry.kind === 'text' && piece.startsWith('<|im_end|>')) {
        current = null;
      } else if (piece !== '' && !(entry.kind === 'text' && MARKER.test(piece))) {
        addText(current, piece);
      }
    }
  }
  const complete = current === null || current.parts.length > 0 ? messages : messages.slice(0, -1);
  return complete.map(closeMessage);
}

/** Text between messages is the newline after `<|im_end|>`, which the server's template writes itself. */
function addText(message: OpenMessage | null, text: string): void {
  if (message === null) {
    return;
  }
  const last = message.parts.at(-1);
  if (last?.type === 'text') {
    message.parts.splice(-1, 1, { type: 'text', text: last.text + text });
  } else {
    message.parts.push({ type: 'text', text });
  }
}

function closeMessage({ role, parts }: OpenMessage): ChatMessage {
  const [only] = parts;
  return parts.length === 1 && only?.type === 'text'
    ? { role, content: only.text }
    : { role, content: parts };
}
