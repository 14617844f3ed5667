"""What an experiment gave: a table for people, figures for programs. Pure."""

import math
from collections.abc import Sequence
from typing import Any

FIGURES = ('accuracy', 'tool_rate')


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def deviation(values: Sequence[float]) -> float:
    """Between seeds (n - 1); 0 for a single one."""
    if len(values) < 2:
        return 0.0
    middle = mean(values)
    return math.sqrt(sum((value - middle) ** 2 for value in values) / (len(values) - 1))


def summary(results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Means and deviations over the seeds of an arm."""
    found: dict[str, Any] = {}
    for name in FIGURES:
        for when in ('before', 'after'):
            values = [result[when][name] for result in results]
            found[f'{name}_{when}'] = {'mean': round(mean(values), 4), 'sd': round(deviation(values), 4)}
        gains = [result['after'][name] - result['before'][name] for result in results]
        found[f'{name}_gain'] = {
            'mean': round(mean(gains), 4),
            'sd': round(deviation(gains), 4),
            'least': round(min(gains), 4),
        }
    seconds = [result['training_seconds'] for result in results]
    found['training_seconds'] = {'mean': round(mean(seconds), 1), 'most': max(seconds)}
    return found


def percent(value: float) -> str:
    return f'{100 * value:.1f}'


def cell(figure: dict[str, float]) -> str:
    return f'{percent(figure["mean"])} ± {percent(figure["sd"])}'


def markdown(report: dict[str, Any]) -> str:
    """The table and where it was made."""
    lines = [
        f'### {report["title"]}',
        '',
        report['question'],
        '',
        '| arm | accuracy before | after | tool rate before | after | calls after | seconds a run |',
        '|---|---|---|---|---|---|---|',
    ]
    for arm in report['arms']:
        found = arm['summary']
        calls = mean([result['after']['calls'] for result in arm['results']])
        lines.append(
            f'| {arm["name"]} | {cell(found["accuracy_before"])} | {cell(found["accuracy_after"])} '
            f'| {cell(found["tool_rate_before"])} | {cell(found["tool_rate_after"])} '
            f'| {calls:.2f} | {found["training_seconds"]["mean"]:.0f} |'
        )
    seeds = ', '.join(str(seed) for seed in report['seeds'])
    lines += [
        '',
        f'Percent; mean and deviation over the seeds {seeds}; greedy, on '
        f'{report["scale"]["test_samples"]} unseen samples a seed. '
        f'{report["scale"]["steps"]} steps of {report["scale"]["prompts"]} x {report["scale"]["group"]} rollouts, '
        f'learning rate {report["scale"]["learning_rate"]:g}, all weights of the language model and the tower.',
        '',
        f'`{report["command"]}`, on {report["hardware"]}.',
    ]
    return '\n'.join(lines) + '\n'
