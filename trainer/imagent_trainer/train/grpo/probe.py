"""`python -m imagent_trainer probe RUN_FOLDER`: plays and trains a little, and says what the whole run would take.

Prints one JSON object (shared/trainer-protocol/run-folder.ts, probeReport). Nothing is written to the folder.
"""

import argparse
import contextlib
import json
import math
import os
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import torch

from imagent_trainer.protocol.config import Config, gradient_accumulation_steps
from imagent_trainer.protocol.files import finite
from imagent_trainer.protocol.run_folder import RunFolder
from imagent_trainer.train.grpo.build import (
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
from imagent_trainer.train.grpo.reporter import Reporter, memory
from imagent_trainer.train.grpo.run import parameter_counts, read_run_config
from imagent_trainer.train.grpo.saving import ROOM, checkpoint_files
from imagent_trainer.train.grpo.scoring import Scorer, compare
from imagent_trainer.train.grpo.trainer import AgentTrainer, micro_batches
from imagent_trainer.train.policy import Sampling

ROLLOUTS = 16
SLOW_SECONDS = 24 * 3600.0
# Of what is free: the rest of the machine needs some too.
MOST_MEMORY = 0.9


def devices() -> list[dict[str, Any]]:
    free = psutil.virtual_memory()
    found = [{'kind': 'cpu', 'name': 'CPU', 'memory_bytes': free.total, 'free_bytes': free.available}]
    for index in range(torch.cuda.device_count()):
        left, total = torch.cuda.mem_get_info(index)
        name = torch.cuda.get_device_name(index)
        found.append({'kind': 'cuda', 'name': name, 'memory_bytes': total, 'free_bytes': left})
    if torch.backends.mps.is_available():
        found.append({'kind': 'mps', 'name': 'Apple GPU', 'memory_bytes': None, 'free_bytes': None})
    return found


class Probe:
    """What has been measured so far: a probe that fails half-way still says the first half."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self.report: dict[str, Any] = {
            'ok': False,
            'versions': versions(),
            'devices': devices(),
            'device': 'cpu',
            'seconds_per_rollout': None,
            'seconds_per_update': None,
            'seconds_per_step': None,
            'seconds_total': None,
            'peak_bytes': None,
            'checkpoint_bytes': None,
            'free_disk_bytes': shutil.disk_usage(folder.root).free,
            'parameters': None,
            'warnings': [],
        }

    def warn(self, code: str, message: str) -> None:
        self.report['warnings'].append({'code': code, 'message': message})

    def run(self) -> None:
        config = replace(read_run_config(self._folder), num_processes=1)
        torch.set_num_threads(config.threads or os.cpu_count() or 1)
        device = choose_device(config)
        self.report['device'] = device.type
        reporter = Reporter(self._folder, None)
        data = load_data(self._folder, reporter)
        dtype = choose_dtype(config, device)
        agent = load_agent(config, dtype)
        with tempfile.TemporaryDirectory() as scratch:
            trainer = build_trainer(config, RunFolder(Path(scratch)), agent, device, dtype)
            self.report['parameters'] = parameter_counts(trainer.model)
            player = Player(agent, episode_settings(config), Images(), config.rollout_batch_size)
            plan, scorer = Plan(config, data.train, {}), Scorer(config, data.approved)
            trainer.bind(config, player, plan, scorer, reporter, lambda step: (False, 0.0))
            self._measure(config, trainer, plan, player, scorer)
            sizes = {}
            for name, write in checkpoint_files(trainer).items():
                write(Path(scratch) / name)
                sizes[name] = (Path(scratch) / name).stat().st_size
        # AdamW keeps two numbers in float32 for each one that is trained.
        state = 8 * self.report['parameters']['trainable']
        self.report['checkpoint_bytes'] = sum(sizes.values()) + state
        self._judge(config, len(data.validation))
        self.report['ok'] = True

    def _measure(
        self, config: Config, trainer: AgentTrainer, plan: Plan, player: Player, scorer: Scorer
    ) -> None:
        """One group or two are played, and one micro-batch of them is trained on, whatever its reward."""
        prompts = max(1, min(config.prompts_per_step, ROLLOUTS // config.num_generations))
        places = [(prompt, index) for prompt in range(prompts) for index in range(config.num_generations)]
        slots = [plan.slot(1, prompt, index) for prompt, index in places]
        started = time.perf_counter()
        played = player.play(slots, Sampling(config.temperature, config.top_p))
        self.report['seconds_per_rollout'] = (time.perf_counter() - started) / len(slots)
        scored = scorer.score_all(slots, played, lambda text: self.warn('judge_unreachable', text))
        if not any(any(group.advantages) for group in compare([one.member for one in scored], config)):
            self.warn(
                'no_gradient',
                'In this probe all rollouts of a question had the same reward, so that there was nothing to learn. '
                'Harder questions, a higher temperature or larger groups may help.',
            )
        kept = [replace(one, decision=replace(one.decision, dropped=False, reason=None)) for one in scored]
        batch = trainer.training_batch(kept, [1.0] * len(kept))
        size = min(config.per_device_train_batch_size, len(kept))
        # The longest rows: they decide the memory.
        chosen = micro_batches(batch, max(1, len(kept) // size))[-1]
        model: Any = trainer.model
        model.train()
        trainer.current_gradient_accumulation_steps = gradient_accumulation_steps(config)
        count, started = len(chosen['rows']), time.perf_counter()
        trainer.compute_loss(model, chosen).backward()
        self.report['seconds_per_update'] = (time.perf_counter() - started) / count
        trainer._metrics['train'].clear()
        used = memory(trainer.accelerator.device)
        peak = used['gpu_peak_bytes'] or used['cpu_peak_bytes'] or used['cpu_bytes']
        # The moments of AdamW come with the first optimiser step.
        self.report['peak_bytes'] = (peak or 0.0) + 8 * self.report['parameters']['trainable']

    def _judge(self, config: Config, validation: int) -> None:
        """The whole run from what was measured, and what speaks against it."""
        report = self.report
        rollouts = config.rollouts_per_step
        play, update = report['seconds_per_rollout'], report['seconds_per_update']
        step = play * rollouts / config.num_iterations + update * rollouts
        evaluations = (
            math.ceil(config.max_steps / config.evaluation_every) + 1 if config.evaluation_every else 0
        )
        asked = min(config.evaluation_samples, validation)
        report['seconds_per_step'] = step
        report['seconds_total'] = step * config.max_steps + evaluations * asked * play
        if report['seconds_total'] > SLOW_SECONDS:
            hours = report['seconds_total'] / 3600
            self.warn(
                'slow', f'The run would take about {hours:.0f} hours. Fewer steps or prompts take less.'
            )
        need = report['checkpoint_bytes'] * (config.keep_checkpoints + ROOM)
        if need > report['free_disk_bytes']:
            text = (
                f'Checkpoints need {need / 2**30:.1f} GiB; {report["free_disk_bytes"] / 2**30:.1f} are free.'
            )
            self.warn('disk', f'{text} Keep fewer of them, or free some space.')
        device = next((one for one in report['devices'] if one['kind'] == report['device']), None)
        total = None if device is None else device['memory_bytes']
        if total is not None and report['peak_bytes'] > MOST_MEMORY * total:
            self.warn(
                'memory',
                f'The run needs about {report["peak_bytes"] / 2**30:.1f} GiB of {total / 2**30:.1f}. Lower '
                'per_device_train_batch_size or rollout_batch_size, or turn on gradient_checkpointing.',
            )


def warning_code(code: str) -> str:
    """A failure of the protocol as a warning of the probe."""
    known = {
        'out_of_memory': 'memory',
        'gpu_out_of_memory': 'memory',
        'disk_full': 'disk',
        'bad_data': 'data',
        'device_unavailable': 'device',
    }
    return known.get(code, 'config')


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog='imagent_trainer probe', description=__doc__)
    parser.add_argument('run_folder', type=Path, help='a run folder, or its config.json')
    path = parser.parse_args(argv).run_folder.resolve()
    root = path.parent if path.is_file() else path
    if not root.is_dir():
        print(f'There is no folder {root}.', file=sys.stderr)
        return 2
    probe = Probe(RunFolder(root))
    try:
        # What a library prints belongs to the log, not into the answer.
        with contextlib.redirect_stdout(sys.stderr):
            probe.run()
    except (Exception, RunError) as error:
        code, message = explain(error)
        probe.warn(warning_code(code), message)
    print(json.dumps(finite(probe.report), allow_nan=False))
    return 0 if probe.report['ok'] else 1
