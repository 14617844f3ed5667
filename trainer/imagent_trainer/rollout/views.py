"""The numbered images of an episode: their geometry, and their pixels cut from the input images.

Two coordinate spaces: a view's own pixels (width x height, as the model sees it) and pixels of the canonical
input image it shows a part of (`root_box`).
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from PIL import Image, ImageOps

Box = tuple[int, int, int, int]
Origin = Literal['input', 'zoom_in', 'look_back']

PATCH = 14
MERGE = 2
FACTOR = PATCH * MERGE
MAX_ASPECT = 200


@dataclass(frozen=True)
class View:
    """One image of the context. `number` is 1-based; `root_image` is the 0-based index of the input image."""

    number: int
    origin: Origin
    root_image: int
    root_box: Box
    width: int
    height: int
    parent: int | None = None

    @property
    def pixels(self) -> int:
        return self.width * self.height

    @property
    def tokens(self) -> int:
        """Tokens the model spends on it: one for each merged 28x28 cell."""
        return (self.width // FACTOR) * (self.height // FACTOR)

    def to_json(self) -> dict[str, Any]:
        return {
            'number': self.number,
            'origin': self.origin,
            'parent': self.parent,
            'rootImage': self.root_image,
            'rootBox': list(self.root_box),
            'width': self.width,
            'height': self.height,
        }

    @staticmethod
    def from_json(value: dict[str, Any]) -> 'View':
        x1, y1, x2, y2 = value['rootBox']
        return View(
            number=value['number'],
            origin=value['origin'],
            root_image=value['rootImage'],
            root_box=(x1, y1, x2, y2),
            width=value['width'],
            height=value['height'],
            parent=value['parent'],
        )


def smart_resize(
    height: int, width: int, min_pixels: int, max_pixels: int, factor: int = FACTOR
) -> tuple[int, int]:
    """(height, width) as multiples of `factor` within the pixel limits, aspect kept as nearly as can be.

    Qwen2-VL's rule to the bit; Python's round() goes half to even (70 / 28 = 2.5 gives 56, not 84).
    ValueError when one side is more than 200 times the other.
    """
    if max(height, width) / min(height, width) > MAX_ASPECT:
        raise ValueError(f'one side of {width}x{height} is more than {MAX_ASPECT} times the other')
    out_height = round(height / factor) * factor
    out_width = round(width / factor) * factor
    if out_height * out_width > max_pixels:
        beta = math.sqrt((height * width) / max_pixels)
        out_height = max(factor, math.floor(height / beta / factor) * factor)
        out_width = max(factor, math.floor(width / beta / factor) * factor)
    elif out_height * out_width < min_pixels:
        beta = math.sqrt(min_pixels / (height * width))
        out_height = math.ceil(height * beta / factor) * factor
        out_width = math.ceil(width * beta / factor) * factor
    return out_height, out_width


def input_view(number: int, image_width: int, image_height: int, min_pixels: int, max_pixels: int) -> View:
    """The view of input image `number` (1-based), whole. ValueError when the image is too narrow."""
    height, width = smart_resize(image_height, image_width, min_pixels, max_pixels)
    return View(number, 'input', number - 1, (0, 0, image_width, image_height), width, height)


def open_canonical(path: str | Path) -> Image.Image:
    """The image as the app stores it: EXIF orientation applied, RGB, alpha dropped (main/agent/engine/image-decode)."""
    with Image.open(path) as opened:
        return ImageOps.exif_transpose(opened).convert('RGB')


def render_view(view: View, root: Image.Image) -> Image.Image:
    """The pixels the model gets: the root image cut to `root_box`, resized by Pillow's bicubic filter."""
    whole = view.root_box == (0, 0, root.width, root.height)
    part = root if whole else root.crop(view.root_box)
    if part.size == (view.width, view.height):
        return part.copy()
    return part.resize((view.width, view.height), Image.Resampling.BICUBIC)
