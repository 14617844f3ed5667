"""What a bundle was written with: sizes, limits, reward and mask. One file, read by every worker."""

import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from imagent_trainer.rewards.reward import RewardSettings
from imagent_trainer.rollout.limits import Limits, PixelSettings
from imagent_trainer.rollout.status import STATUSES, Status

FILE = 'imagent_verl.json'


@dataclass(frozen=True)
class VerlSettings:
    """`masked`: an episode that ends so carries no loss."""

    pixels: PixelSettings
    limits: Limits
    reward: RewardSettings
    masked: frozenset[Status]


def settings_from_json(value: dict[str, Any]) -> VerlSettings:
    """KeyError or ValueError for a file that no export wrote."""
    unknown = set(value['masked_statuses']) - set(STATUSES)
    if unknown:
        raise ValueError(f'masked_statuses: there is no status {", ".join(sorted(unknown))}')
    return VerlSettings(
        pixels=PixelSettings(value['min_pixels'], value['max_pixels'], value['crop_min_pixels']),
        limits=Limits.from_json(value['limits']),
        reward=RewardSettings(value['tool_gain'], value['format_weight']),
        masked=frozenset(value['masked_statuses']),
    )


@cache
def bundle_settings() -> VerlSettings:
    """Of the file that IMAGENT_SETTINGS names, else of the one in the working folder, where a Ray job starts."""
    path = Path(os.environ.get('IMAGENT_SETTINGS', FILE))
    return settings_from_json(json.loads(path.read_text(encoding='utf-8')))
