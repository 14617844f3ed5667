"""What every tool shares: its result type and the check of the image number."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from imagent_trainer.rollout.views import View


@dataclass(frozen=True)
class ToolError:
    """A refused call. `text` goes to the model and names the valid range."""

    text: str


ToolResult = View | ToolError


def as_number(value: object) -> float | int | None:
    """A finite JSON number, or None. JSON's true and false are not numbers, though Python's bool is an int."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value


def named_view(value: object, views: Sequence[View]) -> View | ToolError:
    """The view that an `image` argument names. 1.0 is 1: JSON has one number type."""
    number = as_number(value)
    if number is None or number != math.floor(number) or not 1 <= number <= len(views):
        return ToolError(f'image must be a whole number from 1 to {len(views)}.')
    return views[int(number) - 1]
