"""Pixels of a view as the vision tower takes them: float32 patches, equal to Qwen2VLImageProcessor's to the bit.

The arithmetic is value x (1/255) in doubles, rounded to float32, then (x - mean) / std in float32.
"""

from typing import Any

import numpy as np
from PIL import Image

from imagent_trainer.rollout.views import MERGE, PATCH

CHANNELS = 3
TEMPORAL = 2
PATCH_VALUES = CHANNELS * TEMPORAL * PATCH * PATCH
CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)


def level_table(
    mean: tuple[float, ...] = CLIP_MEAN, std: tuple[float, ...] = CLIP_STD
) -> np.ndarray[Any, Any]:
    """float32 [3, 256]: what each 8-bit level of each channel becomes."""
    levels = (np.arange(256, dtype=np.float64) * (1 / 255)).astype(np.float32)
    means, stds = np.array(mean, np.float32), np.array(std, np.float32)
    return (levels[None, :] - means[:, None]) / stds[:, None]


TABLE = level_table()


def patches(view: Image.Image) -> np.ndarray[Any, Any]:
    """float32 [(height/14) x (width/14), 1176] of an RGB image whose sides are multiples of 28.

    Patches come in 2x2 blocks, blocks row by row; inside a patch the order is channel, time, y, x, and both
    time slots hold the same image.
    """
    rgb = np.asarray(view)
    height, width, _ = rgb.shape
    rows, columns = height // PATCH, width // PATCH
    values = np.stack([TABLE[channel][rgb[:, :, channel]] for channel in range(CHANNELS)])
    blocks = values.reshape(CHANNELS, rows // MERGE, MERGE, PATCH, columns // MERGE, MERGE, PATCH)
    ordered = blocks.transpose(1, 4, 2, 5, 0, 3, 6)[:, :, :, :, :, None]
    both = np.broadcast_to(ordered, (*ordered.shape[:5], TEMPORAL, PATCH, PATCH))
    return both.reshape(rows * columns, PATCH_VALUES)


def grid(view: Image.Image) -> tuple[int, int, int]:
    """(time, rows, columns) of patches: image_grid_thw."""
    return 1, view.height // PATCH, view.width // PATCH
