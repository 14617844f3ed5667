import { describe, expect, it } from 'vitest';
import { collectEntries, type DropEntry, filesOfInput } from '../../../renderer/state/drop.ts';

function file(name: string): DropEntry {
  return {
    isFile: true,
    isDirectory: false,
    name,
    file: (done: (file: File) => void) => done(new File(['x'], name)),
  } as DropEntry;
}

/** As browsers do: a call gives at most `batch` entries, and none when all were given. */
function folder(name: string, children: readonly DropEntry[], batch = 100): DropEntry {
  return {
    isFile: false,
    isDirectory: true,
    name,
    createReader: () => {
      let given = 0;
      return {
        readEntries: (done: (entries: readonly DropEntry[]) => void) => {
          done(children.slice(given, given + batch));
          given += batch;
        },
      };
    },
  } as DropEntry;
}

const unreadable: DropEntry = {
  isFile: true,
  isDirectory: false,
  name: 'locked.png',
  file: (_done: unknown, failed: (error: unknown) => void) => failed(new Error('locked')),
} as DropEntry;

describe('files that are dropped', () => {
  it('are found however deep they lie, with their paths', async () => {
    const { files } = await collectEntries([
      folder('a', [file('1.png'), folder('b', [folder('c', [file('2.png')])])]),
      file('3.png'),
    ]);
    expect(files.map((one) => one.path)).toEqual(['3.png', 'a/1.png', 'a/b/c/2.png']);
  });

  it('are all found in a folder that is given in batches', async () => {
    const names = Array.from({ length: 250 }, (_, index) => file(`${index}.png`));
    const { files } = await collectEntries([folder('many', names)]);
    expect(files).toHaveLength(250);
  });

  it('come in natural order', async () => {
    const { files } = await collectEntries([file('page 10.png'), file('page 9.png'), file('page 1.png')]);
    expect(files.map((one) => one.path)).toEqual(['page 1.png', 'page 9.png', 'page 10.png']);
  });

  it('leave out what systems put into folders', async () => {
    const { files } = await collectEntries([
      folder('a', [file('.DS_Store'), file('Thumbs.db'), folder('.git', [file('x')]), file('1.png')]),
    ]);
    expect(files.map((one) => one.path)).toEqual(['a/1.png']);
  });

  it('go on after one that cannot be read, which is named', async () => {
    const found = await collectEntries([folder('a', [unreadable, file('1.png')])]);
    expect(found.files.map((one) => one.path)).toEqual(['a/1.png']);
    expect(found.unreadable).toEqual(['a/locked.png']);
  });

  it('are counted while they are looked for', async () => {
    const counts: number[] = [];
    await collectEntries([file('1.png'), file('2.png')], (count) => counts.push(count));
    expect(counts).toEqual([1, 2]);
  });
});

describe('files of a file input', () => {
  it('keep the path that a folder input gives them', () => {
    const inFolder = new File(['x'], '1.png');
    Object.defineProperty(inFolder, 'webkitRelativePath', { value: 'set/1.png' });
    const alone = new File(['x'], '0.png');
    Object.defineProperty(alone, 'webkitRelativePath', { value: '' });
    expect(filesOfInput([inFolder, alone]).map((one) => one.path)).toEqual(['0.png', 'set/1.png']);
  });
});
