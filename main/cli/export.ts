import { resolve } from 'node:path';
import { StudioError } from '../../shared/contract/errors.ts';
import type { StartExportInput } from '../../shared/contract/exports.ts';
import type { ExportJob } from '../../shared/model/export-job.ts';
import type { SnapshotId } from '../../shared/model/ids.ts';
import { EXIT_FAILURE, EXIT_INTERRUPTED, EXIT_OK, readOptions, UsageError } from './command.ts';
import type { Command, Terminal } from './command.ts';
import { plainText } from './printing.ts';
import { checkReadable, withStudio } from './studio.ts';
import type { Studio } from './studio.ts';

const FORMATS = { imagent: 'imagent', verl: 'verl', 'ms-swift': 'ms_swift' } as const;

export const exportCommand: Command = {
  name: 'export',
  summary: 'write a workspace, or a snapshot of it, as files',
  help: `imagent export FORMAT --workspace DIR --out DIR [--snapshot NAME] [--json]

  FORMAT              imagent    everything, to be imported again without loss
                      verl       the questions of a snapshot as verl's tables, with all that a run on Ray needs
                      ms-swift   its questions and demonstrations, as ms-swift's rows
  --workspace DIR     what to export
  --out DIR           a folder that is not there yet
  --snapshot NAME     name or id of a snapshot; left out: the newest
  --json              the report as one JSON object

Exit code: 0 when the export is written and checked, 1 when it is not (nothing is left then), 2 for wrong arguments.
`,
  run: async (args, terminal) => {
    const { values, positionals } = readOptions(
      args,
      {
        workspace: { type: 'string' },
        out: { type: 'string' },
        snapshot: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
      true,
    );
    const [name = ''] = positionals;
    if (!Object.hasOwn(FORMATS, name) || positionals.length > 1) {
      throw new UsageError('Say the form: imagent, verl or ms-swift.');
    }
    if (values.workspace === undefined || values.out === undefined) {
      throw new UsageError('Say what and where to: --workspace DIR --out DIR');
    }
    const format = FORMATS[name as keyof typeof FORMATS];
    const workspace = resolve(values.workspace);
    const folder = resolve(values.out);
    await checkReadable([workspace]);
    return withStudio({ workspace, terminal }, async (studio) => {
      const input: StartExportInput =
        format === 'imagent'
          ? { format, folder }
          : { format, folder, snapshotId: snapshotOf(studio, values.snapshot) };
      return report(await exportAll(studio, input, terminal), values.json, terminal);
    });
  },
};

function snapshotOf(studio: Studio, wanted: string | undefined): SnapshotId {
  const all = studio.snapshots.list();
  const found = wanted === undefined ? all[0] : all.find(({ id, name }) => id === wanted || name === wanted);
  if (found !== undefined) return found.id;
  throw new StudioError(
    'not_found',
    wanted === undefined
      ? 'The workspace has no snapshot. Take one in the app first.'
      : `There is no snapshot "${wanted}".`,
  );
}

async function exportAll(studio: Studio, input: StartExportInput, terminal: Terminal): Promise<ExportJob> {
  const { id } = studio.exports.start(input);
  const cancel = (): void => studio.exports.cancel(id);
  terminal.signal.addEventListener('abort', cancel, { once: true });
  try {
    return await studio.exports.settled(id);
  } finally {
    terminal.signal.removeEventListener('abort', cancel);
  }
}

function report(job: ExportJob, json: boolean, terminal: Terminal): number {
  terminal.out(`${json ? JSON.stringify(job) : summary(job)}\n`);
  if (job.state === 'cancelled') return EXIT_INTERRUPTED;
  return job.state === 'finished' ? EXIT_OK : EXIT_FAILURE;
}

function summary({ report: written, error }: ExportJob): string {
  if (written === null) return error ?? 'Stopped. Nothing was left behind.';
  return [
    ...written.files.filter(({ rows }) => rows > 0).map(({ name, rows }) => `${name}: ${rows} rows`),
    `${written.images} images`,
    ...written.checked,
    ...written.losses.map(
      ({ what, count, why }) => `not taken along: ${count > 0 ? `${count} ` : ''}${what}: ${why}`,
    ),
    `written to ${plainText(written.folder)}`,
  ].join('\n');
}
