"""The beginner that ships: its packing, and that its figures are as stated."""

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.torch

ASSETS = Path(__file__).resolve().parents[2] / 'assets'
DEMO = ASSETS / 'demo-agent'
PACKED = ASSETS / 'beginner'
PLAYED = 60


def about() -> dict:
    return json.loads((PACKED / 'beginner.json').read_text(encoding='utf-8'))


def test_the_weights_come_out_as_they_were_packed() -> None:
    from imagent_trainer.train.beginner import WEIGHTS, body_of, digest, unpacked_weights

    base = (DEMO / WEIGHTS).read_bytes()
    weights = unpacked_weights(base, (PACKED / 'weights.delta').read_bytes())
    assert digest(base) == about()['base_sha256']
    assert digest(weights) == about()['sha256'][WEIGHTS]
    assert weights[: body_of(base)] == base[: body_of(base)]
    assert weights != base


def test_what_is_packed_comes_out_again() -> None:
    from imagent_trainer.train.beginner import delta_of, unpacked_weights

    header = (2).to_bytes(8, 'little') + b'{}'
    # Sums that run over the end of a word, and over that of a byte.
    base = header + bytes([0, 0, 255, 255, 255, 0, 7, 9])
    changed = header + bytes([255, 255, 0, 0, 0, 1, 7, 9])
    assert unpacked_weights(base, delta_of(base, changed)) == changed


def test_weights_of_another_layout_are_refused() -> None:
    from imagent_trainer.train.beginner import WEIGHTS, PackError, delta_of

    base = (DEMO / WEIGHTS).read_bytes()
    with pytest.raises(PackError):
        delta_of(base, base + b'\0\0')
    with pytest.raises(PackError):
        delta_of(base, base[:8] + b'#' + base[9:])


def test_its_figures_are_as_stated(tmp_path: Path) -> None:
    """The first questions of those that it was measured on. The whole 300 take a minute."""
    import shutil

    import torch

    from imagent_trainer.protocol.agent_folder import read_agent_settings
    from imagent_trainer.train.beginner import WEIGHTS, unpacked_weights
    from imagent_trainer.train.greedy import figures, play_world
    from imagent_trainer.train.policy import load_agent
    from imagent_trainer.train.weaken_cli import CHECK_SEED

    torch.set_num_threads(1)
    shutil.copytree(DEMO, tmp_path / 'beginner', ignore=shutil.ignore_patterns('onnx', '*.safetensors'))
    weights = unpacked_weights((DEMO / WEIGHTS).read_bytes(), (PACKED / 'weights.delta').read_bytes())
    (tmp_path / 'beginner' / WEIGHTS).write_bytes(weights)
    agent = load_agent(tmp_path / 'beginner')
    settings = read_agent_settings(tmp_path / 'beginner')
    found = figures(play_world(agent, settings, CHECK_SEED + about()['seed'], PLAYED))
    stated = about()['check']
    assert stated['episodes'] == 300
    # Three deviations of a share of 60 about 0.6 and 0.36; the demo agent stands at 0.98 and 1.
    assert abs(found['accuracy'] - stated['accuracy']) < 0.19
    assert abs(found['tool_rate'] - stated['tool_rate']) < 0.19
    assert stated['accuracy'] < 0.7
    assert 0.25 < stated['tool_rate'] < 0.45
