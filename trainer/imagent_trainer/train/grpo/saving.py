"""Checkpoints of a run: the weights that are trained, and all that is needed to go on as if nothing had happened.

No state of random generators is kept: every draw is seeded by its step, group and index (plan.py), so a step that is
done again is the same step.
"""

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel, get_peft_model_state_dict
from safetensors.torch import save_file

from imagent_trainer.protocol.checkpoints import (
    Around,
    Checkpoint,
    WriteFile,
    just_run,
    newest_whole,
    thin,
    write_checkpoint,
)
from imagent_trainer.protocol.config import Config
from imagent_trainer.protocol.run_folder import RunFolder
from imagent_trainer.train.grpo.reporter import Reporter
from imagent_trainer.train.grpo.trainer import AgentTrainer

# A checkpoint is written beside the older ones, and something should be left after it.
ROOM = 2.2


def weights_of(model: Any) -> dict[str, torch.Tensor]:
    """Each weight once: tied ones share their memory, which safetensors refuses."""
    seen: set[int] = set()
    found = {}
    for name, tensor in model.state_dict().items():
        if tensor.data_ptr() not in seen or tensor.numel() == 0:
            seen.add(tensor.data_ptr())
            found[name] = tensor.contiguous()
    return found


def checkpoint_files(trainer: AgentTrainer) -> dict[str, WriteFile]:
    """Writers by file name, as transformers reads them back. Step 0, after a warm-up, has weights only."""
    model: Any = trainer.accelerator.unwrap_model(trainer.model)
    files: dict[str, WriteFile] = {}
    if isinstance(model, PeftModel):
        adapter = {name: value.contiguous() for name, value in get_peft_model_state_dict(model).items()}
        files['adapter_model.safetensors'] = lambda path: save_file(adapter, path, {'format': 'pt'})
        peft = model.peft_config['default']
        files['adapter_config.json'] = lambda path: peft.save_pretrained(str(path.parent))
    else:
        weights = weights_of(model)
        files['model.safetensors'] = lambda path: save_file(weights, path, {'format': 'pt'})
    if trainer.state.global_step > 0 and trainer.optimizer is not None:
        optimizer: Any = trainer.optimizer
        scheduler: Any = trainer.lr_scheduler
        files['optimizer.pt'] = lambda path: torch.save(optimizer.state_dict(), path)
        files['scheduler.pt'] = lambda path: torch.save(scheduler.state_dict(), path)
        files['trainer_state.json'] = lambda path: trainer.state.save_to_json(str(path))
    return files


class Saver:
    """`around` is the seam at which a test makes the disk full."""

    def __init__(
        self, config: Config, folder: RunFolder, reporter: Reporter, around: Around = just_run
    ) -> None:
        self._config, self._folder, self._reporter, self._around = config, folder, reporter, around
        self.last: Checkpoint | None = None

    def newest(self) -> Checkpoint | None:
        """The newest whole checkpoint, with a warning for every newer one that is not whole."""

        def broken(folder: Path) -> None:
            text = f'{self._folder.name_of(folder)} is not whole and is not used.'
            self._reporter.warn('checkpoint_broken', text)

        self.last = newest_whole(self._folder.checkpoints, broken)
        return self.last

    @property
    def last_name(self) -> str | None:
        return None if self.last is None else self._folder.name_of(self.last.folder)

    def save(self, trainer: AgentTrainer, accuracy: float | None) -> None:
        """The first process writes, the others wait for it. OSError leaves the older checkpoints as they were."""
        if trainer.accelerator.is_main_process:
            self._write(trainer, accuracy)
        trainer.accelerator.wait_for_everyone()

    def _write(self, trainer: AgentTrainer, accuracy: float | None) -> None:
        step, started = trainer.state.global_step, time.perf_counter()
        self._warn_low_disk(trainer, step)
        self.last = write_checkpoint(
            self._folder.checkpoints,
            step,
            checkpoint_files(trainer),
            {
                'run_id': self._config.run_id,
                'kind': 'lora' if self._config.lora.enabled else 'full',
                'accuracy': accuracy,
            },
            self._around,
        )
        self._reporter.event(
            'checkpoint_saved',
            step=step,
            folder=self.last_name,
            bytes=self.last.bytes,
            seconds=time.perf_counter() - started,
        )
        removed: Callable[[int, Path], None] = lambda old, path: self._reporter.event(  # noqa: E731
            'checkpoint_removed', step=old, folder=self._folder.name_of(path)
        )
        thin(self._folder.checkpoints, self._config.keep_checkpoints, removed)

    def _warn_low_disk(self, trainer: AgentTrainer, step: int) -> None:
        """Before the first checkpoint its size is reckoned: what is trained, and AdamW's two numbers for each of it."""
        model: Any = trainer.model
        trained = sum(one.numel() * one.element_size() for one in model.parameters() if one.requires_grad)
        needed = 3 * trained if self.last is None else self.last.bytes
        free = shutil.disk_usage(self._folder.root).free
        if free < ROOM * needed:
            text = f'{free >> 20} MiB are free; the next checkpoint needs {needed >> 20}. Free some space.'
            self._reporter.warn('low_disk', text, step)
