"""Cases of tests/fixtures/preprocess.json: small PNG sources and the digests of what the agent must see of them.

The sources are made by integer arithmetic, so that they are the same everywhere; they mix smooth ramps, hard edges
and noise. Digests are SHA-256 of the resized RGB bytes and of the little-endian float32 pixel values.
"""

import hashlib
import random
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from imagent_trainer.rollout.preprocess import grid, patches
from imagent_trainer.rollout.views import Box, View, render_view, smart_resize

TINY = (12_544, 12_544)
SMALL = (3136, 50_176)
ZOOM = (200_704, 1_003_520)
LIMITS = (TINY, SMALL, TINY, SMALL, ZOOM)

# Width, height. Sides at 14 mod 56 lie half-way between two multiples of 28.
SIZES = [
    (112, 112), (1, 1), (2, 3), (27, 29), (28, 28), (42, 42), (70, 70), (98, 126), (126, 70), (154, 98),
    (182, 210), (210, 154), (238, 182), (42, 154), (70, 210), (13, 197), (199, 11), (3, 160), (200, 1), (64, 64),
    (97, 103), (100, 75), (75, 100), (128, 96), (150, 150), (160, 120), (120, 160), (192, 108), (108, 192), (224, 224),
    (225, 223), (250, 187), (113, 112), (112, 113), (111, 112), (168, 56), (56, 168), (240, 160), (33, 66), (140, 84),
]  # fmt: skip

CROPS: list[tuple[int, Box, tuple[int, int]]] = [
    (29, (16, 32, 80, 96), TINY),
    (29, (100, 100, 101, 101), TINY),
    (29, (0, 0, 224, 7), SMALL),
    (30, (111, 5, 225, 223), TINY),
    (31, (3, 1, 247, 186), SMALL),
    (36, (0, 100, 56, 168), TINY),
    (37, (120, 80, 134, 94), ZOOM),
    (20, (0, 0, 97, 103), ZOOM),
]


def source_pixels(width: int, height: int, seed: int) -> np.ndarray[Any, Any]:
    """uint8 [height, width, 3]."""
    rng = random.Random(seed)
    y, x = np.mgrid[0:height, 0:width]
    ramp = np.stack([(x * 255) // max(1, width - 1), (y * 255) // max(1, height - 1), (x + y) % 256], axis=-1)
    pixels = ramp.astype(np.uint8)
    for _ in range(6):
        left, top = rng.randrange(width), rng.randrange(height)
        colour = [rng.choice((0, 255, rng.randrange(256))) for _ in range(3)]
        pixels[top : top + max(1, height // 3), left : left + max(1, width // 4)] = colour
    noise_width, noise_height = min(24, width), min(24, height)
    noise = np.frombuffer(rng.randbytes(noise_width * noise_height * 3), np.uint8)
    pixels[:noise_height, width - noise_width :] = noise.reshape(noise_height, noise_width, 3)
    stripes = (x[: height // 2] // 2 % 2 * 255).astype(np.uint8)
    pixels[: height // 2, : width // 3] = stripes[:, : width // 3, None]
    return pixels


def source(index: int) -> Image.Image:
    width, height = SIZES[index]
    return Image.fromarray(source_pixels(width, height, index))


def file_name(index: int) -> str:
    width, height = SIZES[index]
    return f'preprocess/{index + 1:02d}-{width}x{height}.png'


def case(index: int, box: Box, limits: tuple[int, int]) -> dict[str, Any]:
    root = source(index)
    height, width = smart_resize(box[3] - box[1], box[2] - box[0], *limits)
    seen = render_view(View(1, 'input', 0, box, width, height), root)
    digest = hashlib.sha256(patches(seen).astype('<f4').tobytes()).hexdigest()
    return {
        'file': file_name(index),
        'rootWidth': root.width,
        'rootHeight': root.height,
        'rootBox': list(box),
        'minPixels': limits[0],
        'maxPixels': limits[1],
        'width': width,
        'height': height,
        'grid': list(grid(seen)),
        'rgbSha256': hashlib.sha256(seen.tobytes()).hexdigest(),
        'pixelValuesSha256': digest,
    }


def cases() -> list[dict[str, Any]]:
    whole = [
        case(index, (0, 0, width, height), LIMITS[index % len(LIMITS)])
        for index, (width, height) in enumerate(SIZES)
    ]
    return whole + [case(index, box, limits) for index, box, limits in CROPS]


def write_sources(folder: Path) -> None:
    """Writes the PNG files; an existing file with the same pixels is left as it is."""
    for index in range(len(SIZES)):
        path = folder / file_name(index)
        path.parent.mkdir(parents=True, exist_ok=True)
        image = source(index)
        if path.exists():
            with Image.open(path) as old:
                if old.size == image.size and old.tobytes() == image.tobytes():
                    continue
        image.save(path, optimize=True)
