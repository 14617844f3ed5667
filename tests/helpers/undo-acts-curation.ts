/** Acts on the dataset: bulk edits, splits, demonstrations, snapshots, imports, agents, names. See undo-acts.ts. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BulkEdit, BulkProgress } from '../../shared/model/bulk-edit.ts';
import type { ImportId, SampleId } from '../../shared/model/ids.ts';
import { ALL_SAMPLES, IN_PLACE } from '../../shared/model/sample-filter.ts';
import type { Act, Desk, Roll } from './undo-acts.ts';
import { writePng } from './test-host.ts';

const COLOURS = ['red', 'green', 'blue', 'yellow'] as const;

/** A picture on the disk, made when it is first asked for. */
async function aPicture({ folder }: Desk, roll: Roll): Promise<string> {
  const colour = COLOURS[roll(COLOURS.length)] ?? 'red';
  const path = join(folder, 'pictures', `${colour}.png`);
  mkdirSync(join(folder, 'pictures'), { recursive: true });
  if (!existsSync(path)) await writePng(path, colour, 40, 40);
  return path;
}

function someSamples({ library }: Desk, roll: Roll): readonly SampleId[] {
  const { items } = library.listSamples({ limit: 50, filter: ALL_SAMPLES, sort: IN_PLACE });
  const from = roll(items.length);
  return items.slice(from, from + 1 + roll(4)).map(({ sample }) => sample.id);
}

function anEdit(roll: Roll): BulkEdit {
  const edits: readonly BulkEdit[] = [
    { kind: 'add_tag', tag: `tag ${roll(3)}` },
    { kind: 'remove_tag', tag: `tag ${roll(3)}` },
    { kind: 'set_split', split: (['train', 'test', 'none'] as const)[roll(3)] ?? 'none', withSharing: false },
    { kind: 'set_split', split: 'validation', withSharing: true },
    { kind: 'set_kind', sampleKind: `kind ${roll(3)}` },
    { kind: 'remove' },
  ];
  return edits[roll(edits.length)] ?? { kind: 'remove' };
}

async function bulkDone({ bulk }: Desk, { id }: BulkProgress): Promise<void> {
  const { error } = await bulk.settled(id);
  if (error !== null) throw new Error(`a bulk edit failed: ${error}`);
}

async function imported({ imports }: Desk, { id }: { readonly id: ImportId }): Promise<void> {
  const job = await imports.settled(id);
  if (job.state !== 'finished') throw new Error(`an import ended as ${job.state}: ${job.error}`);
}

export const CURATION_ACTS: readonly Act[] = [
  {
    name: 'edit many samples',
    run: async (desk, roll) => {
      const ids = someSamples(desk, roll);
      if (ids.length === 0) return;
      const selection = { kind: 'ids', ids } as const;
      await bulkDone(desk, desk.bulk.start({ by: desk.by, edit: anEdit(roll), selection }));
    },
  },
  {
    name: 'deal samples out to splits',
    run: async (desk, roll) => {
      const selection = { kind: 'filter', filter: ALL_SAMPLES, except: [] } as const;
      const shares = { train: 1 + roll(3), validation: roll(2), test: roll(2) };
      await bulkDone(desk, desk.splits.assign({ by: desk.by, selection, shares, seed: roll(1000) }));
    },
  },
  {
    name: 'pick a demonstration, or take it back',
    run: ({ groups, by }, roll) => {
      const { items } = groups.list({ order: 'newest', limit: 10 });
      const group = items[roll(Math.max(1, items.length))]?.group;
      if (group === undefined) return;
      const { members } = groups.get(group.id);
      const rollout = members[roll(Math.max(1, members.length))]?.rollout;
      const episodeId = roll(3) === 0 ? null : (rollout?.episodeId ?? null);
      groups.pick({ by, id: group.id, episodeId });
    },
  },
  {
    name: 'take a snapshot',
    run: async ({ snapshots, by }, roll) => {
      const { id } = snapshots.take({ by, name: `Snapshot ${roll(1000)}`, note: '', filter: ALL_SAMPLES });
      await snapshots.taken(id);
    },
  },
  {
    name: 'remove a snapshot',
    run: ({ snapshots, by }, roll) => {
      const known = snapshots.list();
      const one = known[roll(Math.max(1, known.length))];
      if (one !== undefined) snapshots.remove(one.id, by);
    },
  },
  {
    name: 'import images',
    run: async (desk, roll) => {
      const path = await aPicture(desk, roll);
      await imported(desk, desk.imports.startPaths([path], desk.by));
    },
  },
  {
    name: 'import a file of samples with their images',
    run: async (desk, roll) => {
      const image = await aPicture(desk, roll);
      const path = join(desk.folder, `samples-${roll(3)}.jsonl`);
      const row = { images: [image.slice(desk.folder.length + 1)], question: `Of a file ${roll(3)}?` };
      writeFileSync(path, `${JSON.stringify({ ...row, answers: ['red'], answer_kind: 'text' })}\n`);
      await imported(desk, desk.imports.startPaths([path], desk.by));
    },
  },
  {
    name: 'upload images',
    run: async (desk, roll) => {
      const path = await aPicture(desk, roll);
      const { id } = desk.imports.beginUpload();
      await desk.imports.receive(id, 'sent.png', desk.bytesOf(path));
      await imported(desk, desk.imports.finishUpload(id, desk.by));
    },
  },
  {
    name: 'import a table',
    run: async (desk, roll) => {
      const image = await aPicture(desk, roll);
      const path = join(desk.folder, `table-${roll(3)}.csv`);
      const rows = [1, 2].map(
        (at) => `${image.slice(desk.folder.length + 1)},Row ${at} of ${roll(3)}?,red\n`,
      );
      writeFileSync(path, `image,question,answer\n${rows.join('')}`);
      const { id, proposal } = await desk.tables.open(path);
      if (proposal === null) throw new Error('the columns of a plain table were not recognised');
      await imported(desk, desk.tables.start({ by: desk.by, id, mapping: proposal, imagesFolder: null }));
    },
  },
  {
    name: 'add an agent',
    run: async ({ agents, by }, roll) => {
      await agents.add({
        by,
        name: `Agent ${roll(1000)}`,
        source: { kind: 'openai', baseUrl: 'http://127.0.0.1:1/v1', model: 'none' },
      });
    },
  },
  {
    name: 'remove an agent',
    run: async ({ agents, by }, roll) => {
      const known = await agents.list();
      const one = known[roll(Math.max(1, known.length))];
      if (one !== undefined) agents.remove(one.id, by);
    },
  },
  {
    name: 'rename oneself',
    run: ({ journal, by }, roll) => {
      journal.renameReviewer(by, `Reviewer ${roll(1000)}`);
    },
  },
];
