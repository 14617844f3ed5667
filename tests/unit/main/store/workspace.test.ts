import { existsSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../../../main/store/database.ts';
import { listBackups, migrate, schemaVersion } from '../../../../main/store/migrate.ts';
import { MIGRATIONS } from '../../../../main/store/migrations/index.ts';
import { newId } from '../../../../main/store/new-id.ts';
import { openWorkspace } from '../../../../main/store/workspace.ts';
import { StudioError } from '../../../../shared/contract/errors.ts';
import type { ImageView } from '../../../../shared/model/view.ts';
import { addImage, addSample, aStep, runningEpisode } from '../../../helpers/store-rows.ts';
import { ROOT } from '../../../helpers/project.ts';
import { tempFolder } from '../../../helpers/temp.ts';

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return error instanceof StudioError ? error.code : String(error);
  }
  return 'nothing was thrown';
}

describe('durability', () => {
  it('every commit is synced, asked after a write and after a reopening', () => {
    const folder = tempFolder();
    for (let round = 0; round < 2; round += 1) {
      const workspace = openWorkspace(folder, 1);
      addImage(workspace, 'a.png');
      const { raw } = workspace.database;
      expect(raw.pragma('synchronous', { simple: true })).toBe(2);
      expect(raw.pragma('journal_mode', { simple: true })).toBe('wal');
      expect(raw.pragma('foreign_keys', { simple: true })).toBe(1);
      expect(raw.pragma('trusted_schema', { simple: true })).toBe(0);
      expect(raw.pragma('cell_size_check', { simple: true })).toBe(1);
      workspace.close();
    }
  });

  it('an edit that fails in the middle leaves nothing of itself', () => {
    const workspace = openWorkspace(tempFolder(), 1);
    const image = addImage(workspace, 'a.png');
    const missing = `img_${'0'.repeat(24)}` as typeof image.id;
    expect(codeOf(() => addSample(workspace, { imageIds: [image.id, missing] }))).toBe('not_found');
    expect(workspace.samples.list({ limit: 10 })).toMatchObject({ items: [], total: 0 });
    workspace.close();
  });

  it('a full database says so, keeps what was saved, and takes edits again when there is room', () => {
    const workspace = openWorkspace(tempFolder(), 1);
    const { raw } = workspace.database;
    const first = addSample(workspace);
    const pages = Number(raw.pragma('page_count', { simple: true }));
    raw.pragma(`max_page_count = ${pages + 2}`);
    expect(
      codeOf(
        () =>
          addSample(workspace, { question: 'x'.repeat(7000) }) &&
          addSample(workspace, { question: 'y'.repeat(7900) }),
      ),
    ).toBe('disk_full');
    expect(raw.inTransaction).toBe(false);
    expect(workspace.samples.get(first.id)).toEqual(first);
    raw.pragma('max_page_count = 1000000');
    const later = addSample(workspace);
    expect(workspace.samples.get(later.id)).toEqual(later);
    expect(raw.pragma('integrity_check', { simple: true })).toBe('ok');
    workspace.close();
  });

  it('after an I/O error nothing more is acknowledged until the workspace is opened again', () => {
    const workspace = openWorkspace(tempFolder(), 1);
    const fail = (): never => {
      throw Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR_FSYNC' });
    };
    expect(codeOf(() => workspace.write(fail))).toBe('workspace_damaged');
    expect(codeOf(() => addImage(workspace, 'a.png'))).toBe('workspace_damaged');
    workspace.close();
  });
});

