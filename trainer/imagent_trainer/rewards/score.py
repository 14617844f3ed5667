"""Scores finished episodes: the rules first, a judge where they say no, then the reward and its parts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from imagent_trainer.data.samples import Sample
from imagent_trainer.rewards.box_overlap import ImageBox, box_overlap, crops_of
from imagent_trainer.rewards.judge import Case, Verdict
from imagent_trainer.rewards.reward import EpisodeOutcome, RewardSettings, reward
from imagent_trainer.rollout.loop import Episode


class Verdicts(Protocol):
    """What is needed of a judge."""

    def verdicts(self, cases: Sequence[Case]) -> list[Verdict]: ...


@dataclass(frozen=True)
class ScoredReward:
    """total = accuracy x tool_factor + format_weight x format + box_overlap_weight x box_overlap.

    `box_overlap` is None where the sample has no approved boxes; it then adds nothing.
    """

    accuracy: float
    tool_factor: float
    format: float
    box_overlap: float | None
    total: float


@dataclass(frozen=True)
class Score:
    """`reward` and `correct` are None where nobody could say; `problem` is what the judge said then."""

    reward: ScoredReward | None
    correct: bool | None
    problem: str | None = None


def outcome_of(episode: Episode, correct: bool) -> EpisodeOutcome:
    return EpisodeOutcome(
        answered=episode.status == 'answered',
        correct=correct,
        valid_calls=len(episode.valid_calls),
        bad_calls=episode.bad_calls,
        thoughts_closed=episode.thoughts_closed,
    )


def reward_of(
    episode: Episode,
    correct: bool,
    settings: RewardSettings,
    approved: Sequence[ImageBox] = (),
    box_overlap_weight: float = 0.0,
) -> ScoredReward:
    """The reward of an episode whose answer has been checked."""
    parts = reward(outcome_of(episode, correct), settings)
    overlap = box_overlap(crops_of(episode.views), approved)
    total = parts.total + box_overlap_weight * (overlap or 0.0)
    return ScoredReward(parts.accuracy, parts.tool_factor, parts.format, overlap, total)


def checked(
    played: Sequence[tuple[Sample, Episode]], judge: Verdicts | None
) -> list[tuple[bool | None, str | None]]:
    """(whether the answer is right, what the judge said where nobody could tell) of each episode."""
    found: list[tuple[bool | None, str | None]] = []
    open_cases: list[tuple[int, Case]] = []
    for index, (sample, episode) in enumerate(played):
        answer = episode.answer if episode.status == 'answered' else None
        right = answer is not None and sample.is_right(answer)
        found.append((right, None))
        if judge is not None and answer is not None and not right:
            open_cases.append((index, Case(sample.question, sample.answers, answer)))
    if judge is not None and open_cases:
        verdicts = judge.verdicts([case for _, case in open_cases])
        for (index, _), verdict in zip(open_cases, verdicts, strict=True):
            found[index] = (verdict.right, verdict.problem)
    return found


def score(
    played: Sequence[tuple[Sample, Episode, Sequence[ImageBox]]],
    settings: RewardSettings,
    box_overlap_weight: float = 0.0,
    judge: Verdicts | None = None,
) -> list[Score]:
    """One score an episode, in order. The third of each is what reviewers approved for its sample."""
    verdicts = checked([(sample, episode) for sample, episode, _ in played], judge)
    scores: list[Score] = []
    for (_, episode, approved), (right, problem) in zip(played, verdicts, strict=True):
        if right is None:
            scores.append(Score(None, None, problem))
        else:
            found = reward_of(episode, right, settings, approved, box_overlap_weight)
            scores.append(Score(found, right, problem))
    return scores
