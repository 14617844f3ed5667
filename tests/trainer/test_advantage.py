"""Advantages and masks against references written by hand."""

import math

import pytest

from imagent_trainer.rewards.advantage import Member, advantages
from imagent_trainer.rollout.masks import MaskSettings, loss_mask, mask_decision
from imagent_trainer.rollout.trajectory import TokenSegment, token_segments

PAD = 9


def members(*rewards: float | None) -> list[Member]:
    return [Member(reward, False) for reward in rewards]


def test_the_advantage_is_the_formula() -> None:
    (group,) = advantages([members(0.0, 1.0, 2.0, 1.0)])
    std = math.sqrt((1 + 0 + 1 + 0) / 3)
    assert group.advantages == [-1 / (std + 1e-4), 0.0, 1 / (std + 1e-4), 0.0]


@pytest.mark.parametrize('scale', ['group', 'batch', 'none'])
def test_equal_rewards_have_no_advantage_at_all(scale) -> None:
    other = members(0.0, 3.0, 1.0, 0.25, 0.1, 0.7, 0.3)
    equal, _ = advantages([members(*[0.1] * 7), other], scale)
    assert equal.advantages == [0.0] * 7


def test_the_batch_has_one_deviation() -> None:
    first, second = advantages([members(0.0, 2.0), members(1.0, 3.0)], 'batch')
    std = math.sqrt((1.5**2 + 0.5**2 + 0.5**2 + 1.5**2) / 3)
    assert first.advantages == second.advantages == [-1 / (std + 1e-4), 1 / (std + 1e-4)]


def test_without_a_scale_it_is_the_difference() -> None:
    (group,) = advantages([members(0.5, 2.0, 0.5)], 'none')
    assert group.advantages == [-0.5, 1.0, -0.5]


def test_a_masked_rollout_counts_in_the_baseline_only_where_it_is_told_to() -> None:
    group = [*members(1.0, 0.0), Member(5.0, True)]
    assert advantages([group], 'none')[0].advantages == [0.5, -0.5, 0.0]
    assert advantages([group], 'none', masked_in_baseline=True)[0].advantages == [-1.0, -2.0, 0.0]


def test_segments_are_cut_where_the_source_changes() -> None:
    ids = [1, 2, PAD, PAD, 3, 4, 5, 6, PAD, PAD, 7, 8]
    sampled = [False] * 5 + [True, True] + [False] * 4 + [True]
    assert token_segments(ids, sampled, 5, PAD, [2, 2]) == [
        TokenSegment('prompt', 2, None, None),
        TokenSegment('prompt', 2, 1, None),
        TokenSegment('prompt', 1, None, None),
        TokenSegment('turn', 2, None, 0),
        TokenSegment('tool_result', 1, None, 0),
        TokenSegment('tool_result', 2, 2, 0),
        TokenSegment('tool_result', 1, None, 0),
        TokenSegment('turn', 1, None, 1),
    ]


def test_two_images_side_by_side_are_two_segments() -> None:
    found = token_segments([PAD] * 5, [False] * 5, 5, PAD, [2, 3])
    assert [(segment.tokens, segment.view) for segment in found] == [(2, 1), (3, 2)]


@pytest.mark.parametrize('views', [[], [1], [3]])
def test_image_tokens_that_are_no_view_are_noticed(views: list[int]) -> None:
    with pytest.raises(ValueError, match='view'):
        token_segments([1, PAD, PAD, 2], [False] * 4, 4, PAD, views)


def test_only_sampled_tokens_of_a_kept_trajectory_carry_loss() -> None:
    ids = [1, 2, PAD, 3, 4, 5]
    segments = token_segments(ids, [False, False, False, True, False, True], 3, PAD, [1])
    settings = MaskSettings()
    assert loss_mask(segments, mask_decision('answered', True, False, settings)) == [0, 0, 0, 1, 0, 1]
    assert loss_mask(segments, mask_decision('too_long', True, False, settings)) == [0] * 6
    assert loss_mask(segments, mask_decision('answered', False, False, settings)) == [0] * 6
