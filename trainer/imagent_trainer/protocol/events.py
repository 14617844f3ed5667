"""events.jsonl: append-only, one writer, one event a line, flushed a line."""

import contextlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from imagent_trainer.protocol.files import finite, to_line

TAIL = 1 << 20
# Kept on the disk so that a full one still takes the last words of a run.
RESERVE = 64 * 1024


class EventWriter:
    """Numbers events on from what is there. Half a line that a crash left is closed, and stays a line of its own."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path, self._clock = path, clock
        self._seq = 0
        self.attempts = 0
        self._read_end()
        self._file = path.open('ab', buffering=0)
        if not self._ends_whole():
            self._file.write(b'\n')
        self._reserve = path.with_name(f'.{path.name}.reserve')
        with contextlib.suppress(OSError):
            self._reserve.write_bytes(b'\0' * RESERVE)

    def _read_end(self) -> None:
        """The last number and the number of attempts so far."""
        if not self._path.exists():
            return
        with self._path.open('rb') as file:
            for line in file:
                if b'"seq":' not in line:
                    continue
                try:
                    event = json.loads(line)
                    self._seq = max(self._seq, int(event['seq']))
                    if event['type'] == 'run_started':
                        self.attempts = max(self.attempts, int(event['attempt']))
                except (ValueError, KeyError, TypeError):
                    continue

    def _ends_whole(self) -> bool:
        size = self._path.stat().st_size
        if size == 0:
            return True
        with self._path.open('rb') as file:
            file.seek(size - 1)
            return file.read(1) == b'\n'

    def write(self, kind: str, **fields: Any) -> None:
        """Appends an event. What is not finite is written as null, and a warning follows that says so."""
        lost: list[None] = []
        clean = finite(fields, lambda: lost.append(None))
        self._append({'type': kind, **clean})
        if lost:
            self._append(
                {
                    'type': 'warning',
                    'step': fields.get('step'),
                    'code': 'not_finite_metric',
                    'message': f'{len(lost)} figures of "{kind}" were not finite and are written as null.',
                }
            )

    def _append(self, event: dict[str, Any]) -> None:
        self._seq += 1
        kind = event.pop('type')
        line = to_line({'type': kind, 'seq': self._seq, 'time': round(self._clock() * 1000), **event})
        try:
            self._write_whole(line)
        except OSError:
            self._seq -= 1
            raise

    def _write_whole(self, line: bytes) -> None:
        """A write may take a part only, at the end of a full disk: what it took is taken back."""
        start = os.fstat(self._file.fileno()).st_size
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file.fileno(), start)
            raise

    def release_reserve(self) -> None:
        """Frees the space that was kept for the last words."""
        with contextlib.suppress(OSError):
            self._reserve.unlink()

    def close(self) -> None:
        self.release_reserve()
        with contextlib.suppress(OSError):
            os.fsync(self._file.fileno())
        self._file.close()