describe('the lock', () => {
  const HOLDER = `
    import { openWorkspace } from ${JSON.stringify(join(ROOT, 'main/store/workspace.ts'))};
    openWorkspace(process.argv[1], Date.now());
    process.stdout.write('open\\n');
    setInterval(() => {}, 1000);
  `;

  it('a second host is refused, and is told who has it; it is free after a kill', async () => {
    const folder = tempFolder();
    const holder = spawn(process.execPath, ['--input-type=module', '-e', HOLDER, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    expect(codeOf(() => openWorkspace(folder, 1))).toBe('workspace_locked');
    expect(() => openWorkspace(folder, 1)).toThrow(new RegExp(`process ${holder.pid}\\b`));
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    // What the dead one left says that it is still there; the lock itself does not.
    expect(existsSync(join(folder, 'workspace.holder.json'))).toBe(true);
    openWorkspace(folder, 1).close();
  });

  it('the same process is refused too, and closing gives it back', () => {
    const folder = tempFolder();
    const first = openWorkspace(folder, 1);
    expect(codeOf(() => openWorkspace(folder, 1))).toBe('workspace_locked');
    first.close();
    openWorkspace(folder, 1).close();
  });
});

describe('migrations', () => {
  const newest = MIGRATIONS.at(-1)?.version ?? 0;
  const extra = {
    version: newest + 1,
    name: 'test',
    run: (raw: Database.Database) => void raw.exec('CREATE TABLE extra (id INTEGER PRIMARY KEY) STRICT'),
  };
  const failing = {
    version: newest + 2,
    name: 'failing',
    run: (raw: Database.Database) => {
      raw.exec('CREATE TABLE half (id INTEGER PRIMARY KEY) STRICT');
      throw new Error('in the middle');
    },
  };

  it('versions rise from step to step', () => {
    const versions = MIGRATIONS.map(({ version }) => version);
    expect(versions).toEqual([...new Set(versions)].toSorted((a, b) => a - b));
  });

  it('every table is strict', () => {
    const workspace = openWorkspace(tempFolder(), 1);
    const loose = workspace.database.raw
      .prepare(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%'",
      )
      .all();
    expect(loose).toEqual([]);
    workspace.close();
  });

  it('a workspace with something in it is copied, and the copy opens with all of it', () => {
    const folder = tempFolder();
    const workspace = openWorkspace(folder, 1);
    const sample = addSample(workspace);
    workspace.close();
    const database = openDatabase(join(folder, 'workspace.sqlite'));
    migrate(database, [...MIGRATIONS, extra]);
    expect(schemaVersion(database.raw)).toBe(newest + 1);
    database.close();
    const [backup = ''] = listBackups(folder);
    expect(backup).toContain(`before-${newest + 1}-from-${newest}`);
    const copy = new Database(join(folder, 'backups', backup), { readonly: true });
    expect(copy.prepare('SELECT question FROM samples WHERE id = ?').get(sample.id)).toBeDefined();
    expect(schemaVersion(copy)).toBe(newest);
    copy.close();
  });

  it('a step that fails leaves the version before it, and nothing of itself', () => {
    const folder = tempFolder();
    openWorkspace(folder, 1).close();
    const database = openDatabase(join(folder, 'workspace.sqlite'));
    expect(() => migrate(database, [...MIGRATIONS, extra, failing])).toThrow('in the middle');
    expect(schemaVersion(database.raw)).toBe(newest + 1);
    const tables = database.raw
      .prepare("SELECT name FROM sqlite_schema WHERE name IN ('extra', 'half')")
      .all();
    expect(tables).toEqual([{ name: 'extra' }]);
    database.close();
  });

  it('a workspace of a newer app is refused, and not touched', () => {
    const folder = tempFolder();
    openWorkspace(folder, 1).close();
    const path = join(folder, 'workspace.sqlite');
    const raw = new Database(path);
    raw.pragma('user_version = 99');
    raw.close();
    const before = readFileSync(path);
    expect(codeOf(() => openWorkspace(folder, 1))).toBe('workspace_newer');
    expect(readFileSync(path).equals(before)).toBe(true);
    // The lock was given back: the right app can open it.
    expect(codeOf(() => openWorkspace(folder, 1))).toBe('workspace_newer');
  });

  it('a file that is no database, or half of one, is called damaged and left as it is', () => {
    const folder = tempFolder();
    const path = join(folder, 'workspace.sqlite');
    writeFileSync(
      path,
      'this is no database at all, and longer than a header of one hundred bytes. '.repeat(50),
    );
    const before = readFileSync(path);
    expect(codeOf(() => openWorkspace(folder, 1))).toBe('workspace_damaged');
    expect(readFileSync(path).equals(before)).toBe(true);
    rmSync(path);
    const workspace = openWorkspace(folder, 1);
    for (let count = 0; count < 200; count += 1) addSample(workspace);
    workspace.close();
    truncateSync(path, 40_000);
    writeFileSync(`${path}-wal`, '');
    expect(codeOf(() => openWorkspace(folder, 1))).toBe('workspace_damaged');
  });

  it('a folder that can not be written says so', () => {
    const folder = tempFolder();
    writeFileSync(join(folder, 'file'), '');
    expect(codeOf(() => openWorkspace(join(folder, 'file', 'workspace'), 1))).not.toBe('nothing was thrown');
    mkdirSync(join(folder, 'other'));
  });
});

describe('episodes', () => {
  it('come back as they were saved, tokens and all', () => {
    const folder = tempFolder();
    const workspace = openWorkspace(folder, 1);
    const episode = runningEpisode(workspace, addSample(workspace).id);
    const view = {
      number: 1,
      origin: 'input',
      parent: null,
      rootImage: 0,
      rootBox: [0, 0, 60, 40],
      width: 112,
      height: 112,
    } as const;
    const ended = {
      ...episode,
      state: { kind: 'ended', status: 'answered', endedAt: 9 },
      views: [view],
      steps: [aStep(0), aStep(1, { action: { kind: 'answer', answer: 'red' } })],
      answer: 'red',
      verdict: 'right',
      reward: { accuracy: 1, toolFactor: 1, format: 0.5, total: 1.5 },
      flags: ['repeated_call'],
    } as const;
    workspace.episodes.finish(ended);
    workspace.close();
    const again = openWorkspace(folder, 2);
    expect(again.episodes.get(episode.id)).toEqual(ended);
    expect(again.episodes.list(episode.sampleId, 5)[0]).toMatchObject({
      stepCount: 2,
      callCount: 1,
      seed: 0,
    });
    again.close();
  });

  it('one that nobody can be running any more is found as failed, with the steps that it had', () => {
    const folder = tempFolder();
    const workspace = openWorkspace(folder, 1);
    const episode = runningEpisode(workspace, addSample(workspace).id);
    workspace.episodes.saveStep(episode.id, aStep(0));
    workspace.close();
    const again = openWorkspace(folder, 77);
    expect(again.episodes.get(episode.id)).toMatchObject({
      state: { kind: 'ended', status: 'failed', endedAt: 77 },
      steps: [aStep(0)],
      error: { code: 'interrupted' },
    });
    again.close();
  });

  it('keep the images that they were about when the sample is edited', () => {
    const workspace = openWorkspace(tempFolder(), 1);
    const sample = addSample(workspace);
    const episode = runningEpisode(workspace, sample.id);
    const other = addImage(workspace, 'other.png');
    workspace.samples.update(sample.id, 1, { ...sample, imageIds: [other.id] });
    expect(workspace.episodes.images(episode.id).map(({ id }) => id)).toEqual(sample.imageIds);
    expect(workspace.samples.images(sample.id).map(({ id }) => id)).toEqual([other.id]);
    workspace.close();
  });
});

describe('a view of an episode', () => {
  it('is read by its number, without the rest of the episode', () => {
    const workspace = openWorkspace(tempFolder(), 1);
    const running = runningEpisode(workspace, addSample(workspace).id);
    const view = (number: number): ImageView => ({
      number,
      origin: 'input',
      parent: null,
      rootImage: number - 1,
      rootBox: [0, 0, 60, 40],
      width: 56,
      height: 28,
    });
    for (const number of [1, 2]) workspace.episodes.addView(running.id, view(number));
    expect(workspace.episodes.view(running.id, 2)).toEqual(view(2));
    expect(workspace.episodes.view(running.id, 3)).toBeNull();
    expect(workspace.episodes.view(newId.episode(), 1)).toBeNull();
    workspace.close();
  });
});

describe('a very long episode', () => {
  it('opens without its tokens, says how many there are, and gives those of a step when asked', () => {
    const workspace = openWorkspace(tempFolder(), 1);
    const running = runningEpisode(workspace, addSample(workspace).id);
    const token = { id: 7, text: 'a word of some length, '.repeat(20), logprob: -0.1, entropy: 0.5 };
    const steps = [0, 1].map((index) => aStep(index, { tokens: Array.from({ length: 6000 }, () => token) }));
    const short = aStep(2);
    workspace.episodes.finish({
      ...running,
      state: { kind: 'ended', status: 'answered', endedAt: 9 },
      steps: [...steps, short],
    });
    const opened = workspace.episodes.open(running.id);
    expect(opened?.steps.map(({ tokens, tokensLeftOut }) => [tokens.length, tokensLeftOut])).toEqual([
      [0, 6000],
      [0, 6000],
      [0, 2],
    ]);
    expect(workspace.episodes.tokens(running.id, 1)).toEqual(steps[1]?.tokens);
    expect(workspace.episodes.tokens(running.id, 9)).toEqual([]);
    expect(workspace.episodes.get(running.id)?.steps).toEqual([...steps, short]);
    workspace.close();
  });

  it('is told from a short one, which opens whole', () => {
    const workspace = openWorkspace(tempFolder(), 1);
    const running = runningEpisode(workspace, addSample(workspace).id);
    const whole = {
      ...running,
      state: { kind: 'ended', status: 'answered', endedAt: 9 },
      steps: [aStep(0)],
    } as const;
    workspace.episodes.finish(whole);
    expect(workspace.episodes.open(running.id)).toEqual(whole);
    workspace.close();
  });
});
