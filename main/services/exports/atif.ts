import { TOOLS } from '../../../shared/agent/tools/index.ts';
import type { WorkspaceRecord } from '../../store/records/records.ts';

/** What a trajectory names that stands in other files. */
export interface TrajectoryContext {
  readonly agentName: string;
  /** Path of an image inside the export, by its id. */
  readonly imagePath: (id: string) => string | null;
}

type Part = { readonly type: string } & Readonly<Record<string, unknown>>;

interface SeenStep {
  readonly segments?: readonly { readonly kind: string; readonly text?: string; readonly view?: number }[];
  readonly contextTokens?: number;
  readonly text?: string;
  readonly thought?: string;
  readonly action?: (Readonly<Record<string, unknown>> & { readonly kind: string }) | null;
}

interface View {
  readonly number: number;
  readonly rootImage: number;
  readonly rootBox: readonly number[];
  readonly width: number;
  readonly height: number;
}

/**
 * An episode as a trajectory of ATIF v1.7 (Agent Trajectory Interchange Format), for other tools to read. Everything of
 * ours stands whole in `extra.imagent`, and that is what is read back. Images are parts with a path; which rectangle
 * of it the model saw, and at which size, is in `extra.image_refs` of the step that it came before.
 */
export function toAtif(record: WorkspaceRecord, context: TrajectoryContext): WorkspaceRecord {
  const steps = bodies(record['steps']) as readonly SeenStep[];
  const views = bodies(record['views']) as unknown as readonly View[];
  const images = (record['images'] as readonly { readonly image: string }[]).map(({ image }) => image);
  const partsOf = (step: SeenStep | undefined): readonly Part[] =>
    (step?.segments ?? []).map((segment) => partOf(segment, views, images, context));
  return {
    schema_version: 'ATIF-v1.7',
    session_id: record['id'],
    agent: {
      name: context.agentName,
      version: record['agent'],
      ...(record['with_tools'] === 1 ? { tool_definitions: TOOLS.map(({ schema }) => schema) } : {}),
    },
    steps: [
      { step_id: 1, source: 'user', message: partsOf(steps[0]), extra: refsOf(steps[0], views) },
      ...steps.map((step, at) => agentStep(step, at, partsOf(steps[at + 1]), refsOf(steps[at + 1], views))),
    ],
    final_metrics: { total_steps: steps.length },
    extra: {
      status: record['status'],
      answer: record['answer'],
      verdict: record['verdict'],
      reward: record['reward'],
      flags: record['flags'],
      coord_space: 'bbox_2d counts pixels of the named image as the model saw it',
      imagent: record,
    },
  };
}

/** The record of a line that `toAtif` wrote; null for another's trajectory. */
export function fromAtif(line: WorkspaceRecord): WorkspaceRecord | null {
  const extra = line['extra'];
  if (typeof extra !== 'object' || extra === null || !('imagent' in extra)) return null;
  const { imagent } = extra;
  return typeof imagent === 'object' && imagent !== null ? (imagent as WorkspaceRecord) : null;
}

function agentStep(step: SeenStep, at: number, result: readonly Part[], refs: unknown): WorkspaceRecord {
  const call = callOf(step.action ?? null, at);
  return {
    step_id: at + 2,
    source: 'agent',
    message: step.text ?? '',
    reasoning_content: step.thought ?? '',
    ...(call === null ? {} : { tool_calls: [call] }),
    ...(call === null || result.length === 0
      ? {}
      : { observation: { results: [{ source_call_id: call.tool_call_id, content: result }] }, extra: refs }),
    metrics: { prompt_tokens: step.contextTokens ?? 0 },
  };
}

function callOf(action: SeenStep['action'] | null, at: number) {
  const tool_call_id = `call_${at + 1}`;
  switch (action?.kind) {
    case 'zoom_in': {
      const { image, viewBox } = action;
      return { tool_call_id, function_name: 'zoom_in', arguments: { image, bbox_2d: viewBox } };
    }
    case 'look_back':
      return { tool_call_id, function_name: 'look_back', arguments: { image: action['image'] } };
    case 'bad_call':
      return {
        tool_call_id,
        function_name: typeof action['name'] === 'string' ? action['name'] : 'unreadable',
        arguments: action['arguments'] ?? {},
      };
    default:
      return null;
  }
}

function partOf(
  segment: { readonly kind: string; readonly text?: string; readonly view?: number },
  views: readonly View[],
  images: readonly string[],
  context: TrajectoryContext,
): Part {
  if (segment.kind !== 'image') return { type: 'text', text: segment.text ?? '' };
  const view = views.find(({ number }) => number === segment.view);
  const path = view === undefined ? null : context.imagePath(images[view.rootImage] ?? '');
  return { type: 'image', source: { media_type: mediaType(path ?? ''), path: path ?? '' } };
}

function mediaType(path: string): string {
  if (path.endsWith('.jpeg') || path.endsWith('.jpg')) return 'image/jpeg';
  return path.endsWith('.webp') ? 'image/webp' : 'image/png';
}

function refsOf(step: SeenStep | undefined, views: readonly View[]): WorkspaceRecord {
  const numbers = new Set((step?.segments ?? []).flatMap(({ view }) => view ?? []));
  return {
    image_refs: views
      .filter(({ number }) => numbers.has(number))
      .map(({ number, rootImage, rootBox, width, height }) => ({
        number,
        input_image: rootImage + 1,
        box: rootBox,
        width,
        height,
      })),
  };
}

/** The bodies of child rows; one that is kept as a text is read. */
function bodies(rows: unknown): readonly WorkspaceRecord[] {
  return (rows as readonly { readonly body: unknown }[]).map(({ body }) =>
    typeof body === 'string' ? (JSON.parse(body) as WorkspaceRecord) : (body as WorkspaceRecord),
  );
}
