"""Stage 2: the language model learns to find, read and reason, from drills to whole episodes.

The tower is frozen first, so that its features are computed once for a set of episodes and used several times.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from ..world.scene import PATTERNS, VIEW
from .episodes import Episode, Noise, make_episode
from .fast import decoder, normalise, vision
from .model import HIDDEN
from .optim import Pair
from .recipe import Stage
from .run import Run
from .tokenizer import build_tokenizer

SHARD = 192
_WINDOW = 6


@dataclass(frozen=True)
class Batch:
    ids: Tensor
    positions: Tensor
    slots: Tensor
    """[batch,length] rows of `features` flattened over tokens, -1 at text."""
    loss: Tensor
    aims: Tensor
    """[batch,length,6], see episodes.Aim"""


@dataclass
class Store:
    """Episodes of one shard with the features of their views."""

    episodes: Sequence[Episode]
    features: Tensor
    offsets: np.ndarray


def episode_shard(seed: int, mix: dict[str, float], noise: Noise, count: int = SHARD) -> list[Episode]:
    tokenizer = _tokenizer()
    rng = random.Random(seed)
    return [make_episode(rng, tokenizer, mix, noise) for _ in range(count)]


_CACHE: list[Tokenizer] = []


def _tokenizer() -> Tokenizer:
    if not _CACHE:
        _CACHE.append(build_tokenizer())
    return _CACHE[0]


def episode_shards(seed: int, mix: dict[str, float], noise: Noise, ahead: int = 2) -> Iterator[list[Episode]]:
    with ProcessPoolExecutor(1) as pool:
        pending: list[Future[list[Episode]]] = []
        index = 0
        while True:
            while len(pending) < ahead:
                pending.append(pool.submit(episode_shard, seed + index, mix, noise))
                index += 1
            yield pending.pop(0).result()


def store(visual: Any, episodes: Sequence[Episode]) -> Store:
    patches = torch.from_numpy(np.concatenate([e.patches for e in episodes]))
    counts = np.array([len(e.patches) for e in episodes])
    offsets = np.concatenate([[0], counts.cumsum()[:-1]])
    with torch.no_grad():
        features = torch.cat([vision(visual, normalise(part)) for part in patches.split(128)])
    return Store(episodes, features, offsets)


def collate(stores: Sequence[Store], picks: Sequence[tuple[int, int]]) -> tuple[Batch, Tensor]:
    """The batch and the features of its views; slots count over the batch's own views."""
    chosen = [stores[s].episodes[e] for s, e in picks]
    length = max(len(e.ids) for e in chosen)
    shape = (len(chosen), length)
    ids, slots = np.zeros(shape, np.int64), np.full(shape, -1, np.int64)
    loss, positions = np.zeros(shape, bool), np.zeros((3, *shape), np.int64)
    aims = np.full((*shape, 6), -100, np.int64)
    features, base = [], 0
    for row, ((s, e), episode) in enumerate(zip(picks, chosen, strict=True)):
        n, views = len(episode.ids), len(episode.patches)
        ids[row, :n], loss[row, :n], positions[:, row, :n] = episode.ids, episode.loss, episode.positions
        aims[row, :n] = episode.aims
        slots[row, :n] = np.where(episode.slots >= 0, episode.slots + base * 16, -1)
        start = stores[s].offsets[e]
        features.append(stores[s].features[start : start + views])
        base += views
    batch = Batch(*(torch.from_numpy(a) for a in (ids, positions, slots, loss, aims)))
    return batch, torch.cat(features)


def predict(model: Any, batch: Batch, features: Tensor) -> tuple[Tensor, Tensor, list[Tensor]]:
    """Logits [n,vocab] and targets [n] at the tokens under the loss; all layers' outputs."""
    language = model.model.language_model
    embeds = language.embed_tokens(batch.ids)
    flat = features.flatten(0, 1)
    where = batch.slots >= 0
    embeds = embeds.masked_scatter(where[..., None], flat[batch.slots[where]])
    hidden, layers = decoder(language, embeds, batch.positions)
    mask = batch.loss[:, 1:]
    return hidden[:, :-1][mask] @ language.embed_tokens.weight.T, batch.ids[:, 1:][mask], layers


def make_aim_heads() -> nn.ModuleDict:
    """Read from inner layers what a token should know (see episodes.Aim). For training only."""
    sizes = {'x': 21, 'y': 21, 'shape': 5, 'colour': 7, 'image': 16, 'pattern': 5}
    return nn.ModuleDict({name: nn.Linear(HIDDEN, size) for name, size in sizes.items()})


_AIM_LAYER = {'x': 2, 'y': 2, 'shape': 1, 'colour': 1, 'image': 1, 'pattern': 2}


