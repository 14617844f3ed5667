"""`python -m imagent_trainer train RUN_FOLDER`: trains what config.json of the folder says, from where it stopped.

Exit codes: 0 finished or stopped, 1 failed (events.jsonl says of what), 2 wrong use, 3 another trainer is at it.
"""

import argparse
import contextlib
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

# Nothing leaves the machine, whatever a library would like to ask for.
os.environ.update(
    HF_HUB_OFFLINE='1', TRANSFORMERS_OFFLINE='1', HF_HUB_DISABLE_TELEMETRY='1', WANDB_MODE='disabled'
)

import torch
import torch.distributed

from imagent_trainer.data.samples import Sample
from imagent_trainer.protocol.checkpoints import Around, just_run
from imagent_trainer.protocol.config import Config, gradient_accumulation_steps
from imagent_trainer.protocol.events import EventWriter
from imagent_trainer.protocol.process import (
    AlreadyRunningError,
    FolderLock,
    Heartbeat,
    go_first_when_memory_is_short,
)
from imagent_trainer.protocol.run_folder import Demonstration, RunFolder
from imagent_trainer.rollout.trajectory import Trajectory
from imagent_trainer.train.grpo.build import (
    Data,
    build_trainer,
    choose_device,
    choose_dtype,
    episode_settings,
    load_agent,
    load_data,
    versions,
)
from imagent_trainer.train.grpo.errors import RunError, explain
from imagent_trainer.train.grpo.plan import Plan
from imagent_trainer.train.grpo.player import Images, Player
from imagent_trainer.train.grpo.processes import Helpers, die_with_parent, leave_error, rank
from imagent_trainer.train.grpo.reporter import Reporter
from imagent_trainer.train.grpo.saving import Saver
from imagent_trainer.train.grpo.scoring import Scorer
from imagent_trainer.train.grpo.session import Session, StopFlag
from imagent_trainer.train.grpo.trainer import AgentTrainer
from imagent_trainer.train.grpo.warm_up import warm_up


def read_run_config(folder: RunFolder) -> Config:
    try:
        return folder.read_config()
    except (OSError, ValueError) as error:
        raise RunError('bad_config', str(error)) from error


def playable(
    player: Player, data: Data, reporter: Reporter
) -> tuple[dict[str, list[Demonstration]], list[tuple[Trajectory, Sample]]]:
    """Demonstrations that lead to an answer under the limits of this run; the others are named in warnings."""
    samples = {sample.id: sample for sample in data.train}
    by_sample: dict[str, list[Demonstration]] = {}
    trajectories = []
    for sample_id, demonstrations in data.demonstrations.items():
        for one in demonstrations:
            played = player.demonstrate(samples[sample_id], one)
            if played.episode.status == 'answered':
                by_sample.setdefault(sample_id, []).append(one)
                trajectories.append((played, samples[sample_id]))
            else:
                text = (
                    f'Demonstration "{one.id}" is left out: played again it ends as {played.episode.status}.'
                )
                reporter.warn('demonstration_left_out', text)
    return by_sample, trajectories


def parameter_counts(model: Any) -> dict[str, int]:
    counted = [(one.numel(), one.requires_grad) for one in model.parameters()]
    return {'all': sum(n for n, _ in counted), 'trainable': sum(n for n, trained in counted if trained)}


def device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == 'cuda' else device.type


