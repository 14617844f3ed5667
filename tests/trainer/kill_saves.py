"""Kills a trainer at random moments of saving, and looks at what is left each time.

    .venv/bin/python tests/trainer/kill_saves.py FOLDER COUNT SEED

A process with a real trainer in it is forked COUNT times; each child saves again and again and tells so in
events.jsonl, until it is killed (SIGKILL). Left must be: a whole checkpoint, not older than the last one that was
told of, and events of which at most the last line is not whole. Prints one JSON line.
"""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / 'trainer')]

import torch

from grpo_runs import config, write_run
from imagent_trainer.protocol.checkpoints import UNFINISHED, newest_whole
from imagent_trainer.protocol.events import EventWriter
from imagent_trainer.protocol.run_folder import RunFolder
from imagent_trainer.train.grpo.build import build_trainer, load_agent
from imagent_trainer.train.grpo.reporter import Reporter
from imagent_trainer.train.grpo.saving import Saver
from imagent_trainer.train.grpo.trainer import AgentTrainer

KNOBS: dict[str, Any] = {'max_steps': 1000, 'keep_checkpoints': 2}


def make_trainer(folder: RunFolder) -> AgentTrainer:
    """With an optimiser that has taken a step, so that a checkpoint is as large as a real one."""
    torch.set_num_threads(1)
    run = config(**KNOBS)
    trainer = build_trainer(run, folder, load_agent(run, torch.float32), torch.device('cpu'), torch.float32)
    trainer.create_optimizer_and_scheduler(1000)
    model: Any = trainer.model
    for one in model.parameters():
        if one.requires_grad:
            one.grad = torch.full_like(one, 1e-3)
    optimizer: Any = trainer.optimizer
    optimizer.step()
    return trainer


def save_for_ever(trainer: AgentTrainer, folder: RunFolder, first: int, ready: int) -> None:
    """The child: never returns."""
    reporter = Reporter(folder, EventWriter(folder.events))
    saver = Saver(config(**KNOBS), folder, reporter)
    saver.newest()
    step = first
    while True:
        trainer.state.global_step = step
        if step == first:
            os.write(ready, b'!')
        saver.save(trainer, None)
        step += 1


def save_once(trainer: AgentTrainer, folder: RunFolder) -> float:
    """A first checkpoint by a child that nobody kills. Returns how many seconds a save takes on this machine now."""
    started = time.perf_counter()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            trainer.state.global_step = 1
            Saver(config(**KNOBS), folder, Reporter(folder, EventWriter(folder.events))).save(trainer, None)
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert status == 0, 'a save that nobody disturbs must succeed'
    return time.perf_counter() - started


def told(folder: RunFolder) -> tuple[int, int]:
    """(step of the newest checkpoint that an event tells of, number of lines that are not whole)."""
    newest, broken = 0, 0
    content = folder.events.read_bytes() if folder.events.exists() else b''
    for line in content.split(b'\n'):
        try:
            event = json.loads(line)
        except ValueError:
            broken += line != b''
            continue
        if event['type'] == 'checkpoint_saved':
            newest = max(newest, event['step'])
    return newest, broken


def main() -> None:
    root, count, rng = Path(sys.argv[1]), int(sys.argv[2]), random.Random(int(sys.argv[3]))
    folder = RunFolder(write_run(root, **KNOBS))
    trainer = make_trainer(folder)
    # Kills come within two saves, however slow the machine is.
    span = 2 * save_once(trainer, folder)
    inside, first, problems = 0, 2, []
    for kill in range(count):
        heard, ready = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                save_for_ever(trainer, folder, first, ready)
            finally:
                os._exit(1)
        os.close(ready)
        os.read(heard, 1)
        os.close(heard)
        time.sleep(rng.random() * span)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        inside += any(folder.checkpoints.glob(f'{UNFINISHED}*'))
        newest, broken = told(folder)
        found = newest_whole(folder.checkpoints)
        step = 0 if found is None else found.step
        if step < newest:
            problems.append(f'kill {kill}: step {newest} was told of, and {step} is the newest whole one')
        if broken > kill + 1:
            problems.append(f'kill {kill}: {broken} lines of events are not whole')
        first = step + 1
    print(json.dumps({'kills': count, 'inside_a_save': inside, 'last_step': first - 1, 'problems': problems}))


if __name__ == '__main__':
    main()
