"""`python -m imagent_trainer experiment NAME --out DIR` and `python -m imagent_trainer learn --out DIR`.

Trains every arm with every seed and writes NAME.json, NAME.md and NAME.svg into DIR. Started again with the same DIR
it goes on where it stopped.
"""

import argparse
import os
import platform
import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from imagent_trainer.train.experiments.arms import EXPERIMENTS, LEARN, Experiment, Scale, chosen
from imagent_trainer.train.experiments.plot import svg
from imagent_trainer.train.experiments.report import markdown, summary
from imagent_trainer.train.experiments.runs import ExperimentError, Place, result_of, write_json

DEMO = Path(__file__).resolve().parents[4] / 'assets' / 'demo-agent'
ACCURACY_GOAL, TOOL_GOAL, SECONDS_GOAL = 0.20, 0.85, 30 * 60


def say(line: str) -> None:
    print(line, flush=True)


def processor() -> str:
    """The processor's name, where the system tells it."""
    try:
        lines = Path('/proc/cpuinfo').read_text(encoding='utf-8').splitlines()
    except OSError:
        lines = []
    named = [line.partition(':')[2].strip() for line in lines if line.startswith('model name')]
    return named[0] if named else platform.processor() or platform.machine()


def hardware(threads: int) -> str:
    return f'{threads} thread{"s" if threads > 1 else ""} of {os.cpu_count()} x {processor()}'


def report_of(
    experiment: Experiment, place: Place, seeds: Sequence[int], results: dict[str, list[Any]], command: str
) -> dict[str, Any]:
    return {
        'experiment': experiment.name,
        'title': experiment.title,
        'question': experiment.question,
        'base': place.base,
        'seeds': list(seeds),
        'scale': asdict(place.scale),
        'command': command,
        'hardware': hardware(place.scale.threads),
        'software': {'torch': torch.__version__, 'python': platform.python_version()},
        'arms': [
            {
                'name': arm.name,
                'settings': dict(arm.settings),
                'summary': summary(results[arm.name]),
                'results': results[arm.name],
            }
            for arm in experiment.arms
            if results[arm.name]
        ],
    }


def run(experiment: Experiment, place: Place, seeds: Sequence[int], command: str) -> dict[str, Any]:
    """All runs, seed by seed, so that a first figure of every arm is there early. The report is written each time."""
    results: dict[str, list[Any]] = {arm.name: [] for arm in experiment.arms}
    report: dict[str, Any] = {}
    for seed in seeds:
        for arm in experiment.arms:
            results[arm.name].append(result_of(place, experiment.name, arm, seed, say))
            report = report_of(experiment, place, seeds, results, command)
            write_json(place.out / f'{experiment.name}.json', report)
            (place.out / f'{experiment.name}.md').write_text(markdown(report), encoding='utf-8')
            (place.out / f'{experiment.name}.svg').write_text(svg(report), encoding='utf-8')
    return report


def goals(report: dict[str, Any]) -> list[str]:
    """What was to be reached from the weak base, and what was."""
    found = report['arms'][0]['summary']
    accuracy, tools = found['accuracy_gain'], found['tool_rate_after']
    spread = max(found['accuracy_before']['sd'], found['accuracy_after']['sd'])
    seconds = found['training_seconds']['most']

    def line(met: bool, text: str) -> str:
        return f'{"met   " if met else "MISSED"} {text}'

    least = min(result['after']['tool_rate'] for result in report['arms'][0]['results'])
    return [
        line(
            accuracy['least'] >= ACCURACY_GOAL,
            f'accuracy up by {100 * accuracy["least"]:.1f} points at least (goal 20)',
        ),
        line(
            accuracy['mean'] > 2 * spread,
            f'that is beyond the spread of the seeds ({100 * spread:.1f} points)',
        ),
        line(
            least >= TOOL_GOAL,
            f'tool use in {100 * least:.1f} % of episodes at least (goal 85; mean {100 * tools["mean"]:.1f})',
        ),
        line(seconds <= SECONDS_GOAL, f'{seconds / 60:.1f} minutes of training a run at most (goal 30)'),
    ]


def parser_of(name: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f'imagent_trainer {name}', description=__doc__)
    parser.add_argument('--out', type=Path, required=True)
    parser.add_argument('--seeds', default='0,1,2', help='separated by commas (default %(default)s)')
    parser.add_argument(
        '--model', type=Path, default=DEMO, help='what the base is made of (default: shipped)'
    )
    parser.add_argument('--arms', default=None, help='only these arms, between semicolons')
    parser.add_argument('--base', choices=('weak', 'shipped'), default='weak')
    defaults = Scale()
    for option in ('steps', 'prompts', 'group', 'test_samples', 'weak_steps', 'threads'):
        parser.add_argument(f'--{option.replace("_", "-")}', type=int, default=getattr(defaults, option))
    parser.add_argument('--learning-rate', type=float, default=defaults.learning_rate)
    return parser


def start(experiment: Experiment, options: argparse.Namespace, command: str) -> int:
    try:
        seeds = [int(seed) for seed in options.seeds.split(',')]
    except ValueError:
        print('--seeds takes whole numbers, separated by commas.', file=sys.stderr)
        return 2
    torch.set_num_threads(options.threads)
    scale = Scale(**{name: getattr(options, name) for name in Scale.__dataclass_fields__})
    place = Place(options.out, options.model, options.base, scale)
    try:
        report = run(chosen(experiment, options.arms), place, seeds, command)
    except (ExperimentError, OSError, ValueError) as error:
        print(f'The experiment stopped: {error}', file=sys.stderr)
        return 1
    say(markdown(report))
    if experiment is LEARN and options.base == 'weak':
        say('\n'.join(goals(report)))
    return 0


def learn(argv: list[str]) -> int:
    options = parser_of('learn').parse_args(argv)
    return start(LEARN, options, f'npm run -s trainer -- learn {shlex.join(without_out(argv))}')


def main(argv: list[str]) -> int:
    parser = parser_of('experiment')
    parser.add_argument('name', choices=sorted(EXPERIMENTS))
    options = parser.parse_args(argv)
    command = f'npm run -s imagent -- experiment {shlex.join(without_out(argv))}'
    return start(EXPERIMENTS[options.name], options, command)


def without_out(argv: Sequence[str]) -> list[str]:
    """The arguments as they may be repeated elsewhere."""
    kept = []
    at = 0
    while at < len(argv):
        if argv[at] == '--out':
            kept += ['--out', 'DIR']
            at += 2
        else:
            kept.append('--out=DIR' if argv[at].startswith('--out=') else argv[at])
            at += 1
    return kept
