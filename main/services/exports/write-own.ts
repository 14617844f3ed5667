import { join } from 'node:path';
import type { ExportReport } from '../../../shared/model/export-job.ts';
import { RECORD_KINDS } from '../../store/records/kinds.ts';
import type { RecordKind } from '../../store/records/kinds.ts';
import type { Records } from '../../store/records/records.ts';
import type { Workspace } from '../../store/workspace.ts';
import { toAtif } from './atif.ts';
import type { TrajectoryContext } from './atif.ts';
import { copyWhole, digestOf, writeLines, writeWhole } from './files.ts';
import { fileOfKind, MANIFEST, OWN_FORMAT, OWN_README } from './own-form.ts';

export interface WriteDeps {
  readonly workspace: Workspace;
  readonly records: Records;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
}

/** Writes everything of a workspace into an empty folder. The same workspace gives the same bytes. */
export async function writeOwnForm(deps: WriteDeps, folder: string): Promise<Omit<ExportReport, 'folder'>> {
  const { records, onProgress } = deps;
  const counts = RECORD_KINDS.map((kind) => records.count(kind));
  const total = counts.reduce((sum, count) => sum + count, 0) + (counts[kindAt('images')] ?? 0);
  const progress = createProgress(deps.signal, (done) => onProgress(done, total));
  const files: { readonly name: string; readonly rows: number }[] = [];
  for (const kind of RECORD_KINDS) {
    const name = fileOfKind(kind.name);
    files.push({ name, rows: await writeKind(deps, kind, join(folder, name), progress) });
  }
  const images = await writeImages(deps, folder, progress);
  const manifest = {
    format: OWN_FORMAT,
    records: Object.fromEntries(files.map(({ name, rows }) => [name, rows])),
  };
  await writeWhole(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
  await writeWhole(join(folder, 'README.txt'), OWN_README);
  return { files, images, losses: lossesOf(deps.workspace), checked: [] };
}

function kindAt(name: string): number {
  return RECORD_KINDS.findIndex((kind) => kind.name === name);
}

/** Counts, and gives way to the rest of the host now and then. @throws AbortError when the export is stopped */
function createProgress(signal: AbortSignal, show: (done: number) => void): () => Promise<void> {
  let done = 0;
  return async () => {
    done += 1;
    signal.throwIfAborted();
    if (done % 50 !== 0) return;
    show(done);
    await new Promise((resolve) => setImmediate(resolve));
  };
}

async function writeKind(
  { workspace, records }: WriteDeps,
  kind: RecordKind,
  path: string,
  progress: () => Promise<void>,
): Promise<number> {
  const lines = await writeLines(path);
  const context = trajectoryContext(workspace);
  for (const record of records.read(kind)) {
    await lines.write(kind.name === 'episodes' ? toAtif(record, context(String(record['agent']))) : record);
    await progress();
  }
  return await lines.end();
}

function trajectoryContext(workspace: Workspace): (agent: string) => TrajectoryContext {
  const names = new Map(workspace.agents.list().map(({ id, name }) => [String(id), name]));
  const paths = new Map<string, string | null>();
  const imagePath = (id: string): string | null => {
    const known = paths.get(id);
    if (known !== undefined) return known;
    const path = workspace.images.fileOf(id);
    paths.set(id, path);
    return path;
  };
  return (agent) => ({ agentName: names.get(agent) ?? agent, imagePath });
}

async function writeImages(
  { workspace, records }: WriteDeps,
  folder: string,
  progress: () => Promise<void>,
): Promise<number> {
  const kind = RECORD_KINDS[kindAt('images')];
  if (kind === undefined) throw new Error('there is no kind of images');
  const lines = await writeLines(join(folder, 'files.jsonl'));
  let images = 0;
  for (const record of records.read(kind)) {
    for (const path of [String(record['file']), String(record['thumbnail'])]) {
      await copyWhole(join(workspace.folder, path), join(folder, path));
      await lines.write({ path, sha256: await digestOf(join(folder, path)) });
    }
    images += 1;
    await progress();
  }
  await lines.end();
  return images;
}

/** What is in a workspace and not in its export. */
function lossesOf(workspace: Workspace): ExportReport['losses'] {
  const running = workspace.counters.running();
  return [
    ...(running.episodes === 0
      ? []
      : [{ what: 'episodes', count: running.episodes, why: 'They were still running.' }]),
    ...(running.jobs === 0
      ? []
      : [
          {
            what: 'groups of jobs',
            count: running.jobs,
            why: 'Their job has not ended. Stop it, or export again when it has.',
          },
        ]),
    { what: 'undo', count: 0, why: 'Undo and its history belong to this workspace and stay here.' },
    { what: 'training runs', count: 0, why: 'Runs and weights are folders of their own.' },
  ];
}
