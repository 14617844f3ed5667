"""Checkpoints of a training run, written so that a kill never leaves half a file."""

from pathlib import Path
from typing import Any

import torch


def save(path: Path, content: dict[str, Any]) -> None:
    part = path.with_suffix('.part')
    torch.save(content, part)
    part.replace(path)


def load(path: Path) -> dict[str, Any] | None:
    """None when there is none. Only tensors and plain values are read."""
    return torch.load(path, weights_only=True) if path.exists() else None
