"""Advantages of the members of a group against each other. Twin of shared/model/advantage.ts.

`tests/fixtures/advantages.json` drives both, to the last bit: sums go from left to right (Python's own sum() is
more exact than that, and so not the same).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

ScaleRewards = Literal['group', 'batch', 'none']
# TRL's, so that a deviation of 0 does not divide.
EPSILON = 1e-4


@dataclass(frozen=True)
class Member:
    """`reward` None: nobody could score it. `dropped`: the trajectory mask took it."""

    reward: float | None
    dropped: bool


@dataclass(frozen=True)
class GroupAdvantages:
    """`mean` and `std` of the baseline; None where it is empty."""

    mean: float | None
    std: float | None
    advantages: list[float]


def plain_sum(values: Sequence[float]) -> float:
    total = 0.0
    for value in values:
        total += value
    return total


def mean_and_std(values: Sequence[float]) -> tuple[float, float]:
    """Mean and sample deviation (n - 1) of at least one value; exactly 0 where all are equal."""
    if min(values) == max(values):
        return values[0], 0.0
    mean = plain_sum(values) / len(values)
    squares = plain_sum([(value - mean) * (value - mean) for value in values])
    return mean, math.sqrt(squares / (len(values) - 1))


def baseline(group: Sequence[Member], masked_in_baseline: bool) -> list[float]:
    """The rewards that a group is compared with."""
    return [
        member.reward
        for member in group
        if member.reward is not None and (masked_in_baseline or not member.dropped)
    ]


def advantages(
    groups: Sequence[Sequence[Member]],
    scale_rewards: ScaleRewards = 'group',
    masked_in_baseline: bool = False,
) -> list[GroupAdvantages]:
    """(reward - mean of the group) / (deviation + 1e-4), for the groups of one step.

    scale_rewards: the deviation of the group, of all groups (batch), or none. Dropped and unscored members get 0.
    """
    bases = [baseline(group, masked_in_baseline) for group in groups]
    everything = [reward for base in bases for reward in base]
    batch_std = mean_and_std(everything)[1] if everything else 0.0
    found: list[GroupAdvantages] = []
    for group, base in zip(groups, bases, strict=True):
        if not base:
            found.append(GroupAdvantages(None, None, [0.0] * len(group)))
            continue
        mean, std = mean_and_std(base)
        scale = {'group': std + EPSILON, 'batch': batch_std + EPSILON, 'none': 1.0}[scale_rewards]
        values = [
            0.0 if member.dropped or member.reward is None else (member.reward - mean) / scale
            for member in group
        ]
        found.append(GroupAdvantages(mean, std, values))
    return found
