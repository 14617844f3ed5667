"""Experiments: what is compared, what the report says, and one whole tiny run that is not done twice."""

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.torch


def result(seed: int, before: float, after: float, tools: float) -> dict[str, Any]:
    def figures(accuracy: float, tool_rate: float) -> dict[str, Any]:
        return {'accuracy': accuracy, 'tool_rate': tool_rate, 'calls': 2.0}

    curve = [
        {'step': step, 'accuracy': before + step * (after - before) / 4, 'tool_rate': tools * step / 4}
        for step in range(1, 5)
    ]
    return {
        'seed': seed,
        'before': figures(before, 0.3),
        'after': figures(after, tools),
        'training_seconds': 60.0 + seed,
        'curve': curve,
    }


def report(*results: dict[str, Any]) -> dict[str, Any]:
    from dataclasses import asdict

    from imagent_trainer.train.experiments.arms import Scale
    from imagent_trainer.train.experiments.report import summary

    return {
        'title': 'A <title>',
        'question': 'What?',
        'seeds': [one['seed'] for one in results],
        'scale': asdict(Scale()),
        'command': 'do it',
        'hardware': 'a machine',
        'arms': [{'name': 'a & b', 'settings': {}, 'summary': summary(results), 'results': list(results)}],
    }


def test_means_and_spreads_are_exact() -> None:
    from imagent_trainer.train.experiments.report import summary

    found = summary([result(0, 0.5, 0.9, 1.0), result(1, 0.6, 0.9, 0.9), result(2, 0.7, 0.9, 0.8)])
    assert found['accuracy_before'] == {'mean': 0.6, 'sd': 0.1}
    assert found['accuracy_gain'] == {'mean': 0.3, 'sd': 0.1, 'least': 0.2}
    assert found['tool_rate_after'] == {'mean': 0.9, 'sd': 0.1}
    assert found['training_seconds'] == {'mean': 61.0, 'most': 62.0}


def test_the_table_says_what_was_measured() -> None:
    from imagent_trainer.train.experiments.report import markdown

    text = markdown(report(result(0, 0.5, 0.9, 1.0), result(1, 0.6, 1.0, 0.9)))
    assert '| a & b | 55.0 ± 7.1 | 95.0 ± 7.1 | 30.0 ± 0.0 | 95.0 ± 7.1 | 2.00 | 60 |' in text
    assert '`do it`, on a machine.' in text


def test_the_plot_is_a_picture_with_a_line_a_seed_and_one_for_the_mean() -> None:
    from imagent_trainer.train.experiments.plot import mean_curve, svg

    root = ElementTree.fromstring(svg(report(result(0, 0.5, 0.9, 1.0), result(1, 0.6, 1.0, 0.9))))
    lines = root.findall('{http://www.w3.org/2000/svg}polyline')
    assert len(lines) == 2 * 3
    assert root.get('aria-label') == 'A <title>'
    assert mean_curve([[(1, 0.0), (2, 1.0)], [(1, 1.0), (2, 1.0), (3, 0.0)]]) == [(1, 0.5), (2, 1.0)]


def test_goals_are_judged_by_the_worst_seed() -> None:
    from imagent_trainer.train.experiments.experiment_cli import goals

    good = goals(report(result(0, 0.5, 0.9, 0.95), result(1, 0.55, 0.92, 0.9)))
    assert [line[:4] for line in good] == ['met '] * 4
    poor = goals(report(result(0, 0.5, 0.9, 0.95), result(1, 0.55, 0.74, 0.8)))
    assert [line[:4] for line in poor] == ['MISS', 'met ', 'MISS', 'met ']


