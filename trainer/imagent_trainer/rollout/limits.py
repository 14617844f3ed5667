"""The limits that end an episode. Defaults are those of the demo agent; an agent folder may set its own."""

from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Limits:
    """Counts: calls and bad calls of an episode, tokens (text and image), pixels of all views as the model sees."""

    max_calls: int = 8
    max_tokens_per_turn: int = 256
    max_episode_tokens: int = 4096
    max_episode_pixels: int = 4_000_000
    max_bad_calls_in_row: int = 3

    @staticmethod
    def from_json(value: dict[str, Any]) -> 'Limits':
        known = {field.name for field in fields(Limits)}
        return Limits(**{name: int(count) for name, count in value.items() if name in known})


@dataclass(frozen=True)
class PixelSettings:
    """How large a view may be, in pixels as the model sees it. Crops may have a larger lower bound: a zoom enlarges."""

    min_pixels: int = 12_544
    max_pixels: int = 12_544
    crop_min_pixels: int = 12_544
