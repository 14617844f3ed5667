"""The two-level loss mask, in one place. Twin of shared/model/token-mask.ts; `tests/fixtures/masks.json`.

Action level: only tokens that the agent sampled carry loss. Trajectory level: a rollout that broke a limit, gave no
answer, or could not be scored carries none at all.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from imagent_trainer.rollout.status import Status
from imagent_trainer.rollout.trajectory import TokenSegment

TokenClass = Literal['prompt', 'trained', 'tool_result', 'dropped_trajectory']
MaskReason = Status | Literal['unscored']

DEFAULT_STATUSES: tuple[Status, ...] = (
    'no_answer',
    'malformed',
    'too_many_steps',
    'too_long',
    'over_budget',
)
# Ended from outside, or by a fault of the machine: nothing to learn from, whatever the settings say.
ALWAYS: tuple[Status, ...] = ('stopped', 'failed')


@dataclass(frozen=True)
class MaskSettings:
    """`statuses` drop a whole rollout. `masked_in_baseline`: its reward still counts in the mean of its group."""

    statuses: Collection[Status] = DEFAULT_STATUSES
    masked_in_baseline: bool = False


@dataclass(frozen=True)
class MaskDecision:
    """`reason` is set where the whole trajectory is dropped."""

    dropped: bool
    reason: MaskReason | None


@dataclass(frozen=True)
class TokenRun:
    """So many consecutive tokens of one class."""

    token_class: TokenClass
    tokens: int


def mask_decision(status: Status, scored: bool, demonstration: bool, settings: MaskSettings) -> MaskDecision:
    """Whether a trajectory is dropped as a whole. A person stands behind a demonstration: it is kept."""
    if demonstration:
        return MaskDecision(False, None)
    if status in ALWAYS or status in settings.statuses:
        return MaskDecision(True, status)
    return MaskDecision(False, None) if scored else MaskDecision(True, 'unscored')


def class_of(segment: TokenSegment, dropped: bool) -> TokenClass:
    if segment.kind == 'turn':
        return 'dropped_trajectory' if dropped else 'trained'
    return segment.kind


def token_runs(segments: Sequence[TokenSegment], decision: MaskDecision) -> list[TokenRun]:
    """The class of every token of a context, equal neighbours joined."""
    runs: list[TokenRun] = []
    for segment in segments:
        found = class_of(segment, decision.dropped)
        if runs and runs[-1].token_class == found:
            runs[-1] = TokenRun(found, runs[-1].tokens + segment.tokens)
        elif segment.tokens > 0:
            runs.append(TokenRun(found, segment.tokens))
    return runs


def token_classes(segments: Sequence[TokenSegment], decision: MaskDecision) -> list[TokenClass]:
    """One class a token."""
    return [run.token_class for run in token_runs(segments, decision) for _ in range(run.tokens)]


def loss_mask(segments: Sequence[TokenSegment], decision: MaskDecision) -> list[int]:
    """1 where a token carries loss."""
    return [int(found == 'trained') for found in token_classes(segments, decision)]
