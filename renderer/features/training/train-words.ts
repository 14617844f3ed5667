import type { CreateRunInput } from '../../../shared/contract/runs.ts';
import type { KnobValue } from './knob-fields.ts';

/** Arguments of `imagent train` that start the run of the form. Pure. */
export function trainWords(
  { source, agentVersionId, name }: CreateRunInput,
  values: Readonly<Record<string, KnobValue>>,
  workspace: string,
): readonly string[] {
  return [
    ...['train', '--workspace', workspace],
    ...(source.kind === 'snapshot' ? ['--snapshot', source.id] : []),
    ...['--agent', agentVersionId],
    ...(name === undefined ? [] : ['--name', name]),
    ...Object.entries(values).flatMap(([path, value]) => ['--set', `${path}=${JSON.stringify(value)}`]),
    '--follow',
  ];
}
