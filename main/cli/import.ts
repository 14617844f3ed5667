import { resolve } from 'node:path';
import type { ImportJob } from '../../shared/model/import-job.ts';
import { bringIn } from './bring-in.ts';
import { EXIT_FAILURE, EXIT_INTERRUPTED, EXIT_OK, readOptions, UsageError } from './command.ts';
import type { Command, Terminal } from './command.ts';
import { plainText } from './printing.ts';
import { checkReadable, withStudio } from './studio.ts';

export const importCommand: Command = {
  name: 'import',
  summary: 'bring images, folders and samples.jsonl files into a workspace',
  help: `imagent import PATH... --workspace DIR [--json]

  PATH                an image, a folder (read to its end) or a samples.jsonl with its images
  --workspace DIR     where to; made when it is not there
  --json              the result as one JSON object

Exit code: 0 when something was imported or was there already, 1 when nothing was, 2 for wrong arguments.
`,
  run: async (args, terminal) => {
    const { values, positionals } = readOptions(
      args,
      { workspace: { type: 'string' }, json: { type: 'boolean', default: false } },
      true,
    );
    if (positionals.length === 0) {
      throw new UsageError('Say what to import: imagent import PATH... --workspace DIR');
    }
    if (values.workspace === undefined) {
      throw new UsageError('Say where to: --workspace DIR');
    }
    const paths = positionals.map((path) => resolve(path));
    return importPaths(paths, resolve(values.workspace), values.json, terminal);
  },
};

async function importPaths(
  paths: readonly string[],
  workspace: string,
  json: boolean,
  terminal: Terminal,
): Promise<number> {
  await checkReadable(paths);
  return withStudio({ workspace, terminal }, async (studio) => {
    const job = await bringIn(studio, paths, terminal.signal, ({ done, total }) => {
      if (terminal.isInteractive) {
        terminal.err(`\r${done}/${total ?? '?'}\u001b[K`);
      }
    });
    terminal.out(`${json ? JSON.stringify(job) : summary(job)}\n`);
    if (terminal.signal.aborted) {
      return EXIT_INTERRUPTED;
    }
    const taken = job.importedImages + job.importedSamples + job.duplicates;
    return job.state === 'finished' && taken > 0 ? EXIT_OK : EXIT_FAILURE;
  });
}

function summary(job: ImportJob): string {
  const lines = job.rejections.map(({ name, message }) => `not taken: ${plainText(name)}: ${message}`);
  const more = job.rejectedCount - job.rejections.length;
  return [
    ...lines,
    ...(more > 0 ? [`and ${more} more`] : []),
    ...(job.error === null ? [] : [job.error]),
    `${job.importedImages} images and ${job.importedSamples} samples imported, ${job.duplicates} there already, ${job.rejectedCount} not taken`,
  ].join('\n');
}
