"""The figures of a step and of an evaluation, from its trajectories. Free of torch."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from imagent_trainer.data.samples import Sample
from imagent_trainer.rewards.advantage import GroupAdvantages
from imagent_trainer.rewards.score import Score
from imagent_trainer.rollout.masks import MaskDecision
from imagent_trainer.rollout.trajectory import Trajectory


@dataclass(frozen=True)
class Facts:
    """What counts of one trajectory; small enough to travel between processes."""

    demonstration: bool
    kind: str
    answer_kind: str
    status: str
    flags: tuple[str, ...]
    calls: int
    bad_calls: int
    valid_calls: int
    look_backs: int
    turns: int
    completion_tokens: int
    context_tokens: int
    logprob_sum: float
    reason: str | None
    score: Score | None
    weight_sum: float = 0.0
    weight_count: int = 0


def facts_of(trajectory: Trajectory, sample: Sample, decision: MaskDecision, score: Score | None) -> Facts:
    episode = trajectory.episode
    logprobs = trajectory.logprobs or ()
    return Facts(
        demonstration=trajectory.demonstration_id is not None,
        kind=sample.kind,
        answer_kind=sample.answer_kind,
        status=episode.status,
        flags=tuple(episode.flags(trajectory.with_tools)),
        calls=episode.calls,
        bad_calls=episode.bad_calls,
        valid_calls=len(episode.valid_calls),
        look_backs=sum(view.origin == 'look_back' for view in episode.views),
        turns=len(episode.turns),
        completion_tokens=sum(trajectory.sampled),
        context_tokens=len(trajectory.token_ids),
        logprob_sum=sum(one for one, own in zip(logprobs, trajectory.sampled, strict=False) if own),
        reason=decision.reason,
        score=score,
    )


def mean(values: Iterable[float | None]) -> float | None:
    """Of those that are known; None where none is."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def shares(values: Sequence[str], total: int) -> dict[str, float]:
    return {name: count / total for name, count in sorted(Counter(values).items())} if total else {}


def means(facts: Sequence[Facts]) -> dict[str, Any]:
    """What a step and an evaluation have in common."""
    total = len(facts)
    scores = [one.score for one in facts if one.score is not None]
    return {
        'reward': mean(score.total for score in scores),
        'accuracy': mean(score.accuracy for score in scores),
        'tool_rate': mean(float(one.calls > 0) for one in facts),
        'look_back_rate': mean(float(one.look_backs > 0) for one in facts),
        'turns': mean(one.turns for one in facts),
        'status_shares': shares([one.status for one in facts], total),
    }


def step_metrics(facts: Sequence[Facts], groups: Sequence[GroupAdvantages]) -> dict[str, Any]:
    """All that a step's trajectories say; loss, times and memory are added by the trainer."""
    own = [one for one in facts if not one.demonstration]
    scores = [one.score for one in own if one.score is not None]
    reasons = [one.reason for one in own if one.reason is not None]
    tokens = sum(one.completion_tokens for one in own)
    weighed = sum(one.weight_count for one in facts)
    return {
        'rollouts': len(own),
        'demonstrations': len(facts) - len(own),
        **means(own),
        'reward_std': mean(group.std for group in groups),
        'tool_factor': mean(score.tool_factor for score in scores),
        'format': mean(score.format for score in scores),
        'box_overlap': mean(score.box_overlap for score in scores),
        'valid_tool_rate': mean(float(one.valid_calls > 0) for one in own),
        'calls': mean(one.calls for one in own),
        'bad_calls': mean(one.bad_calls for one in own),
        'completion_tokens': mean(one.completion_tokens for one in own),
        'context_tokens': mean(one.context_tokens for one in own),
        'masked_share': len(reasons) / len(own) if own else None,
        'masked_by': shares(reasons, len(own)),
        'flag_shares': shares([flag for one in own for flag in one.flags], len(own)),
        'groups_without_gradient': mean(float(not any(group.advantages)) for group in groups),
        'entropy': -sum(one.logprob_sum for one in own) / tokens if tokens else None,
        'demonstration_weight': sum(one.weight_sum for one in facts) / weighed if weighed else None,
    }


def judge_is_silent(facts: Sequence[Facts], kinds: Sequence[str]) -> bool | None:
    """Whether a judge of these kinds of answers was needed in a step and said nothing at all; None: not needed."""
    unscored = any(one.reason == 'unscored' for one in facts)
    said = any(
        one.answer_kind in kinds
        and one.status == 'answered'
        and one.score is not None
        and not one.score.correct
        for one in facts
    )
    return unscored and not said if unscored or said else None


def evaluation_metrics(facts: Sequence[Facts], seconds: float) -> dict[str, Any]:
    kinds = sorted({one.kind for one in facts})

    def of_kind(kind: str) -> dict[str, Any]:
        chosen = [one for one in facts if one.kind == kind]
        return {
            'samples': len(chosen),
            'accuracy': mean(one.score.accuracy for one in chosen if one.score is not None),
        }

    return {
        'samples': len(facts),
        **means(facts),
        'by_kind': {kind: of_kind(kind) for kind in kinds},
        'seconds': seconds,
    }
