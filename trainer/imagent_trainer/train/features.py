"""Features of views, computed many at once and kept by image, box and size."""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from imagent_trainer.rollout.preprocess import grid, patches
from imagent_trainer.rollout.views import PATCH, View, render_view

Key = tuple[object, ...]


@dataclass(frozen=True)
class Seen:
    """A view together with the input image it is cut from."""

    view: View
    root: Image.Image
    root_key: str

    @property
    def key(self) -> Key:
        return (self.root_key, self.view.root_box, self.view.width, self.view.height)


def image_key(image: Image.Image) -> str:
    """The same for the same pixels."""
    return hashlib.sha1(image.tobytes() + repr(image.size).encode(), usedforsecurity=False).hexdigest()


class FeatureCache:
    """The vision tower behind a cache with a limit in bytes; what was used longest ago goes first."""

    def __init__(self, visual: Any, max_bytes: int, max_patches: int) -> None:
        self._visual = visual
        self._max_bytes = max_bytes
        self._max_patches = max_patches
        self._kept: OrderedDict[Key, Tensor] = OrderedDict()
        self._bytes = 0
        self.computed = 0

    def clear(self) -> None:
        """To be called when the tower's weights have changed."""
        self._kept.clear()
        self._bytes = 0

    @property
    def trains(self) -> bool:
        return any(parameter.requires_grad for parameter in self._visual.parameters())

    @torch.no_grad()
    def of(self, wanted: Sequence[Seen]) -> list[Tensor]:
        """Features [tokens,hidden] of each view, in order."""
        found: dict[Key, Tensor] = {}
        missing: dict[Key, Seen] = {}
        for seen in wanted:
            if seen.key in self._kept:
                self._kept.move_to_end(seen.key)
                found[seen.key] = self._kept[seen.key]
            else:
                missing.setdefault(seen.key, seen)
        for batch in self._batches(list(missing.values())):
            for seen, features in zip(batch, self._compute(batch), strict=True):
                found[seen.key] = features
                self._keep(seen.key, features)
        return [found[seen.key] for seen in wanted]

    def _batches(self, views: Sequence[Seen]) -> list[list[Seen]]:
        """In order, each within the limit of patches or of one view."""
        batches: list[list[Seen]] = []
        room = 0
        for seen in views:
            size = seen.view.pixels // (PATCH * PATCH)
            if not batches or size > room:
                batches.append([])
                room = self._max_patches
            batches[-1].append(seen)
            room -= size
        return batches

    def _compute(self, batch: Sequence[Seen]) -> Sequence[Tensor]:
        self.computed += len(batch)
        pixels = [render_view(seen.view, seen.root) for seen in batch]
        device = next(self._visual.parameters()).device
        values = torch.from_numpy(np.concatenate([patches(image) for image in pixels])).to(device)
        grids = torch.tensor([grid(image) for image in pixels], device=device)
        features = self._visual(values, grid_thw=grids).pooler_output
        return [part.clone() for part in features.split([seen.view.tokens for seen in batch])]

    def _keep(self, key: Key, features: Tensor) -> None:
        self._kept[key] = features
        self._bytes += features.numel() * features.element_size()
        while self._bytes > self._max_bytes and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= dropped.numel() * dropped.element_size()
