/** A file to import and its path relative to what was dropped or chosen, with forward slashes. */
export interface PickedFile {
  readonly path: string;
  readonly file: File;
}

/** What is read of a `FileSystemEntry`, so that a test can make one. */
export interface DropEntry {
  readonly isFile: boolean;
  readonly isDirectory: boolean;
  readonly name: string;
}

export interface DropFileEntry extends DropEntry {
  readonly file: (done: (file: File) => void, failed: (error: unknown) => void) => void;
}

export interface DropFolderEntry extends DropEntry {
  readonly createReader: () => {
    readonly readEntries: (
      done: (entries: readonly DropEntry[]) => void,
      failed: (error: unknown) => void,
    ) => void;
  };
}

/** Files that systems leave in folders; nobody means to import them. */
const SYSTEM_FILES = new Set(['thumbs.db', 'desktop.ini']);

function isSystemFile(name: string): boolean {
  return name.startsWith('.') || SYSTEM_FILES.has(name.toLowerCase());
}

const byName = new Intl.Collator('en', { numeric: true });

/** "page 2" before "page 10". */
function inNaturalOrder(files: readonly PickedFile[]): readonly PickedFile[] {
  return [...files].sort((one, other) => byName.compare(one.path, other.path));
}

/** A reader gives at most 100 entries a call, and an empty answer at the end. */
async function readFolder(folder: DropFolderEntry): Promise<readonly DropEntry[]> {
  const reader = folder.createReader();
  const all: DropEntry[] = [];
  for (;;) {
    const some = await new Promise<readonly DropEntry[]>((done, failed) => reader.readEntries(done, failed));
    if (some.length === 0) return all;
    all.push(...some);
  }
}

export interface CollectedFiles {
  readonly files: readonly PickedFile[];
  /** Paths that could not be read. */
  readonly unreadable: readonly string[];
}

/**
 * All files of dropped files and folders, however deep, in natural order.
 * One that cannot be read is listed and the rest goes on.
 */
export async function collectEntries(
  entries: readonly DropEntry[],
  onFound: (count: number) => void = () => undefined,
): Promise<CollectedFiles> {
  const files: PickedFile[] = [];
  const unreadable: string[] = [];
  const pending = entries.map((entry) => ({ entry, path: entry.name }));
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { entry, path } = next;
    if (isSystemFile(entry.name)) continue;
    try {
      if (entry.isDirectory) {
        const children = await readFolder(entry as DropFolderEntry);
        pending.push(...children.map((child) => ({ entry: child, path: `${path}/${child.name}` })));
      } else if (entry.isFile) {
        const file = await new Promise<File>((done, failed) => (entry as DropFileEntry).file(done, failed));
        files.push({ path, file });
        onFound(files.length);
      }
    } catch {
      unreadable.push(path);
    }
  }
  return { files: inNaturalOrder(files), unreadable };
}

/** Files of a file input; those of a folder input carry their path. */
export function filesOfInput(list: Iterable<File>): readonly PickedFile[] {
  const files = [...list]
    .filter((file) => !isSystemFile(file.name))
    .map((file) => ({ path: file.webkitRelativePath === '' ? file.name : file.webkitRelativePath, file }));
  return inNaturalOrder(files);
}
