import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../../../main/store/database.ts';
import type { WorkspaceDatabase } from '../../../../main/store/database.ts';
import { createFileSync } from '../../../../main/store/durable-files.ts';
import { tempFolder } from '../../../helpers/temp.ts';

const NORMAL = 1;
const FULL = 2;

function newDatabase(): WorkspaceDatabase {
  const database = openDatabase(join(tempFolder('durable'), 'one.sqlite'));
  database.write(() => database.raw.exec('CREATE TABLE notes (text TEXT)'));
  return database;
}

function syncMode(database: WorkspaceDatabase): unknown {
  return database.raw.pragma('synchronous', { simple: true });
}

function add(database: WorkspaceDatabase, text: string): void {
  database.raw.prepare('INSERT INTO notes VALUES (?)').run(text);
}

function notes(database: WorkspaceDatabase): unknown {
  return database.raw.prepare('SELECT text FROM notes').pluck().all();
}

describe('a write that does not wait for the disk', () => {
  it('is committed when it returns, and the next one waits again', () => {
    const database = newDatabase();
    const during = database.writeSoon(() => {
      add(database, 'soon');
      return syncMode(database);
    });
    expect([during, syncMode(database)]).toEqual([NORMAL, FULL]);
    const other = openDatabase(database.path);
    expect(notes(other)).toEqual(['soon']);
    other.close();
    database.close();
  });

  it('that throws leaves nothing, and the next one waits again', () => {
    const database = newDatabase();
    expect(() =>
      database.writeSoon(() => {
        add(database, 'never');
        throw new Error('changed my mind');
      }),
    ).toThrow('changed my mind');
    expect([notes(database), syncMode(database)]).toEqual([[], FULL]);
    database.close();
  });

  it('joins a write that waits, and waits with it', () => {
    const database = newDatabase();
    const during = database.write(() => database.writeSoon(() => syncMode(database)));
    expect(during).toBe(FULL);
    database.close();
  });

  it('is on the disk when synced resolves; when it can not be, nothing is saved any more', async () => {
    const database = newDatabase();
    database.writeSoon(() => add(database, 'one'));
    await database.synced();
    rmSync(`${database.path}-wal`);
    await expect(database.synced()).rejects.toMatchObject({ code: 'workspace_damaged' });
    expect(() => database.write(() => add(database, 'two'))).toThrow(/did not take/);
    await expect(database.synced()).rejects.toMatchObject({ code: 'workspace_damaged' });
    database.close();
  });
});

describe('syncing a file', () => {
  /** A disk that ends a sync when it is told to. */
  function slowDisk(): { readonly begun: (() => void)[]; readonly sync: () => Promise<void> } {
    const begun: (() => void)[] = [];
    return { begun, sync: () => new Promise((resolve) => begun.push(resolve)) };
  }

  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('gives those who come during a sync another one, and one for all of them', async () => {
    const disk = slowDisk();
    const file = createFileSync('one', disk.sync);
    const done: string[] = [];
    const note = (name: string) => (): void => void done.push(name);
    void file.sync().then(note('first'));
    await turn();
    void file.sync().then(note('second'));
    void file.sync().then(note('third'));
    await turn();
    expect(disk.begun).toHaveLength(1);
    disk.begun[0]?.();
    await turn();
    expect(done).toEqual(['first']);
    expect(disk.begun).toHaveLength(2);
    disk.begun[1]?.();
    await turn();
    expect(done).toEqual(['first', 'second', 'third']);
    expect(disk.begun).toHaveLength(2);
  });

  it('tries again after one that failed', async () => {
    let fails = true;
    const file = createFileSync('one', () => (fails ? Promise.reject(new Error('EIO')) : Promise.resolve()));
    await expect(file.sync()).rejects.toThrow('EIO');
    fails = false;
    await expect(file.sync()).resolves.toBeUndefined();
  });
});
