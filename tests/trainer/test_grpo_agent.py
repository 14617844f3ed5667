"""From a checkpoint to an agent: merged, played, probed. And what crops are worth."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from grpo_runs import DEMO_AGENT, LIVELY, of_type, write_run
from imagent_trainer.protocol import schema
from imagent_trainer.protocol.run_folder import RunFolder
from imagent_trainer.rewards.score import box_overlap, overlap
from imagent_trainer.train.grpo import merge as merging
from imagent_trainer.train.grpo import probe, run, verify
from imagent_trainer.train.policy import load_agent
from imagent_trainer.world.write import write_world

pytestmark = pytest.mark.torch


@dataclass(frozen=True)
class Approved:
    image: int
    box: Sequence[float]


class TestOverlap:
    @pytest.mark.parametrize(
        ('first', 'second', 'expected'),
        [
            ((0, 0, 10, 10), (0, 0, 10, 10), 1.0),
            ((0, 0, 10, 10), (5, 0, 15, 10), 50 / 150),
            ((0, 0, 10, 10), (10, 0, 20, 10), 0.0),
            ((0, 0, 10, 10), (2, 2, 4, 4), 4 / 100),
        ],
    )
    def test_it_is_intersection_over_union(self, first: Any, second: Any, expected: float) -> None:
        assert overlap(first, second) == overlap(second, first) == pytest.approx(expected)

    def test_each_approved_box_takes_the_crop_that_meets_it_best(self) -> None:
        @dataclass
        class View:
            origin: str
            root_image: int
            root_box: tuple[int, int, int, int]

        views = [
            View('input', 0, (0, 0, 10, 10)),
            View('zoom_in', 0, (0, 0, 5, 10)),
            View('zoom_in', 0, (0, 0, 10, 10)),
            View('look_back', 1, (0, 0, 10, 10)),
        ]
        trajectory: Any = SimpleNamespace(episode=SimpleNamespace(views=views))
        assert box_overlap(trajectory, []) is None
        assert box_overlap(trajectory, [Approved(0, (0, 0, 10, 10))]) == 1.0
        both = [Approved(0, (0, 0, 5, 10)), Approved(1, (0, 0, 10, 10))]
        assert box_overlap(trajectory, both) == 0.5


@pytest.fixture(scope='module')
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A run of one step by LoRA, and one of all weights."""
    knobs: dict[str, Any] = {'max_steps': 1, 'learning_rate': 0.01, 'shown': True}
    folders = {}
    for name, lora in (('lora', True), ('full', False)):
        folder = write_run(
            tmp_path_factory.mktemp(name) / 'run',
            demonstrations={'mode': 'off_policy'},
            box_overlap_weight=0.5,
            lora={'enabled': lora},
            **LIVELY,
            **knobs,
        )
        assert run.run_first(RunFolder(folder)) == 0
        folders[name] = folder
    return folders


@pytest.mark.parametrize('kind', ['lora', 'full'])
def test_a_checkpoint_becomes_an_agent_with_its_lineage(
    trained: dict[str, Path], kind: str, tmp_path: Path
) -> None:
    folder = trained[kind]
    out = tmp_path / 'agent'
    assert merging.main([str(folder / 'checkpoints' / 'step-000001'), str(out)]) == 0
    lineage = json.loads((out / 'imagent.json').read_text())['lineage']
    assert (lineage['run_id'], lineage['step'], lineage['kind']) == ('run_0123456789abcdef', 1, kind)
    assert not (out / 'onnx').exists()
    before, after = load_agent(DEMO_AGENT).model, load_agent(out).model
    changed = [
        name
        for (name, one), (_, other) in zip(before.named_parameters(), after.named_parameters(), strict=True)
        if not torch.equal(one, other)
    ]
    assert any('q_proj' in name for name in changed)
    assert any('visual' in name for name in changed) == (kind == 'full')
    for name, other in after.named_parameters():
        # As the agent's own are stored.
        assert torch.isfinite(other).all(), name
        assert torch.equal(other.half().float(), other), name


def test_what_is_no_checkpoint_is_said_and_leaves_nothing(
    trained: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert merging.main([str(trained['lora'] / 'rollouts'), str(tmp_path / 'agent')]) == 1
    assert 'not a whole checkpoint' in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_the_check_plays_what_the_command_rollout_plays(
    trained: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    samples = trained['lora'] / 'data' / 'validation.jsonl'
    assert verify.main([str(DEMO_AGENT), str(tmp_path), '--samples', str(samples), '--limit', '2']) == 0
    lines = [json.loads(line) for line in (tmp_path / 'episodes.jsonl').read_text().splitlines()]
    assert len(lines) == json.loads(capsys.readouterr().out)['episodes'] == 2
    assert all(line['token_ids'] and line['status'] == 'answered' for line in lines)
    assert [line['id'] for line in lines] == [json.loads(row)['id'] for row in samples.open()][:2]
    assert not any(line['drawn'] for line in lines)


def test_the_check_draws_what_a_small_run_lacks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = write_world(5, 1, tmp_path / 'run')
    assert verify.main([str(DEMO_AGENT), str(tmp_path / 'out'), '--samples', str(one), '--limit', '3']) == 0
    lines = [json.loads(line) for line in (tmp_path / 'out' / 'episodes.jsonl').read_text().splitlines()]
    assert [line['drawn'] for line in lines] == [False, True, True]
    assert all(Path(image).is_file() for line in lines for image in line['images'])
    assert json.loads(capsys.readouterr().out)['drawn'] == 2


def test_the_probe_measures_and_writes_nothing(
    trained: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = trained['lora']
    before = sorted(path.name for path in folder.rglob('*'))
    assert probe.main([str(folder / 'config.json')]) == 0
    report = schema.read('probe_report', json.loads(capsys.readouterr().out))
    assert report['ok'] is True
    assert report['seconds_per_step'] > 0
    assert report['parameters']['trainable'] < report['parameters']['all']
    assert report['peak_bytes'] > 10_000_000
    real = of_type(folder, 'checkpoint_saved')[0]['bytes']
    assert report['checkpoint_bytes'] == pytest.approx(real, rel=0.05)
    assert sorted(path.name for path in folder.rglob('*')) == before


def test_a_probe_that_can_not_begin_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_run(tmp_path / 'run', tmp_path / 'nowhere')
    assert probe.main([str(folder)]) == 1
    report = schema.read('probe_report', json.loads(capsys.readouterr().out))
    assert (report['ok'], report['seconds_per_rollout']) == (False, None)
    assert 'nowhere' in report['warnings'][0]['message']


def test_box_overlap_is_logged_by_itself(trained: dict[str, Path]) -> None:
    """Without approved boxes there is nothing to overlap with, and nothing is added."""
    assert of_type(trained['lora'], 'step_finished')[0]['metrics']['box_overlap'] is None
