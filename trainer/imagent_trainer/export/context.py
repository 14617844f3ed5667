"""Random multi-image, multi-turn contexts: what the parity checks feed to PyTorch and to the exported files."""

import random
from dataclasses import dataclass
from typing import Any

import numpy as np

from imagent_trainer.rollout.positions import ImageRun, Positions, Run, TextRun, run_positions

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class TextPart:
    ids: list[int]


@dataclass(frozen=True)
class ImagePart:
    """`pixel_values` float32 [patches, 1176], `grid` (1, rows, columns) of patches."""

    pixel_values: Array
    grid: tuple[int, int, int]

    @property
    def run(self) -> ImageRun:
        return ImageRun(self.grid[1] // 2, self.grid[2] // 2)


Part = TextPart | ImagePart


@dataclass(frozen=True)
class Context:
    """Turns of parts, as an episode appends them."""

    turns: list[list[Part]]

    @property
    def parts(self) -> list[Part]:
        return [part for turn in self.turns for part in turn]

    def token_ids(self, image_pad: int) -> list[int]:
        ids: list[int] = []
        for part in self.parts:
            ids += (
                part.ids if isinstance(part, TextPart) else [image_pad] * (part.run.rows * part.run.columns)
            )
        return ids


def part_run(part: Part) -> Run:
    return TextRun(len(part.ids)) if isinstance(part, TextPart) else part.run


def positions_of(parts: list[Part], start: int = 0) -> tuple[Positions, int]:
    return run_positions([part_run(part) for part in parts], start)


def random_text(rng: random.Random, allowed: list[int], low: int, high: int) -> TextPart:
    return TextPart([rng.choice(allowed) for _ in range(rng.randint(low, high))])


def random_image(rng: random.Random, patch_values: int, sides: tuple[int, ...]) -> ImagePart:
    rows, columns = rng.choice(sides), rng.choice(sides)
    values = np.random.default_rng(rng.randrange(2**32)).standard_normal((rows * columns * 4, patch_values))
    return ImagePart(values.astype(np.float32), (1, rows * 2, columns * 2))


def random_context(
    seed: int, allowed: list[int], patch_values: int, sides: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 9)
) -> Context:
    """A question on 1 to 4 images, then up to 3 turns that each bring an image or only text."""
    rng = random.Random(seed)
    prompt: list[Part] = [random_text(rng, allowed, 20, 60)]
    for _ in range(rng.randint(1, 4)):
        prompt += [random_image(rng, patch_values, sides), random_text(rng, allowed, 2, 30)]
    turns = [prompt]
    for _ in range(rng.randint(1, 3)):
        turn: list[Part] = [random_text(rng, allowed, 1, 40)]
        if rng.random() < 0.8:
            turn += [random_image(rng, patch_values, sides), random_text(rng, allowed, 1, 8)]
        turns.append(turn)
    return Context(turns)
