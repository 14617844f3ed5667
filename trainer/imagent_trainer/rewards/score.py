"""What a trajectory is worth, part by part: the reward of its episode, and how well its crops meet approved boxes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from imagent_trainer.data.samples import Sample
from imagent_trainer.rewards.answer_check import AnswerKind
from imagent_trainer.rewards.reward import EpisodeOutcome, RewardSettings, reward
from imagent_trainer.rollout.trajectory import Trajectory

Box = Sequence[float]


class Approved(Protocol):
    """A box that a reviewer approved, in pixels of the canonical image."""

    @property
    def image(self) -> int: ...
    @property
    def box(self) -> Box: ...


class Judge(Protocol):
    """Decides where the rules find an answer wrong. None: it could not be asked, or did not say."""

    def __call__(self, question: str, references: Sequence[str], answer: str) -> bool | None: ...
    def decides(self, kind: AnswerKind) -> bool: ...


@dataclass(frozen=True)
class Score:
    """`total` = accuracy x tool_factor + format_weight x format + box_overlap_weight x box_overlap."""

    correct: bool
    accuracy: float
    tool_factor: float
    format: float
    box_overlap: float | None
    total: float

    def to_json(self) -> dict[str, float | None]:
        return {
            'accuracy': self.accuracy,
            'tool_factor': self.tool_factor,
            'format': self.format,
            'box_overlap': self.box_overlap,
            'total': self.total,
        }


def overlap(first: Box, second: Box) -> float:
    """Intersection over union."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (first, second)]
    return width * height / (sum(areas) - width * height)


def box_overlap(trajectory: Trajectory, approved: Sequence[Approved]) -> float | None:
    """For each approved box the crop that meets it best, averaged; None without an approved box."""
    if not approved:
        return None
    crops = [view for view in trajectory.episode.views if view.origin == 'zoom_in']
    best = [
        max((overlap(view.root_box, one.box) for view in crops if view.root_image == one.image), default=0.0)
        for one in approved
    ]
    return sum(best) / len(best)


def is_right(sample: Sample, answer: str | None, judge: Judge | None) -> bool | None:
    """None where only the judge could say, and did not."""
    if answer is None:
        return False
    if sample.is_right(answer):
        return True
    if judge is None or not judge.decides(sample.answer_kind):
        return False
    return judge(sample.question, sample.answers, answer)


def score(
    trajectory: Trajectory,
    sample: Sample,
    settings: RewardSettings,
    approved: Sequence[Approved] = (),
    box_overlap_weight: float = 0.0,
    judge: Judge | None = None,
) -> Score | None:
    """None: unscored. An unreachable judge makes no answer wrong."""
    episode = trajectory.episode
    answered = episode.status == 'answered'
    correct = is_right(sample, episode.answer if answered else None, judge)
    if correct is None:
        return None
    outcome = EpisodeOutcome(
        answered, correct, len(episode.valid_calls), episode.bad_calls, episode.thoughts_closed
    )
    parts = reward(outcome, settings)
    met = box_overlap(trajectory, approved)
    total = parts.total + box_overlap_weight * (met or 0.0)
    return Score(correct, parts.accuracy, parts.tool_factor, parts.format, met, total)
