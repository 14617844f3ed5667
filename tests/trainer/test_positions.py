"""Positions are those of transformers, whatever the mix of text and images; and they carry over by one integer."""

import random
from typing import Any

import pytest

from imagent_trainer.rollout.positions import ImageRun, Run, TextRun, run_positions

PAD = 9


def random_runs(seed: int) -> list[Run]:
    """Text between images, as in every prompt: two images never touch."""
    rng = random.Random(seed)
    runs: list[Run] = [TextRun(rng.randint(1, 20))]
    for _ in range(rng.randint(1, 6)):
        runs += [ImageRun(rng.randint(1, 11), rng.randint(1, 11)), TextRun(rng.randint(1, 15))]
    return runs


@pytest.mark.parametrize('seed', range(20))
def test_appending_turn_by_turn_gives_the_positions_of_the_whole(seed: int) -> None:
    runs = random_runs(seed)
    whole, end = run_positions(runs)
    rows: tuple[list[int], list[int], list[int]] = ([], [], [])
    at = 0
    for run in runs:
        part, at = run_positions([run], at)
        for row, more in zip(rows, part, strict=True):
            row.extend(more)
    assert (rows, at) == (whole, end)


@pytest.mark.torch
@pytest.mark.parametrize('seed', range(20))
def test_positions_equal_get_rope_index(seed: int) -> None:
    import torch
    from transformers import Qwen2_5_VLConfig
    from transformers.models.qwen2_5_vl.modeling_qwen2_5_vl import Qwen2_5_VLModel

    runs = random_runs(seed)
    ids = [token for run in runs for token in token_ids(run)]
    grids = [[1, run.rows * 2, run.columns * 2] for run in runs if isinstance(run, ImageRun)]

    class Bare:
        """get_rope_index reads sizes from the config and nothing else of the model."""

        config = Qwen2_5_VLConfig()
        get_vision_position_ids = Qwen2_5_VLModel.get_vision_position_ids

    tokens = torch.tensor([ids])
    # Its annotations ask for LongTensor and IntTensor, which are old names of Tensor.
    rope_index: Any = Qwen2_5_VLModel.get_rope_index
    wanted, delta = rope_index(
        Bare(),
        tokens,
        (tokens == PAD).int(),
        image_grid_thw=torch.tensor(grids),
        attention_mask=torch.ones_like(tokens),
    )
    positions, following = run_positions(runs)
    assert wanted[:, 0].tolist() == [list(row) for row in positions]
    assert following == len(ids) + int(delta)


def token_ids(run: Run) -> list[int]:
    return [0] * run.length if isinstance(run, TextRun) else [PAD] * (run.rows * run.columns)
