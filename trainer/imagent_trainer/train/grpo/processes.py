"""Several processes for one run (one a GPU): the trainer is the first of them and starts the others.

They find each other by torch's own environment variables, which accelerate reads. None outlives the first.
"""

import contextlib
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

RANK = 'RANK'
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


def rank() -> int:
    return int(os.environ.get(RANK, '0'))


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(('127.0.0.1', 0))
        return listening.getsockname()[1]


def process_environment(number: int, count: int, port: int) -> dict[str, str]:
    return {
        RANK: str(number),
        'LOCAL_RANK': str(number),
        'WORLD_SIZE': str(count),
        'LOCAL_WORLD_SIZE': str(count),
        'MASTER_ADDR': '127.0.0.1',
        'MASTER_PORT': str(port),
        # Gloo asks the host's name for its address otherwise, which not every machine can resolve.
        **({'GLOO_SOCKET_IFNAME': 'lo'} if sys.platform == 'linux' else {}),
    }


class Helpers:
    """The processes after the first. Leaving the block ends them."""

    def __init__(self, root: Path, count: int, cpu: bool) -> None:
        self._root, self._count, self._cpu = root, count, cpu
        self._children: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> 'Helpers':
        if self._count > 1:
            self.clear_errors()
            port = free_port()
            extra = {'ACCELERATE_USE_CPU': 'true'} if self._cpu else {}
            command = [sys.executable, '-m', 'imagent_trainer', 'train', str(self._root)]
            for number in range(1, self._count):
                env = {**os.environ, **process_environment(number, self._count, port), **extra}
                self._children.append(subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL))
            os.environ.update({**process_environment(0, self._count, port), **extra})
        return self

    def __exit__(self, *_: object) -> None:
        for child in self._children:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(timeout=0.0 if sys.exc_info()[0] else 20.0)
            child.kill()
            child.wait()

    def error_file(self, number: int) -> Path:
        return self._root / f'.rank-{number}.error.json'

    def clear_errors(self) -> None:
        for path in self._root.glob('.rank-*.error.json'):
            path.unlink()

    def first_error(self) -> tuple[str, str] | None:
        """What another process died of; the first only hears that it is gone."""
        for path in sorted(self._root.glob('.rank-*.error.json')):
            with contextlib.suppress(OSError, ValueError, KeyError):
                found = json.loads(path.read_text(encoding='utf-8'))
                return found['code'], found['message']
        return None


def leave_error(root: Path, code: str, message: str) -> None:
    with contextlib.suppress(OSError):
        path = root / f'.rank-{rank()}.error.json'
        path.write_text(json.dumps({'code': code, 'message': message}), encoding='utf-8')


def die_with_parent() -> None:
    """For the processes after the first: none may be left when that one is killed."""
    parent = os.getppid()
    if sys.platform == 'linux':
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
        return

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
