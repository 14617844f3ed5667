"""`python -m imagent_trainer merge CHECKPOINT OUT`: a checkpoint as a whole model folder, with its lineage.

The adapter is merged in float32, and the weights are written in the type that the agent's own have.
"""

import argparse
import hashlib
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import Qwen2_5_VLForConditionalGeneration
from transformers.utils.logging import disable_progress_bar

from imagent_trainer.protocol.agent_folder import FILE
from imagent_trainer.protocol.checkpoints import Checkpoint, whole
from imagent_trainer.protocol.config import Config
from imagent_trainer.protocol.publish import replaced_folder
from imagent_trainer.protocol.run_folder import RunFolder
from imagent_trainer.train.grpo.build import versions

# Weights and graphs are new; everything else of the agent's folder holds for the trained one too.
NOT_COPIED = (
    '*.safetensors',
    '*.safetensors.index.json',
    '*.bin',
    '*.pt',
    '*.onnx',
    '*.onnx_data',
    'onnx',
    FILE,
)


class MergeError(Exception):
    """What is wrong with the checkpoint; the message says it."""


def merged_model(config: Config, checkpoint: Checkpoint) -> Any:
    model: Any = Qwen2_5_VLForConditionalGeneration.from_pretrained(
        config.agent_folder, dtype=torch.float32, local_files_only=True
    )
    if checkpoint.kind == 'lora':
        return PeftModel.from_pretrained(model, str(checkpoint.folder)).merge_and_unload()  # type: ignore[operator]
    missing, unknown = model.load_state_dict(load_file(checkpoint.folder / 'model.safetensors'), strict=False)
    tied = set(model.all_tied_weights_keys)
    if unknown or set(missing) - tied:
        raise MergeError(f"{checkpoint.folder.name} does not fit the agent that the run's config.json names.")
    return model


def stored_dtype(folder: Path) -> torch.dtype:
    """The type of an agent's weights, by its config.json."""
    value = json.loads((folder / 'config.json').read_text(encoding='utf-8'))
    name = value.get('dtype') or value.get('torch_dtype') or 'float32'
    found = getattr(torch, str(name), None)
    return found if isinstance(found, torch.dtype) else torch.float32


def lineage(config: Config, checkpoint: Checkpoint, config_text: bytes) -> dict[str, Any]:
    """Where the agent comes from: enough to train it again."""
    return {
        'parent': config.lineage['parent_agent'],
        'snapshot': config.lineage['snapshot'],
        'run_id': config.run_id,
        'step': checkpoint.step,
        'accuracy': checkpoint.accuracy,
        'kind': checkpoint.kind,
        'config_sha256': hashlib.sha256(config_text).hexdigest(),
        'versions': versions(),
    }


def merge(checkpoint_folder: Path, out: Path) -> Path:
    """Writes the folder, whole or not at all. MergeError where the checkpoint is not whole, or its run is not there."""
    checkpoint = whole(checkpoint_folder)
    if checkpoint is None:
        raise MergeError(f'{checkpoint_folder} is not a whole checkpoint.')
    run = RunFolder(checkpoint_folder.parents[1])
    try:
        config = run.read_config()
    except (OSError, ValueError) as error:
        raise MergeError(f"The run's config.json cannot be used: {error}") from error
    agent = Path(config.agent_folder)
    model = merged_model(config, checkpoint).to(stored_dtype(agent))
    about_path = agent / FILE
    about: dict[str, Any] = (
        json.loads(about_path.read_text(encoding='utf-8')) if about_path.exists() else {'format': 1}
    )
    about['lineage'] = lineage(config, checkpoint, (run.root / 'config.json').read_bytes())
    with replaced_folder(out) as fresh:
        model.save_pretrained(fresh)
        # The agent's own files over those that the library writes anew: they say more.
        shutil.copytree(agent, fresh, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*NOT_COPIED))
        (fresh / FILE).write_text(json.dumps(about, indent=2, ensure_ascii=False) + '\n', encoding='utf-8')
        for path in fresh.rglob('*'):
            path.chmod(0o755 if path.is_dir() else 0o644)
    return out


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog='imagent_trainer merge', description=__doc__)
    parser.add_argument('checkpoint', type=Path)
    parser.add_argument('out', type=Path)
    options = parser.parse_args(argv)
    disable_progress_bar()
    try:
        merge(options.checkpoint.resolve(), options.out.resolve())
    except (MergeError, OSError, ValueError) as error:
        print(f'The merge failed: {error}', file=sys.stderr)
        return 1
    print(json.dumps({'model': str(options.out.resolve())}))
    return 0