def test_every_arm_is_a_whole_configuration() -> None:
    from imagent_trainer.protocol.config import read_config
    from imagent_trainer.train.experiments.arms import EXPERIMENTS, Scale, run_config

    for experiment in EXPERIMENTS.values():
        seen = []
        for arm in experiment.arms:
            value = run_config('run_' + 'a' * 24, '/agent', 3, Scale(), arm, 0.0)
            config = read_config(value)
            assert (config.seed, config.max_steps, config.num_generations) == (3, 30, 8)
            assert not config.lora.enabled
            seen.append(
                (
                    config.tool_gain,
                    tuple(config.trajectory_mask.statuses),
                    config.trajectory_mask.masked_in_baseline,
                )
            )
        assert len(set(seen)) == len(experiment.arms)


def test_the_app_offers_the_same_experiments_and_sizes() -> None:
    """The same file is held against shared/model/experiment.ts."""
    from dataclasses import asdict

    from imagent_trainer.train.experiments.arms import EXPERIMENTS, Scale

    path = Path(__file__).resolve().parents[1] / 'fixtures' / 'experiments.json'
    known = {one['name']: one for one in json.loads(path.read_text())}
    assert known.keys() == EXPERIMENTS.keys()
    for name, one in EXPERIMENTS.items():
        found = {'name': name, 'title': one.title, 'question': one.question}
        assert known[name] == {**found, 'arms': [arm.name for arm in one.arms]}
    sizes = asdict(Scale())
    shown = {'steps': 30, 'prompts': 8, 'group': 8, 'test_samples': 300, 'weak_steps': 120, 'threads': 1}
    assert {name: sizes[name] for name in shown} == shown


def test_arms_are_chosen_by_name() -> None:
    from imagent_trainer.train.experiments.arms import TOOL_GAIN, chosen

    assert chosen(TOOL_GAIN, None) == TOOL_GAIN
    assert [arm.name for arm in chosen(TOOL_GAIN, 'tool gain 2; tool gain 0').arms] == [
        'tool gain 2',
        'tool gain 0',
    ]
    with pytest.raises(ValueError, match='tool gain 3'):
        chosen(TOOL_GAIN, 'tool gain 3')


def test_the_command_repeats_without_the_folder() -> None:
    from imagent_trainer.train.experiments.experiment_cli import without_out

    assert without_out(['--out', '/home/me/x', '--seeds', '1']) == ['--out', 'DIR', '--seeds', '1']
    assert without_out(['--out=/home/me/x']) == ['--out=DIR']


TINY = [
    '--seeds',
    '4',
    '--steps',
    '1',
    '--prompts',
    '1',
    '--group',
    '2',
    '--test-samples',
    '2',
    '--weak-steps',
    '1',
]


def test_learning_runs_from_end_to_end_and_is_not_done_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from imagent_trainer.train.experiments import runs
    from imagent_trainer.train.experiments.experiment_cli import learn

    assert learn(['--out', str(tmp_path), *TINY]) == 0
    said = capsys.readouterr().out
    assert 'goal 85' in said
    found = json.loads((tmp_path / 'learn.json').read_text())
    (only,) = found['arms'][0]['results']
    assert [step['step'] for step in only['curve']] == [1]
    assert only['before']['episodes'] == only['after']['episodes'] == 2
    assert str(tmp_path) not in (tmp_path / 'learn.json').read_text()
    assert {'learn.md', 'learn.svg'} <= {path.name for path in tmp_path.iterdir()}

    def never(*_: Any) -> None:
        raise AssertionError('what is done is not done again')

    monkeypatch.setattr(runs, 'train', never)
    monkeypatch.setattr(runs, 'make_weak', never)
    monkeypatch.setattr(runs, 'play_world', never)
    assert learn(['--out', str(tmp_path), *TINY]) == 0
    assert json.loads((tmp_path / 'learn.json').read_text())['arms'] == found['arms']


def test_a_run_that_fails_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from imagent_trainer.train.experiments.experiment_cli import learn, main

    assert learn(['--out', str(tmp_path), '--model', str(tmp_path / 'none'), *TINY]) == 1
    assert 'stopped' in capsys.readouterr().err
    assert main(['tool-gain', '--out', str(tmp_path), '--seeds', 'x']) == 2
