"""What a run tells: events, the heartbeat and the files of rollouts. Only the first process has something to tell."""

import os
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from imagent_trainer.protocol.events import EventWriter
from imagent_trainer.protocol.files import finite, replace_file, to_line
from imagent_trainer.protocol.process import Heartbeat
from imagent_trainer.protocol.run_folder import RunFolder

LEAST_SECONDS = 1.0


class Reporter:
    """`writer` None: a process that is not the first; all of this does nothing there."""

    def __init__(
        self,
        folder: RunFolder,
        writer: EventWriter | None,
        heartbeat: Heartbeat | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder, self._writer, self._heartbeat, self._clock = folder, writer, heartbeat, clock
        self._phase, self._told = '', 0.0
        self.step = 0

    def event(self, kind: str, **fields: Any) -> None:
        if self._writer is not None:
            self._writer.write(kind, **fields)

    def warn(self, code: str, message: str, step: int | None = None) -> None:
        self.event('warning', step=step, code=code, message=message)

    def phase(self, phase: str, step: int, done: int | None = None, total: int | None = None) -> None:
        """A new phase is told at once, its progress at most once a second."""
        now = self._clock()
        self.step = step
        if phase == self._phase and now - self._told < LEAST_SECONDS:
            return
        self._phase, self._told = phase, now
        if self._heartbeat is not None:
            self._heartbeat.phase, self._heartbeat.step = phase, step
        self.event('phase', step=step, phase=phase, done=done, total=total)

    def rollout_file(self, step: int) -> Path:
        return self._folder.rollouts(step)

    def evaluation_file(self, step: int) -> Path:
        return self._folder.evaluation(step)

    def lines(self, path: Path, records: Iterable[Mapping[str, Any]]) -> tuple[str, int, int]:
        """Writes a file of records whole. Returns (its name, lines, bytes)."""
        if self._writer is None:
            return '', 0, 0
        path.parent.mkdir(exist_ok=True)
        found = [to_line(finite(record)) for record in records]
        content = b''.join(found)
        replace_file(path, content)
        return self._folder.name_of(path), len(found), len(content)


def memory(device: Any) -> dict[str, float | None]:
    """Bytes of this process now and at most, and of its GPU."""
    import psutil
    import torch

    peak = None
    if os.name != 'nt':
        import resource
        import sys

        unit = 1 if sys.platform == 'darwin' else 1024
        peak = float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)
    gpu = device.type == 'cuda'
    return {
        'cpu_bytes': float(psutil.Process().memory_info().rss),
        'cpu_peak_bytes': peak,
        'gpu_bytes': float(torch.cuda.memory_allocated(device)) if gpu else None,
        'gpu_peak_bytes': float(torch.cuda.max_memory_allocated(device)) if gpu else None,
    }
