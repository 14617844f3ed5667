"""Who trains in a folder: a lock that ends with its process, and a heartbeat that names it beyond its pid."""

import contextlib
import json
import os
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import psutil

from imagent_trainer.protocol.files import replace_file

BEAT_SECONDS = 2.0


class AlreadyRunningError(RuntimeError):
    """Another trainer holds the folder."""


class FolderLock:
    """Held as long as the process lives, however it ends; the file itself says nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    def __enter__(self) -> 'FolderLock':
        self._file = self._path.open('ab')
        try:
            lock(self._file)
        except OSError as error:
            self._file.close()
            raise AlreadyRunningError('Another trainer is running in this folder. Stop it first.') from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()


def lock(file: IO[bytes]) -> None:
    """OSError when another process holds it."""
    if os.name == 'nt':
        import msvcrt

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def go_first_when_memory_is_short() -> None:
    """Where the system has to end a program, it shall be this one and not the person's: a run can go on from its
    checkpoint. What this process starts inherits it. Linux only; elsewhere nothing happens."""
    with contextlib.suppress(OSError):
        Path('/proc/self/oom_score_adj').write_text('500', encoding='ascii')


def identity(pid: int) -> dict[str, Any]:
    """What no later process of the same pid has."""
    return {
        'pid': pid,
        'started_at': round(psutil.Process(pid).create_time() * 1000),
        'start_ticks': start_ticks(pid),
        'boot_id': boot_id(),
    }


def start_ticks(pid: int) -> int | None:
    """Field 22 of /proc/PID/stat; the name before it may hold spaces and brackets."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        text = Path(f'/proc/{pid}/stat').read_text(encoding='utf-8', errors='replace')
        return int(text.rpartition(')')[2].split()[19])
    return None


def boot_id() -> str | None:
    with contextlib.suppress(OSError):
        return Path('/proc/sys/kernel/random/boot_id').read_text(encoding='ascii').strip()
    return None


class Heartbeat:
    """Rewrites heartbeat.json from a thread of its own, so that a long step is no silence."""

    def __init__(self, path: Path, attempt: int, seconds: float = BEAT_SECONDS) -> None:
        self._path, self._attempt, self._seconds = path, attempt, seconds
        self._identity = identity(os.getpid())
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name='heartbeat', daemon=True)
        self.phase, self.step = 'loading', 0

    def __enter__(self) -> 'Heartbeat':
        self.beat()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        # Gone on purpose: there is nobody to look for.
        with contextlib.suppress(OSError):
            self._path.unlink()

    def beat(self) -> None:
        children = [child.pid for child in psutil.Process().children(recursive=True)]
        value = {
            **self._identity,
            'attempt': self._attempt,
            'at': round(time.time() * 1000),
            'phase': self.phase,
            'step': self.step,
            'children': children,
        }
        # A full disk is for the run to notice, where it loses something.
        with contextlib.suppress(OSError):
            replace_file(self._path, json.dumps(value).encode(), durable=False)

    def _run(self) -> None:
        while not self._ended.wait(self._seconds):
            self.beat()
