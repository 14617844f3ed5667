"""Keys and values of many contexts, each at its own length, behind the decoder's own forward pass.

The model's layers are called as they are (with LoRA, whatever their dtype); only where keys and values are kept and
how attention reads them is ours. A tool result is appended, never read again.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AttentionInterface

ATTENTION = 'imagent_rows'
_GROWTH = 1.5
_STEP = 64


def row_attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor,
    scaling: float | None = None,
    **_: Any,
) -> tuple[Tensor, None]:
    """Grouped-query attention without a copy of the keys: the query heads of a group become rows of one matrix.

    query [rows,heads,new,d], key and value [rows,groups,length,d], mask [rows,1,new,length]: True is seen.
    """
    rows, heads, new, width = query.shape
    groups = key.shape[1]
    folded = query.reshape(rows, groups, heads // groups * new, width)
    mask = attention_mask.repeat(1, 1, heads // groups, 1)
    mixed = functional.scaled_dot_product_attention(folded, key, value, attn_mask=mask, scale=scaling)
    return mixed.reshape(rows, heads, new, width).transpose(1, 2), None


AttentionInterface.register(ATTENTION, row_attention)


@contextmanager
def own_attention(config: Any) -> Iterator[None]:
    """The decoder reads its cache through `row_attention` inside, and as before outside."""
    before = config._attn_implementation
    config._attn_implementation = ATTENTION
    try:
        yield
    finally:
        config._attn_implementation = before


class RowCache:
    """Slots 0, 1, ...: one context each. Buffers are made at the first write, in the layers' own dtype."""

    def __init__(self, layers: int, slots: int) -> None:
        self._slots = slots
        self._keys: list[Tensor | None] = [None] * layers
        self._values: list[Tensor | None] = [None] * layers
        self.lengths = [0] * slots
        self._rows: Tensor | None = None
        self._at = torch.zeros(0)
        self._reach = 0

    def begin(self, slots: Sequence[int], new: int, device: torch.device) -> Tensor:
        """Prepares a forward pass that adds `new` tokens to each of `slots`. Returns its mask [rows,1,new,length].

        What is written beyond a row's real tokens is padding: no later mask shows it, and it is written over.
        """
        first = [self.lengths[slot] for slot in slots]
        self._reach = max(first) + new
        whole = list(slots) == list(range(len(slots)))
        self._rows = None if whole else torch.tensor(slots, device=device)
        self._count = len(slots)
        self._index = torch.tensor(slots, device=device)[:, None]
        start = torch.tensor(first, device=device)
        self._at = start[:, None] + torch.arange(new, device=device)
        seen = torch.arange(self._reach, device=device) <= self._at[..., None]
        return seen[:, None]

    def advance(self, slot: int, by: int) -> None:
        self.lengths[slot] += by

    def update(self, key: Tensor, value: Tensor, layer: int, *_: Any, **__: Any) -> tuple[Tensor, Tensor]:
        """What the attention layers call: keeps the new keys and values, returns all of these rows."""
        return self._write(self._keys, layer, key), self._write(self._values, layer, value)

    def _write(self, kept: list[Tensor | None], layer: int, new: Tensor) -> Tensor:
        buffer = self._room(kept[layer], new)
        kept[layer] = buffer
        buffer[self._index, :, self._at] = new.transpose(1, 2)
        if self._rows is None:
            return buffer[: self._count, :, : self._reach]
        return buffer[self._rows, :, : self._reach]

    def _room(self, buffer: Tensor | None, new: Tensor) -> Tensor:
        if buffer is not None and buffer.shape[2] >= self._reach:
            return buffer
        before = 0 if buffer is None else buffer.shape[2]
        capacity = -(-max(self._reach, int(before * _GROWTH)) // _STEP) * _STEP
        grown = new.new_zeros((self._slots, new.shape[1], capacity, new.shape[3]))
        if buffer is not None:
            grown[:, :, :before] = buffer
        return grown

    def copy(self, source: int, targets: Sequence[int]) -> None:
        """Gives `targets` what `source` holds: a shared prompt, or a row that moves to a free slot."""
        length = self.lengths[source]
        for kept in (self._keys, self._values):
            for buffer in kept:
                if buffer is not None and length:
                    # A copy first: torch refuses to read and write one buffer where it is full to its end.
                    held = buffer[source, :, :length].clone()
                    buffer[list(targets), :, :length] = held
        for target in targets:
            self.lengths[target] = length

    @property
    def bytes(self) -> int:
        return sum(
            b.numel() * b.element_size() for kept in (self._keys, self._values) for b in kept if b is not None
        )
