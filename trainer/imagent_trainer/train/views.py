"""Views of scenes with dense labels, made by worker processes, in an order that only the seed decides."""

import random
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
from PIL import Image

from ..world.scene import (
    BOX_SIDE,
    BOX_STEP,
    COLOURS,
    PATTERNS,
    SCALE,
    SHAPES,
    VIEW,
    Scene,
    make_scene,
    render,
    target_box,
)
from .fast import to_patches

LABELS = ('shape', 'colour', 'x', 'y', 'pattern')
CLASSES = {'shape': 5, 'colour': 7, 'x': 21, 'y': 21, 'pattern': 5}
"""Shape and colour: 0 is background. x and y: the box corner in steps of 4 px, -100 off the objects."""
_CELL = VIEW / 4


def crop_view(image: Image.Image, box: tuple[float, float, float, float]) -> np.ndarray:
    """The 112 px view of a box given in view pixels (whole source pixels after scaling)."""
    x1, y1, x2, y2 = (round(SCALE * v) for v in box)
    return np.asarray(image.crop((x1, y1, x2, y2)).resize((VIEW, VIEW), Image.Resampling.BICUBIC))


def full_view(image: Image.Image) -> np.ndarray:
    return np.asarray(image.resize((VIEW, VIEW), Image.Resampling.BICUBIC))


def dense_labels(scene: Scene, box: tuple[float, float, float, float], readable: bool) -> np.ndarray:
    """int16 [5,16]: shape, colour, x, y and pattern of the object that covers each merged token of a view."""
    labels = np.zeros((5, 4, 4), np.int16)
    labels[2:] = -100
    zoom = VIEW / (SCALE * (box[2] - box[0]))
    for item in scene.items:
        cx, cy = (item.x - SCALE * box[0]) * zoom, (item.y - SCALE * box[1]) * zoom
        reach = max(_CELL / 2, 0.8 * item.radius * zoom)
        near = max(_CELL / 2, 0.6 * item.radius * zoom)
        code = [min(max(round((c - BOX_SIDE / 2) / BOX_STEP), 0), 20) for c in (cx, cy)]
        for row in range(4):
            for col in range(4):
                distance = max(abs((col + 0.5) * _CELL - cx), abs((row + 0.5) * _CELL - cy))
                if distance <= reach:
                    labels[:4, row, col] = (
                        SHAPES.index(item.shape) + 1,
                        list(COLOURS).index(item.colour) + 1,
                        *code,
                    )
                if readable and distance <= near:
                    labels[4, row, col] = PATTERNS.index(item.pattern)
    return labels.reshape(5, 16)


def _random_box(rng: random.Random, scene: Scene) -> tuple[float, float, float, float]:
    """Mostly the agent's own boxes, off by a few steps; else other sizes and places."""
    item = rng.choice(scene.items)
    x1, y1, _, _ = target_box(item)
    if rng.random() < 0.6:
        x1, y1 = (min(max(v + BOX_STEP * rng.randint(-2, 2), 0), VIEW - BOX_SIDE) for v in (x1, y1))
        return x1, y1, x1 + BOX_SIDE, y1 + BOX_SIDE
    side = rng.randint(26, 44)
    left, top = (
        min(max(c / SCALE - side / 2 + rng.randint(-9, 9), 0), VIEW - side) for c in (item.x, item.y)
    )
    left, top = round(left), round(top)
    return left, top, left + side, top + side


@dataclass(frozen=True)
class Shard:
    patches: np.ndarray
    """uint8 [n,64,588]"""
    labels: np.ndarray
    """int16 [n,5,16]"""


def tower_shard(seed: int, scenes: int = 256) -> Shard:
    rng = random.Random(seed)
    patches, labels = [], []
    for _ in range(scenes):
        scene = make_scene(rng, rng.randint(1, 4))
        image = render(scene)
        patches.append(to_patches(full_view(image)))
        labels.append(dense_labels(scene, (0, 0, VIEW, VIEW), False))
        for _ in range(2):
            box = _random_box(rng, scene)
            patches.append(to_patches(crop_view(image, box)))
            labels.append(dense_labels(scene, box, True))
    return Shard(np.stack(patches), np.stack(labels))


def shards(seed: int, start: int = 0, workers: int = 1, ahead: int = 3) -> Iterator[Shard]:
    """Shards start, start + 1, ... of a seed, made ahead by worker processes."""
    with ProcessPoolExecutor(workers) as pool:
        pending: list[Future[Shard]] = []
        index = start
        while True:
            while len(pending) < ahead:
                pending.append(pool.submit(tower_shard, seed + index))
                index += 1
            yield pending.pop(0).result()
