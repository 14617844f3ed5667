"""imagent.json: what an agent folder says about how to run it. Every part has a default."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from imagent_trainer.protocol.publish import replace_text
from imagent_trainer.rollout.limits import Limits, PixelSettings

FILE = 'imagent.json'
# 2: `onnx/decoder_delta.onnx` takes one buffer for all KV heads of a layer. Folders of 1 are read; the app runs their
# published decoder.
FORMAT = 2
# For a folder without the file: the published processor's lower bound, and crops that really enlarge.
PUBLISHED = PixelSettings(min_pixels=3136, max_pixels=1_003_520, crop_min_pixels=200_704)


def set_format(folder: Path) -> None:
    """Says that the folder holds graphs of this FORMAT; nothing where there is no imagent.json."""
    path = folder / FILE
    if not path.exists():
        return
    value = json.loads(path.read_text(encoding='utf-8'))
    if value.get('format') != FORMAT:
        replace_text(path, json.dumps({**value, 'format': FORMAT}, indent=2, ensure_ascii=False) + '\n')


@dataclass(frozen=True)
class AgentSettings:
    """Sizes of views, limits of an episode, temperature of sampling (0: greedy)."""

    pixels: PixelSettings = PUBLISHED
    limits: Limits = field(default_factory=Limits)
    temperature: float = 0.0


def read_agent_settings(folder: Path) -> AgentSettings:
    """Settings of a folder. ValueError when the file is there and is not what it should be."""
    path = folder / FILE
    if not path.exists():
        return AgentSettings()
    value: dict[str, Any] = json.loads(path.read_text(encoding='utf-8'))
    if not isinstance(value, dict) or value.get('format') not in (1, FORMAT):
        raise ValueError(f'{FILE}: "format" must be 1 or {FORMAT}')
    pixels = PixelSettings(
        min_pixels=int(value.get('min_pixels', PUBLISHED.min_pixels)),
        max_pixels=int(value.get('max_pixels', PUBLISHED.max_pixels)),
        crop_min_pixels=int(value.get('crop_min_pixels', PUBLISHED.crop_min_pixels)),
    )
    limits = Limits.from_json(value.get('limits', {}))
    return AgentSettings(pixels, limits, float(value.get('sampling', {}).get('temperature', 0.0)))