def aim_loss(heads: nn.ModuleDict, batch: Batch, layers: Sequence[Tensor]) -> tuple[Tensor, float]:
    """Mean cross-entropy of the inner labels, and how often x and y are right."""
    loss, right = torch.zeros(()), []
    for index, (name, head) in enumerate(heads.items()):
        target = batch.aims[..., index]
        mask = target >= 0
        if not mask.any():
            continue
        inner = layers[_AIM_LAYER[name]][mask]
        logits = head(functional.rms_norm(inner, (inner.shape[-1],)))
        wanted = target[mask].clamp(max=15) if name == 'image' else target[mask]
        loss = loss + functional.cross_entropy(logits, wanted)
        if name in ('x', 'y'):
            right.append(_mean(logits.argmax(-1) == wanted))
    return loss, float(np.mean(right)) if right else 0.0


class Meter:
    """Accuracy on the tokens that carry meaning: box corners (exact, and within 8 px) and patterns."""

    def __init__(self, tokenizer: Tokenizer):
        size = tokenizer.get_vocab_size()
        self.value = torch.full((size,), -1000)
        for n in range(VIEW + 1):
            self.value[tokenizer.token_to_id(str(n))] = n
        self.pattern = torch.zeros(size, dtype=torch.bool)
        for word in PATTERNS:
            self.pattern[tokenizer.token_to_id(f'Ġ{word}')] = True
        self.before = tokenizer.token_to_id(', "bbox_2d": [')

    def measure(self, batch: Batch, logits: Tensor, targets: Tensor) -> dict[str, float]:
        guess = logits.argmax(-1)
        corner = batch.ids == self.before
        corner = corner.roll(1, 1) | corner.roll(3, 1)
        number = corner[:, 1:][batch.loss[:, 1:]] & (self.value[targets] >= 0)
        error = (self.value[guess] - self.value[targets]).abs()
        word = self.pattern[targets]
        return {
            'exact': _mean(error[number] == 0),
            'near': _mean(error[number] <= 8),
            'pattern': _mean((guess == targets)[word]),
            'tokens': _mean(guess == targets),
        }


def _mean(values: Tensor) -> float:
    return round(values.float().mean().item(), 4) if len(values) else 0.0


def draw_batch(stores: Sequence[Store], rng: np.random.Generator, size: int) -> list[tuple[int, int]]:
    """`size` sequences of like length, at random."""
    pool = [
        (int(s), int(e))
        for s, e in zip(rng.integers(0, len(stores), 4 * size), rng.integers(0, SHARD, 4 * size), strict=True)
    ]
    pool.sort(key=lambda pick: len(stores[pick[0]].episodes[pick[1]].ids))
    start = size * int(rng.integers(0, 4))
    return pool[start : start + size]


def held_out(model: Any, meter: Meter, mix: dict[str, float], seed: int) -> Callable[[], dict[str, float]]:
    """A measure on sequences that are never trained on."""
    episodes = episode_shard(seed, mix, Noise(jitter=0, no_tools=0), 64)

    def measure() -> dict[str, float]:
        with torch.no_grad():
            kept = store(model.model.visual, episodes)
            batch, features = collate([kept], [(0, e) for e in range(len(episodes))])
            logits, targets, _ = predict(model, batch, features)
            loss = functional.cross_entropy(logits, targets)
        return {'test_loss': round(loss.item(), 4), **meter.measure(batch, logits, targets)}

    return measure


def rate(stage: Stage, step: int, first: int) -> float:
    """Warm-up over 40 steps (after a resume too), flat, then a linear fall."""
    warm = min(1.0, (step - first + 1) / 40)
    if not stage.decay:
        return warm
    return warm * max(stage.floor, min(1.0, (stage.steps - step) / (stage.decay * stage.steps)))


def train_stage(run: Run, stage: Stage, optimiser: Pair, first: int, save: Callable[[int], None]) -> bool:
    """Trains in place from step `first`; False when the run's time was up before the stage's end."""
    model = run.model
    source = episode_shards(stage.seed + first // stage.refresh, stage.mix, stage.noise)
    stores = [store(model.model.visual, next(source)) for _ in range(2)]
    rng = np.random.default_rng(stage.seed + first)
    meter = Meter(_tokenizer())
    measure = held_out(model, meter, stage.mix, stage.seed - 1)
    seen: list[dict[str, float]] = []
    for step in range(first, stage.steps):
        if step % stage.refresh == 0:
            stores = [*stores[-_WINDOW + 1 :], store(model.model.visual, next(source))]
        batch, features = collate(stores, draw_batch(stores, rng, stage.batch))
        logits, targets, layers = predict(model, batch, features)
        loss = functional.cross_entropy(logits, targets)
        inner, aimed = aim_loss(run.aims, batch, layers)
        (loss + stage.aim_weight * inner).backward()
        optimiser.step(rate(stage, step, first))
        seen.append({'loss': loss.item(), 'aimed': aimed, **meter.measure(batch, logits, targets)})
        last = step == stage.steps - 1 or run.spent() > run.deadline
        if step % 25 == 24 or last:
            means = {k: round(float(np.mean([s[k] for s in seen])), 4) for k in seen[0]}
            run.note(stage.name, step, **means)
            seen = []
        if step % 100 == 99 or last:
            run.note(stage.name, step, held_out=measure())
            save(step + 1)
        if last and step < stage.steps - 1:
            return False
    return True
