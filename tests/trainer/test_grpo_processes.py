"""The trainer as a process: killed while it saves, stopped, going on, and two processes for one run."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from test_grpo_run import LIVELY, alike, figures

from grpo_runs import of_type, write_run

pytestmark = [pytest.mark.torch, pytest.mark.skipif(os.name == 'nt', reason='signals of POSIX')]

HERE = Path(__file__).resolve().parent
ENVIRONMENT = {**os.environ, 'PYTHONPATH': str(HERE.parents[1] / 'trainer'), 'OMP_NUM_THREADS': '1'}


def start(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, '-m', 'imagent_trainer', 'train', str(folder)]
    return subprocess.Popen(command, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True)


def until(condition: Callable[[], bool]) -> None:
    """A bound so far off that only what never comes reaches it: a test that hangs says nothing."""
    last = time.monotonic() + 600
    while not condition():
        assert time.monotonic() < last, 'it never came'
        time.sleep(0.05)


def wait_for(folder: Path, text: str, process: subprocess.Popen[str]) -> None:
    """Until the events hold this; the process must live as long."""
    events = folder / 'events.jsonl'

    def told() -> bool:
        assert process.poll() is None, process.stderr and process.stderr.read()
        return events.exists() and text in events.read_text()

    until(told)


def lives(process: psutil.Process) -> bool:
    """A zombie has ended as well; nobody has asked for its exit code yet."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def end(process: subprocess.Popen[str]) -> int:
    """Its exit code. What it said to stderr is in the failure of a test."""
    _, errors = process.communicate()
    assert process.returncode is not None
    assert process.returncode <= 0, errors
    return process.returncode


def test_a_kill_while_saving_leaves_a_whole_checkpoint_and_readable_events(tmp_path: Path) -> None:
    """Five kills here; fifty with `npm run test:long`."""
    done = subprocess.run(
        [sys.executable, str(HERE / 'kill_saves.py'), str(tmp_path / 'run'), '5', '1'],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert found['problems'] == []
    assert (found['kills'], found['last_step'] > 0) == (5, True)


def test_killed_after_a_step_and_stopped_by_a_signal_it_goes_on(tmp_path: Path) -> None:
    folder = write_run(tmp_path / 'run', max_steps=60, save_every=1)
    killed = start(folder)
    wait_for(folder, '"checkpoint_saved"', killed)
    killed.kill()
    end(killed)
    stopped = start(folder)
    wait_for(folder, '"attempt":2', stopped)
    stopped.send_signal(signal.SIGTERM)
    assert end(stopped) == 0
    first, second = of_type(folder, 'run_started')
    assert (first['resumed_from'], second['attempt']) == (None, 2)
    assert second['resumed_from'] >= 1
    ended = of_type(folder, 'run_ended')[-1]
    assert (ended['outcome'], ended['checkpoint']) == ('stopped', f'checkpoints/step-{ended["step"]:06d}')
    assert ended['step'] > second['resumed_from']


def test_a_process_after_the_first_dies_with_it(tmp_path: Path) -> None:
    """However the first one ends: here by SIGKILL, which it can't hear."""
    other = (
        'from imagent_trainer.train.grpo.processes import die_with_parent\n'
        'die_with_parent()\n'
        'import time; print(1, flush=True); time.sleep(600)'
    )
    first = (
        'import subprocess, sys, time\n'
        f'child = subprocess.Popen([sys.executable, "-c", {other!r}], stdout=subprocess.PIPE)\n'
        'child.stdout.readline(); print(child.pid, flush=True); time.sleep(600)'
    )
    process = subprocess.Popen(
        [sys.executable, '-c', first], env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    child = psutil.Process(int(process.stdout.readline()))
    process.kill()
    process.wait()
    process.stdout.close()
    until(lambda: not lives(child))


def test_two_processes_are_one_and_none_outlives_the_first(tmp_path: Path) -> None:
    knobs: dict[str, Any] = {**LIVELY, 'per_device_train_batch_size': 2}
    one = write_run(tmp_path / 'one', shown=True, demonstrations={'mode': 'off_policy'}, **knobs)
    two = write_run(
        tmp_path / 'two',
        shown=True,
        demonstrations={'mode': 'off_policy'},
        evaluation_every=2,
        num_processes=2,
        **knobs,
    )
    alone, both = start(one), start(two)
    wait_for(two, '"phase"', both)
    children = psutil.Process(both.pid).children(recursive=True)
    assert end(alone) == 0
    assert end(both) == 0
    assert of_type(two, 'run_started')[0]['num_processes'] == 2
    assert not [child for child in children if lives(child)]
    for step, known in zip(figures(two), figures(one), strict=True):
        assert step == pytest.approx(known, rel=1e-3, abs=1e-4)
    alike(two, one, tolerance=1e-4)
