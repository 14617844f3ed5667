"""Stage 1: the vision tower alone, with labels for every merged token.

The position labels are what matters: image features of this architecture carry no absolute position by themselves.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from .fast import normalise, vision
from .model import HIDDEN, TOKENS
from .optim import Pair
from .run import Run
from .views import CLASSES, LABELS, Shard, shards, tower_shard

BATCH = 96
_STEPS_A_SHARD = 10
_WINDOW = 6
_ROWS = torch.arange(TOKENS) // 4
_COLUMNS = torch.arange(TOKENS) % 4


def make_heads() -> nn.ModuleDict:
    return nn.ModuleDict(
        {name: nn.Linear(HIDDEN, n) for name, n in {**CLASSES, 'row': 4, 'column': 4}.items()}
    )


def tower_loss(
    heads: nn.ModuleDict, features: torch.Tensor, labels: torch.Tensor
) -> tuple[torch.Tensor, dict]:
    """Mean cross-entropy over the dense labels [n,5,16] and the accuracy of each where an object is."""
    loss = torch.zeros(())
    accuracy: dict[str, float] = {}
    n = labels.shape[0]
    targets = {name: labels[:, k] for k, name in enumerate(LABELS)}
    targets['row'], targets['column'] = _ROWS.expand(n, TOKENS), _COLUMNS.expand(n, TOKENS)
    for name, target in targets.items():
        logits = heads[name](features).flatten(0, 1)
        flat = target.flatten()
        weight = 0.5 if name in ('x', 'y') else 1.0
        loss = loss + weight * functional.cross_entropy(logits, flat)
        some = flat > 0 if name in ('shape', 'colour') else flat >= 0
        accuracy[name] = (logits.argmax(-1)[some] == flat[some]).float().mean().item()
    return loss, accuracy


def schedule(step: int, steps: int, warm: int = 100, floor: float = 0.05) -> float:
    """Warm-up, a flat part, and a linear fall over the last 30%."""
    return min(1.0, (step + 1) / warm) * max(floor, min(1.0, (steps - step) / (0.3 * steps)))


def train(
    run: Run,
    heads: nn.ModuleDict,
    seed: int,
    steps: int,
    first: int,
    state: list[dict] | None,
    save: Callable[[int, Pair], None],
) -> bool:
    """Trains in place from step `first`; False when the run's time was up before the end."""
    visual = run.model.model.visual
    named = [*visual.named_parameters(), *((f'head.{k}', p) for k, p in heads.named_parameters())]
    optimiser = Pair(named, muon_lr=0.01, adam_lr=2e-3, decay=0.01)
    if state:
        optimiser.load(state)
    source = shards(seed, first // _STEPS_A_SHARD)
    window: list[Shard] = [next(source) for _ in range(3)]
    held = tower_shard(seed - 1, 100)
    rng = np.random.default_rng(seed + first)
    for step in range(first, steps):
        if step % _STEPS_A_SHARD == 0:
            window = [*window[-_WINDOW + 1 :], next(source)]
        patches, labels = draw(window, rng)
        features = vision(visual, normalise(torch.from_numpy(patches)))
        loss, _ = tower_loss(heads, features, torch.from_numpy(labels).long())
        loss.backward()
        optimiser.step(schedule(step, steps))
        last = step == steps - 1 or run.spent() > run.deadline
        if step % 50 == 0 or last:
            run.note('tower', step, loss=round(loss.item(), 4), **held_out(visual, heads, held))
        if step % 200 == 199 or last:
            save(step + 1, optimiser)
        if last:
            return step == steps - 1
    return True


def held_out(visual: Any, heads: nn.ModuleDict, shard: Shard) -> dict[str, float]:
    """Accuracies on views that are never trained on."""
    with torch.no_grad():
        features = vision(visual, normalise(torch.from_numpy(shard.patches)))
        _, accuracy = tower_loss(heads, features, torch.from_numpy(shard.labels).long())
    return {name: round(value, 3) for name, value in accuracy.items()}


def draw(window: list[Shard], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A batch drawn evenly from the window of shards."""
    part = BATCH // len(window)
    patches, labels = [], []
    for shard in window:
        pick = rng.integers(0, len(shard.patches), part)
        patches.append(shard.patches[pick])
        labels.append(shard.labels[pick])
    return np.concatenate(patches), np.concatenate(labels)