class Run:
    """One attempt at a run, in one process of it."""

    def __init__(
        self, folder: RunFolder, reporter: Reporter, attempt: int, stop: StopFlag, around: Around = just_run
    ) -> None:
        self.folder, self.reporter, self.attempt, self.stop = folder, reporter, attempt, stop
        self._around = around
        self.config: Config | None = None
        self.saver: Saver | None = None

    def train(self) -> None:
        """RunError and what the libraries raise when it fails."""
        config = self.config = self.config or read_run_config(self.folder)
        self.reporter.phase('loading', 0)
        torch.set_num_threads(config.threads or os.cpu_count() or 1)
        device = choose_device(config)
        dtype = choose_dtype(config, device)
        data = load_data(self.folder, self.reporter)
        settings = episode_settings(config)
        agent = load_agent(config, dtype)
        trainer = build_trainer(config, self.folder, agent, device, dtype)
        player = Player(agent, settings, Images(), config.rollout_batch_size)
        known, trajectories = playable(player, data, self.reporter)
        plan = Plan(config, data.train, known)
        scorer = Scorer(config, data.approved)
        saver = self.saver = Saver(config, self.folder, self.reporter, self._around)
        newest = saver.newest()
        self._announce(
            config, trainer, data, len(trajectories), dtype, None if newest is None else newest.step
        )
        session = Session(
            config, self.folder, trainer, player, scorer, saver, self.reporter, data.validation, self.stop
        )
        trainer.bind(config, player, plan, scorer, self.reporter, session.after_step)
        if newest is None:
            session.begin(0)
            self._warm_up(config, trainer, player, trajectories, saver)
        elif newest.step == 0:
            trainer.load_weights(newest.folder)
        behind = newest is not None and newest.step > 0
        trainer.train(resume_from_checkpoint=str(newest.folder) if newest and behind else None)
        self.reporter.event(
            'run_ended',
            step=trainer.state.global_step,
            outcome='stopped' if session.stopped else 'finished',
            checkpoint=saver.last_name,
        )

    def _warm_up(
        self,
        config: Config,
        trainer: AgentTrainer,
        player: Player,
        trajectories: Sequence[tuple[Trajectory, Sample]],
        saver: Saver,
    ) -> None:
        if config.demonstrations.mode == 'warm_up' and trajectories:
            model = trainer.accelerator.unwrap_model(trainer.model)
            warm_up(config, model, player, trajectories, trainer.pad, self.reporter)
            saver.save(trainer, None)

    def _announce(
        self,
        config: Config,
        trainer: AgentTrainer,
        data: Data,
        demonstrations: int,
        dtype: torch.dtype,
        resumed_from: int | None,
    ) -> None:
        device = trainer.accelerator.device
        self.reporter.event(
            'run_started',
            run_id=config.run_id,
            attempt=self.attempt,
            pid=os.getpid(),
            resumed_from=resumed_from,
            max_steps=config.max_steps,
            device=str(device),
            device_name=device_name(device),
            dtype=str(dtype).removeprefix('torch.'),
            num_processes=config.num_processes,
            threads=torch.get_num_threads(),
            gradient_accumulation_steps=gradient_accumulation_steps(config),
            parameters=parameter_counts(trainer.model),
            samples={
                'train': len(data.train),
                'validation': len(data.validation),
                'demonstrations': demonstrations,
            },
            versions=versions(),
        )


def report_failure(
    run: Run, writer: EventWriter, error: BaseException, other: tuple[str, str] | None
) -> None:
    """The last words. On a full disk the reserve makes room for them."""
    code, message = explain(error)
    if other is not None and code == 'internal':
        code, message = other
    checkpoint = None if run.saver is None else run.saver.last_name
    detail = ''.join(traceback.format_exception(error))[-8000:]
    writer.release_reserve()
    with contextlib.suppress(OSError):
        writer.write(
            'failed',
            step=run.reporter.step,
            code=code,
            message=message,
            checkpoint=checkpoint,
            detail=detail,
        )
    print(f'The run failed ({code}): {message}', file=sys.stderr)


def run_first(folder: RunFolder, around: Around = just_run) -> int:
    """The process that holds the folder and tells what happens."""
    stop = StopFlag()
    with FolderLock(folder.lock):
        writer = EventWriter(folder.events)
        attempt = writer.attempts + 1
        with contextlib.closing(writer), Heartbeat(folder.heartbeat, attempt) as heartbeat:
            reporter = Reporter(folder, writer, heartbeat)
            run = Run(folder, reporter, attempt, stop, around)
            try:
                config = run.config = read_run_config(folder)
                stop.listen()
                cpu = choose_device(config).type == 'cpu'
                helpers = Helpers(folder.root, config.num_processes, cpu)
            except Exception as error:
                report_failure(run, writer, error, None)
                return 1
            try:
                with helpers:
                    run.train()
            except Exception as error:
                report_failure(run, writer, error, helpers.first_error())
                return 1
    return 0


def run_other(folder: RunFolder) -> int:
    """A process after the first: it trains along and tells nothing."""
    die_with_parent()
    try:
        Run(folder, Reporter(folder, None), 0, StopFlag()).train()
    except Exception as error:
        leave_error(folder.root, *explain(error))
        traceback.print_exc()
        return 1
    return 0


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog='imagent_trainer train', description=__doc__)
    parser.add_argument('run_folder', type=Path)
    folder = RunFolder(parser.parse_args(argv).run_folder.resolve())
    if not folder.root.is_dir():
        print(f'There is no folder {folder.root}.', file=sys.stderr)
        return 2
    go_first_when_memory_is_short()
    if rank() > 0:
        return run_other(folder)
    try:
        return run_first(folder)
    except AlreadyRunningError as error:
        print(error, file=sys.stderr)
        return 3
    finally:
        if torch.distributed.is_initialized():
            torch.distributed.destroy_process_group()
