"""Replacing a folder so that a reader sees the old one or the new one, never a half."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def sync_tree(folder: Path) -> None:
    """Forces every file and folder below to the disk."""
    for path in [*folder.rglob('*'), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def replace_text(path: Path, text: str) -> None:
    """Replaces a file whole."""
    draft = path.with_name(f'.{path.name}.tmp')
    with draft.open('w', encoding='utf-8') as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


@contextmanager
def replaced_folder(target: Path) -> Iterator[Path]:
    """Gives a temporary folder beside `target`; at the end it takes its place. On an error nothing is left of it."""
    target = target.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f'.{target.name}.', dir=target.parent))
    try:
        fresh.chmod(0o755)
        yield fresh
        sync_tree(fresh)
        old = fresh.with_name(f'{fresh.name}.old')
        if target.exists():
            target.rename(old)
        try:
            fresh.rename(target)
        except OSError:
            if old.exists():
                old.rename(target)
            raise
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
