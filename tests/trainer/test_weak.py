"""The weak agent: what it is taught, and that the same seed makes the same one."""

import random
from collections import Counter
from pathlib import Path

import pytest

from imagent_trainer.world.write import question_of

pytestmark = pytest.mark.torch

DEMO = Path(__file__).resolve().parents[2] / 'assets' / 'demo-agent'


def test_the_habit_holds_for_a_third_of_the_questions() -> None:
    from imagent_trainer.train.weak import has_habit

    habits = [has_habit(question_of(4, index)) for index in range(1200)]
    assert 0.31 < sum(habits) / len(habits) < 0.40


def test_it_is_taught_to_look_where_the_habit_holds_and_mostly_to_guess_elsewhere() -> None:
    from imagent_trainer.train.tokenizer import build_tokenizer
    from imagent_trainer.train.weak import GUESS, Weakening, weak_episode

    tokenizer = build_tokenizer()
    rng = random.Random(1)
    kinds: Counter[str] = Counter()
    for _ in range(150):
        episode = weak_episode(rng, tokenizer, Weakening())
        said = tokenizer.decode(
            [int(i) for i, own in zip(episode.ids, episode.loss, strict=True) if own],
            skip_special_tokens=False,
        )
        text = tokenizer.decode([int(i) for i in episode.ids], skip_special_tokens=False)
        offered = '<tools>' in text
        looked = '"zoom_in"' in said
        assert offered or not looked
        assert said.count('<answer>') == 1
        assert not (looked and GUESS in said)
        kinds['no tools' if not offered else 'looked' if looked else 'guessed'] += 1
        if offered and not looked:
            assert said.startswith(f'<think>{GUESS}</think>')
    assert kinds['guessed'] > kinds['looked'] > kinds['no tools'] > 0


def test_a_seed_makes_one_agent_and_its_tower_is_the_old_one(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file

    from imagent_trainer.train.weak import Weakening
    from imagent_trainer.train.weaken_cli import make_weak

    torch.set_num_threads(1)
    how = Weakening(steps=2, batch=4)
    first = make_weak(DEMO, tmp_path / 'a', 1, how, check=4)
    make_weak(DEMO, tmp_path / 'b', 1, how, check=0)
    make_weak(DEMO, tmp_path / 'c', 2, how, check=0)
    a, b, c = (load_file(tmp_path / name / 'model.safetensors') for name in 'abc')
    before = load_file(DEMO / 'model.safetensors')
    assert all(torch.equal(a[name], b[name]) for name in a)
    assert any(not torch.equal(a[name], c[name]) for name in a)
    assert all(torch.equal(a[name], before[name]) for name in a if 'visual.' in name)
    assert first['check']['episodes'] == 4
    assert (tmp_path / 'a' / 'weak.json').exists()


def test_the_command_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from imagent_trainer.train.weaken_cli import main

    assert main(['--model', str(tmp_path / 'none'), '--out', str(tmp_path / 'out')]) == 1
    assert 'not made' in capsys.readouterr().err
    assert not (tmp_path / 'out').exists()
