"""Picks the next token of many rows. Each row brings its own random number, so that rows do not touch each other."""

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor


class HowToSample(Protocol):
    @property
    def temperature(self) -> float: ...
    @property
    def top_p(self) -> float: ...


def pick(
    logits: Tensor, banned: Tensor, sampling: HowToSample, draws: Sequence[float]
) -> tuple[list[int], list[float]]:
    """(tokens, their log-probabilities) for logits [rows,vocabulary] and one draw from [0,1) a row.

    The log-probability is the model's own at this temperature, over the whole vocabulary, as the loss computes it:
    neither the banned tokens nor top_p are taken out of it. FloatingPointError for logits that are no numbers.
    """
    if not bool(logits.isfinite().all()):
        raise FloatingPointError('the logits are not finite')
    greedy = sampling.temperature == 0
    scaled = logits.float() if greedy else logits.float() / sampling.temperature
    allowed = scaled.masked_fill(banned, float('-inf'))
    tokens = allowed.argmax(-1) if greedy else _draw(allowed, sampling.top_p, draws)
    chosen = scaled.log_softmax(-1).gather(-1, tokens[:, None])[:, 0]
    return tokens.tolist(), chosen.tolist()


def _draw(allowed: Tensor, top_p: float, draws: Sequence[float]) -> Tensor:
    """Inverse of the cumulated distribution, in doubles: tokens without probability have no width to fall into."""
    shares = allowed.double().softmax(-1)
    order = None
    if top_p < 1:
        shares, order = shares.sort(descending=True, stable=True)
        # The smallest head that holds top_p of the probability, never empty.
        shares = shares.masked_fill(shares.cumsum(-1) - shares >= top_p, 0)
    summed = shares.cumsum(-1)
    total = summed[:, -1:]
    at = torch.tensor(draws, dtype=torch.float64, device=allowed.device)[:, None] * total
    below = torch.nextafter(total, torch.zeros_like(total))
    index = torch.searchsorted(summed, torch.minimum(at, below), right=True)
    return (index if order is None else order.gather(-1, index))[:, 0]
