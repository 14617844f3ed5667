"""Trajectories as the tensors of a loss: left-padded prompts, right-padded completions, and the pixels of their views.

Pixels are built a micro-batch at a time and kept by view: a whole step of them would not fit beside a large model.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from imagent_trainer.protocol.config import StepMarkWeights
from imagent_trainer.rollout.masks import MaskDecision, loss_mask
from imagent_trainer.rollout.preprocess import grid, patches
from imagent_trainer.rollout.trajectory import Trajectory
from imagent_trainer.rollout.views import View, render_view


@dataclass(frozen=True)
class Picture:
    """One view in a row's context, with the image it is cut from."""

    key: str
    view: View
    root: Image.Image


@dataclass(frozen=True)
class Row:
    """One sequence of the loss. `mask` and `weights` run along `completion`."""

    prompt: list[int]
    completion: list[int]
    mask: list[int]
    weights: list[float]
    pictures: list[Picture]

    @property
    def length(self) -> int:
        return len(self.prompt) + len(self.completion)


def empty_row(filler: int) -> Row:
    """What stands for a trajectory without gradient: two tokens, so that the forward pass has nothing to do."""
    return Row([filler], [filler], [0], [1.0], [])


def row_of(
    trajectory: Trajectory,
    decision: MaskDecision,
    roots: Sequence[Image.Image],
    keys: Sequence[str],
    marks: StepMarkWeights,
    filler: int,
) -> Row:
    """The row of a trajectory; the empty one where it sampled nothing."""
    start = trajectory.prompt_length
    mask = loss_mask(trajectory.segments, decision)
    if start == 0 or len(trajectory.token_ids) <= start:
        return empty_row(filler)
    factors = {'good': marks.good, 'bad': marks.bad, None: 1.0}
    weights: list[float] = []
    pictures: list[Picture] = []
    for segment in trajectory.segments:
        mark = None
        if segment.kind == 'turn' and segment.turn is not None and segment.turn < len(trajectory.marks):
            mark = trajectory.marks[segment.turn]
        weights += [factors[mark]] * segment.tokens
        if segment.view is not None:
            view = trajectory.episode.views[segment.view - 1]
            pictures.append(Picture(keys[view.root_image], view, roots[view.root_image]))
    ids = trajectory.token_ids
    return Row(ids[:start], ids[start:], mask[start:], weights[start:], pictures)


def padded(rows: Sequence[Sequence[float]], value: float, left: bool, dtype: torch.dtype) -> Tensor:
    width = max(map(len, rows))
    out = torch.full((len(rows), width), value, dtype=dtype)
    for at, row in enumerate(rows):
        if row:
            part = torch.tensor(row, dtype=dtype)
            if left:
                out[at, width - len(row) :] = part
            else:
                out[at, : len(row)] = part
    return out


def tensors_of(rows: Sequence[Row], pad: int, device: torch.device) -> dict[str, Tensor]:
    """prompt_ids, prompt_mask, completion_ids, completion_mask and tool_mask, as TRL names them."""
    whole = torch.long
    found = {
        'prompt_ids': padded([row.prompt for row in rows], pad, True, whole),
        'prompt_mask': padded([[1] * len(row.prompt) for row in rows], 0, True, whole),
        'completion_ids': padded([row.completion for row in rows], pad, False, whole),
        'completion_mask': padded([[1] * len(row.completion) for row in rows], 0, False, whole),
        'tool_mask': padded([row.mask for row in rows], 0, False, whole),
    }
    return {name: tensor.to(device) for name, tensor in found.items()}


class Pixels:
    """Patches by view, within a number of bytes: members of a group share their images."""

    def __init__(self, limit: int = 256 << 20) -> None:
        self._limit, self._bytes = limit, 0
        self._kept: OrderedDict[tuple[Any, ...], np.ndarray[Any, Any]] = OrderedDict()

    def patches(self, picture: Picture) -> np.ndarray[Any, Any]:
        view = picture.view
        key = (picture.key, view.root_box, view.width, view.height)
        if key not in self._kept:
            self._kept[key] = patches(render_view(view, picture.root))
            self._bytes += self._kept[key].nbytes
            while self._bytes > self._limit and len(self._kept) > 1:
                self._bytes -= self._kept.popitem(last=False)[1].nbytes
        self._kept.move_to_end(key)
        return self._kept[key]

    def inputs(
        self, rows: Sequence[Row], ids: Tensor, image_pad: int, dtype: torch.dtype
    ) -> Mapping[str, Any]:
        """What a forward pass needs beside its ids; nothing where no row has an image."""
        pictures = [picture for row in rows for picture in row.pictures]
        if not pictures:
            return {}
        values = np.concatenate([self.patches(picture) for picture in pictures])
        grids = [grid(Image.new('L', (one.view.width, one.view.height))) for one in pictures]
        return {
            'pixel_values': torch.from_numpy(values).to(ids.device, dtype),
            'image_grid_thw': torch.tensor(grids, device=ids.device),
            'num_images': [len(row.pictures) for row in rows],
            'mm_token_type_ids': (ids == image_pad).long(),
        }


def shaping(probabilities: Tensor, gamma: float) -> Tensor:
    """f'(p) p of LUFFY's f(p) = p / (p + gamma): how much a demonstration's token weighs. At most 1/4, at p = gamma."""
    return gamma * probabilities / (probabilities + gamma).square()


def trimmed(inputs: dict[str, Any]) -> dict[str, Any]:
    """The micro-batch without the columns that are padding in all of its rows."""
    prompt, completion = inputs['prompt_mask'], inputs['completion_mask']
    start = int(prompt.sum(1).max())
    end = int(completion.sum(1).max())
    left = slice(prompt.shape[1] - start, None)
    cut: dict[str, Any] = dict(inputs)
    for name, value in inputs.items():
        if name in ('prompt_ids', 'prompt_mask'):
            cut[name] = value[:, left]
        elif isinstance(value, Tensor) and value.dim() == 2 and value.shape[1] == completion.shape[1]:
            cut[name] = value[:, :end]
    return cut
