"""Checkpoints that are whole or not there: `checkpoints/step-000010/` with a manifest, written last.

Written to a folder of another name, every file forced to the disk, then the manifest, then the rename, then the
parent. Older ones are removed only after that. Nothing here trusts a name: a checkpoint is whole when every file has
the size and the digest that its manifest says.
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from imagent_trainer.protocol.files import rename, sync_folder
from imagent_trainer.protocol.schema import read

NAME = re.compile(r'^step-(\d{6,})$')
MANIFEST = 'manifest.json'
UNFINISHED = '.unfinished-'
Kind = Literal['lora', 'full']
WriteFile = Callable[[Path], None]
"""Writes one file of a checkpoint at a path."""
Around = Callable[[str, Callable[[], None]], None]
"""Runs the writing of a named file; a test fails or kills in it."""


@dataclass(frozen=True)
class Checkpoint:
    """A whole one."""

    folder: Path
    step: int
    kind: Kind
    accuracy: float | None
    bytes: int


def folder_name(step: int) -> str:
    return f'step-{step:06d}'


def digest(path: Path) -> str:
    with path.open('rb') as file:
        return hashlib.file_digest(file, 'sha256').hexdigest()


def sync_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def just_run(name: str, write: Callable[[], None]) -> None:
    del name
    write()


def write_checkpoint(
    parent: Path,
    step: int,
    files: Mapping[str, WriteFile],
    about: Mapping[str, Any],
    around: Around = just_run,
) -> Checkpoint:
    """Writes all files, and gives the whole checkpoint. OSError leaves nothing but what was there before.

    `about`: run_id, kind and accuracy of the manifest.
    """
    parent.mkdir(parents=True, exist_ok=True)
    remove_unfinished(parent)
    fresh, target = parent / f'{UNFINISHED}{folder_name(step)}', parent / folder_name(step)
    try:
        fresh.mkdir()
        listed = []
        for name, write in files.items():
            path = fresh / name
            around(name, lambda path=path, write=write: write(path))
            sync_file(path)
            listed.append({'name': name, 'size': path.stat().st_size, 'sha256': digest(path)})
        manifest = {
            'format': 1,
            'step': step,
            'created_at': round(time.time() * 1000),
            **about,
            'files': listed,
        }
        text = json.dumps(manifest, indent=1, allow_nan=False)
        around(MANIFEST, lambda: write_synced(fresh / MANIFEST, text))
        sync_folder(fresh)
        # One of the same step may be there from before a crash, broken: what is whole is about to replace it.
        if target.exists():
            shutil.rmtree(target)
        rename(fresh, target)
        sync_folder(parent)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    found = whole(target)
    assert found is not None
    return found


def write_synced(path: Path, text: str) -> None:
    with path.open('w', encoding='utf-8') as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def whole(folder: Path) -> Checkpoint | None:
    """The checkpoint of a folder, if every file is what the manifest says."""
    try:
        manifest = read('manifest', json.loads((folder / MANIFEST).read_text(encoding='utf-8')))
        for file in manifest['files']:
            path = folder / file['name']
            if path.parent != folder or path.stat().st_size != file['size'] or digest(path) != file['sha256']:
                return None
    except (OSError, ValueError):
        return None
    size = sum(file['size'] for file in manifest['files'])
    return Checkpoint(folder, manifest['step'], manifest['kind'], manifest['accuracy'], size)


def folders(parent: Path) -> list[Path]:
    """Folders named like checkpoints, newest first, whole or not."""
    if not parent.is_dir():
        return []
    named = [(int(match[1]), path) for path in parent.iterdir() if (match := NAME.match(path.name))]
    return [path for _, path in sorted(named, reverse=True)]


def newest_whole(parent: Path, broken: Callable[[Path], None] | None = None) -> Checkpoint | None:
    """The newest whole checkpoint; `broken` hears of every newer one that is not whole."""
    for folder in folders(parent):
        found = whole(folder)
        if found is not None:
            return found
        if broken is not None:
            broken(folder)
    return None


def thin(parent: Path, keep: int, removed: Callable[[int, Path], None] | None = None) -> None:
    """Removes the oldest ones beyond `keep`, but never the one with the best accuracy. Call it after a whole save."""
    known = [(path, accuracy_of(path)) for path in folders(parent)]
    scored = [(accuracy, path) for path, accuracy in known if accuracy is not None]
    best = max(scored, default=(None, None))[1]
    for path, _ in known[keep:]:
        if path != best:
            shutil.rmtree(path, ignore_errors=True)
            if removed is not None:
                removed(int(path.name.removeprefix('step-')), path)


def accuracy_of(folder: Path) -> float | None:
    with contextlib.suppress(OSError, ValueError):
        return read('manifest', json.loads((folder / MANIFEST).read_text(encoding='utf-8')))['accuracy']
    return None


def remove_unfinished(parent: Path) -> None:
    """What a crash left. Only our own names."""
    for path in parent.glob(f'{UNFINISHED}*'):
        shutil.rmtree(path, ignore_errors=True)
