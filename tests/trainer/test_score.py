"""Scores: which answers a judge sees, what an unscored one is worth, and the overlap of boxes on exact numbers."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from imagent_trainer.data.samples import Sample
from imagent_trainer.rewards.box_overlap import ImageBox, box_overlap, crops_of, iou
from imagent_trainer.rewards.judge import Case, Verdict
from imagent_trainer.rewards.reward import RewardSettings
from imagent_trainer.rewards.score import ScoredReward, score
from imagent_trainer.rollout.loop import Episode, Generated
from imagent_trainer.rollout.status import Status
from imagent_trainer.rollout.views import View

SAMPLE = Sample('s', 'read', (Path('a.png'),), 'What?', None, ('dark blue',), 'text')
SETTINGS = RewardSettings(tool_gain=0.5, format_weight=0.25)
CROP = View(2, 'zoom_in', 0, (0, 0, 10, 10), 28, 28, parent=1)


def episode(answer: str | None, status: Status = 'answered', calls: int = 0) -> Episode:
    found = Episode(status=status, answer=answer)
    found.turns = [Generated('<think>t</think>', [1], 'eos', True)]
    found.valid_calls = [('zoom_in', index) for index in range(calls)]
    found.views = [View(1, 'input', 0, (0, 0, 100, 100), 28, 28), *[CROP] * calls]
    return found


class Scripted:
    def __init__(self, *verdicts: Verdict) -> None:
        self.left = list(verdicts)
        self.cases: list[Case] = []

    def verdicts(self, cases: Sequence[Case]) -> list[Verdict]:
        self.cases += cases
        return [self.left.pop(0) for _ in cases]


def test_the_judge_sees_only_answers_that_the_rules_find_wrong() -> None:
    judge = Scripted(Verdict(True), Verdict(False), Verdict(None, 'gone'))
    played = [
        (SAMPLE, episode('Dark blue.', calls=1), []),
        (SAMPLE, episode('navy', calls=1), []),
        (SAMPLE, episode('red'), []),
        (SAMPLE, episode('azure'), []),
        (SAMPLE, episode('navy', 'too_long'), []),
        (SAMPLE, episode(None, 'no_answer'), []),
    ]
    found = score(played, SETTINGS, judge=judge)
    assert [case.answer for case in judge.cases] == ['navy', 'red', 'azure']
    assert [one.correct for one in found] == [True, True, False, None, False, False]
    assert found[3].reward is None
    assert found[3].problem == 'gone'
    totals = [one.reward.total for one in found if one.reward]
    assert totals == [1.75, 1.75, 0.25, 0.0, 0.0]


def test_without_a_judge_the_rules_decide() -> None:
    found = score([(SAMPLE, episode('navy'), [])], SETTINGS)
    assert found[0].correct is False
    assert found[0].reward == ScoredReward(0.0, 1.0, 1.0, None, 0.25)


@pytest.mark.parametrize(
    ('one', 'other', 'wanted'),
    [
        ((0, 0, 10, 10), (0, 0, 10, 10), 1.0),
        ((0, 0, 10, 10), (5, 0, 15, 10), 1 / 3),
        ((0, 0, 10, 10), (10, 0, 20, 10), 0.0),
        ((0, 0, 10, 10), (20, 20, 30, 30), 0.0),
        ((0, 0, 10, 10), (2, 2, 7, 6), 0.2),
        ((0, 0, 0, 10), (0, 0, 10, 10), 0.0),
    ],
)
def test_overlap_of_two_boxes(one, other, wanted: float) -> None:
    assert iou(one, other) == pytest.approx(wanted)
    assert iou(other, one) == pytest.approx(wanted)


def test_each_approved_box_counts_by_its_best_crop_on_its_own_image() -> None:
    approved = [ImageBox(0, (0, 0, 10, 10)), ImageBox(1, (0, 0, 10, 10))]
    crops = [ImageBox(0, (5, 0, 15, 10)), ImageBox(0, (0, 0, 10, 10)), ImageBox(2, (0, 0, 10, 10))]
    assert box_overlap(crops, approved) == 0.5
    assert box_overlap([], approved) == 0.0
    assert box_overlap(crops, []) is None


def test_only_zooms_are_crops() -> None:
    views = [View(1, 'input', 0, (0, 0, 9, 9), 28, 28), CROP, View(3, 'look_back', 0, (0, 0, 9, 9), 28, 28)]
    assert crops_of(views) == [ImageBox(0, (0, 0, 10, 10))]


def test_the_overlap_is_logged_always_and_weighs_only_where_asked() -> None:
    approved = [ImageBox(0, (5, 0, 15, 10))]
    (off,) = score([(SAMPLE, episode('red', calls=1), approved)], SETTINGS)
    (on,) = score([(SAMPLE, episode('red', calls=1), approved)], SETTINGS, box_overlap_weight=0.3)
    assert off.reward is not None
    assert on.reward is not None
    assert (off.reward.box_overlap, off.reward.total) == (pytest.approx(1 / 3), 0.25)
    assert on.reward.total == pytest.approx(0.35)
