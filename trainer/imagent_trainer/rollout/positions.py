"""Rotary positions (m-rope) of a context: three rows (time, height, width), carried over turns by one integer.

Text counts up in all three rows. The cells of an image share one time; rows and columns count from there. After an
image the next position is start + max(rows, columns).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from imagent_trainer.rollout.views import FACTOR, View


@dataclass(frozen=True)
class TextRun:
    """`length` text tokens (image delimiters are text)."""

    length: int


@dataclass(frozen=True)
class ImageRun:
    """The merged grid of one image: `rows` x `columns` tokens, row by row."""

    rows: int
    columns: int


Run = TextRun | ImageRun
Positions = tuple[list[int], list[int], list[int]]


def image_run(view: View) -> ImageRun:
    return ImageRun(view.height // FACTOR, view.width // FACTOR)


def run_positions(runs: Iterable[Run], start: int = 0) -> tuple[Positions, int]:
    """(positions [3][tokens], the next position) for runs that follow a context whose next position is `start`."""
    time: list[int] = []
    height: list[int] = []
    width: list[int] = []
    position = start
    for run in runs:
        if isinstance(run, TextRun):
            steps = range(position, position + run.length)
            time.extend(steps)
            height.extend(steps)
            width.extend(steps)
            position += run.length
        else:
            for row in range(run.rows):
                time.extend([position] * run.columns)
                height.extend([position + row] * run.columns)
                width.extend(range(position, position + run.columns))
            position += max(run.rows, run.columns)
    return (time, height, width), position
