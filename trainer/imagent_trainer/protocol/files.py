"""Replacing a file so that a reader sees the old one or the new one, and JSON without what JSON has not."""

import contextlib
import json
import math
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

TRIES = 10


def finite(value: Any, lost: Callable[[], None] | None = None) -> Any:
    """The value with null where a number is not finite: JSON has no NaN, and a reader would lose the whole line."""
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        if lost is not None:
            lost()
        return None
    if isinstance(value, dict):
        return {key: finite(item, lost) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item, lost) for item in value]
    return value


def to_line(value: Any) -> bytes:
    """One line of JSON. ValueError for NaN: make it `finite` first. Half a surrogate pair becomes a question mark."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(',', ':'))
    return text.encode('utf-8', 'replace') + b'\n'


def sync_folder(folder: Path) -> None:
    """Makes a rename in the folder durable. Windows cannot open folders, and needs no such thing."""
    if os.name == 'nt':
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def rename(old: Path, new: Path, sleep: Callable[[float], None] = time.sleep) -> None:
    """Renames over what is there. On Windows a virus scanner may hold the file for a moment: it is tried again."""
    for attempt in range(TRIES):
        try:
            old.replace(new)
            return
        except PermissionError:
            if os.name != 'nt' or attempt == TRIES - 1:
                raise
            sleep(min(1.0, 0.02 * 2**attempt))


def replace_file(path: Path, content: bytes, durable: bool = True) -> None:
    """Writes beside the file, forces it to the disk where it matters, and renames. On an error the old one stays."""
    descriptor, name = tempfile.mkstemp(prefix=f'.{path.name}.', dir=path.parent)
    try:
        with os.fdopen(descriptor, 'wb') as file:
            file.write(content)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        Path(name).chmod(0o644)
        rename(Path(name), path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
    if durable:
        sync_folder(path.parent)
