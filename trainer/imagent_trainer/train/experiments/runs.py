"""One run of one arm with one seed: base, data, training, figures before and after. What is done is not done again."""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors.torch import load_file

from imagent_trainer.protocol.agent_folder import read_agent_settings
from imagent_trainer.train.experiments.arms import Arm, Base, Scale, run_config, slug
from imagent_trainer.train.greedy import figures, play_world
from imagent_trainer.train.policy import load_agent
from imagent_trainer.train.weak import Weakening
from imagent_trainer.train.weaken_cli import make_weak
from imagent_trainer.world.write import write_world

# Text seeds of their own: no question is trained on and tested on, and none belongs to another figure.
TRAIN_SEED, TEST_SEED = 700_000, 900_000
RESULT = 'result.json'
CURVE = (
    'reward',
    'accuracy',
    'tool_rate',
    'valid_tool_rate',
    'masked_share',
    'groups_without_gradient',
    'entropy',
    'grad_norm',
    'completion_tokens',
    'rollouts_per_second',
)

Say = Callable[[str], None]


class ExperimentError(Exception):
    """A run that failed; the message names its folder and what the trainer said."""


@dataclass(frozen=True)
class Place:
    """Where an experiment lives, and the agent that it starts from."""

    out: Path
    model: Path
    base: Base
    scale: Scale


def write_json(path: Path, value: Any) -> None:
    """Whole or not at all: a result that is there is finished."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix('.tmp')
    temporary.write_text(json.dumps(value, indent=1) + '\n', encoding='utf-8')
    temporary.replace(path)


def base_of(place: Place, seed: int, say: Say) -> Path:
    """The folder of the agent that a seed starts from."""
    if place.base == 'shipped':
        return place.model.resolve()
    folder = place.out / 'bases' / f'seed-{seed}'
    if not (folder / 'weak.json').exists():
        say(f'seed {seed}: making the weak base')
        make_weak(place.model, folder, seed, Weakening(steps=place.scale.weak_steps), check=0)
    return folder.resolve()


def played(agent_folder: Path, weights: Path | None, seed: int, count: int) -> dict[str, Any]:
    """Greedy figures on the unseen samples of a seed."""
    agent = load_agent(agent_folder)
    if weights is not None:
        missing, unknown = agent.model.load_state_dict(load_file(weights), strict=False)
        if unknown or set(missing) - {'lm_head.weight'}:
            raise ExperimentError(f'{weights} does not hold the weights of {agent_folder}.')
    settings = read_agent_settings(agent_folder)
    return figures(play_world(agent, settings, TEST_SEED + seed, count))


def before_of(place: Place, seed: int, say: Say) -> dict[str, Any]:
    """Figures of the base, measured once for all arms."""
    path = place.out / 'bases' / f'{place.base}-{seed}.json'
    if not path.exists():
        folder = base_of(place, seed, say)
        write_json(path, played(folder, None, seed, place.scale.test_samples))
    return json.loads(path.read_text(encoding='utf-8'))


def prepare_run(folder: Path, base: Path, seed: int, scale: Scale, arm: Arm) -> None:
    """Data first, config.json last: a folder with a configuration is complete."""
    if (folder / 'config.json').exists():
        return
    data = folder / 'data'
    samples = write_world(TRAIN_SEED + seed, scale.steps * scale.prompts, data, split='train')
    samples.replace(data / 'train.jsonl')
    digest = hashlib.sha256(f'{folder.resolve()}'.encode()).hexdigest()[:24]
    write_json(
        folder / 'config.json', run_config(f'run_{digest}', str(base), seed, scale, arm, time.time() * 1000)
    )


# Ends with the one that holds its standard input, however that ended; else it is the trainer's command line.
LEASHED = """
import os, runpy, sys, threading
def watch():
    while os.read(0, 4096):
        pass
    os._exit(75)
threading.Thread(target=watch, daemon=True).start()
sys.argv[0] = 'imagent_trainer'
runpy.run_module('imagent_trainer', run_name='__main__', alter_sys=True)
"""


def train(folder: Path) -> None:
    """The trainer's own command in a process of its own, as the app starts it. ExperimentError when it fails.

    Unlike a run of the app it does not outlive the experiment; the experiment, started again, goes on with it.
    """
    package = Path(__file__).resolve().parents[3]
    known = os.environ.get('PYTHONPATH')
    env = {**os.environ, 'PYTHONPATH': str(package) if not known else f'{package}{os.pathsep}{known}'}
    with (
        tempfile.TemporaryFile('w+') as errors,
        subprocess.Popen(
            [sys.executable, '-c', LEASHED, 'train', str(folder)],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        ) as child,
    ):
        try:
            code = child.wait()
        except BaseException:
            child.kill()
            raise
        errors.seek(0)
        text = errors.read().strip()[-2000:]
    if code != 0:
        said = [event['message'] for event in read_events(folder) if event['type'] == 'failed']
        raise ExperimentError(f'{folder}: {said[-1] if said else text}')


def read_events(folder: Path) -> list[dict[str, Any]]:
    path = folder / 'events.jsonl'
    lines = path.read_text(encoding='utf-8').splitlines() if path.exists() else []
    events = []
    for line in lines:
        try:
            events.append(json.loads(line))
        except ValueError:
            continue  # what a crash left of a line
    return events


def finished(events: Sequence[dict[str, Any]]) -> bool:
    return any(event['type'] == 'run_ended' and event['outcome'] == 'finished' for event in events)


def curve_of(events: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Figures by step. A step that was done again after a crash counts as it was done last."""
    steps: dict[int, dict[str, Any]] = {}
    for event in events:
        if event['type'] == 'step_finished':
            metrics = event['metrics']
            kept = {name: rounded(metrics.get(name)) for name in CURVE}
            steps[event['step']] = {
                'step': event['step'],
                **kept,
                'seconds': rounded(metrics['seconds']['total']),
            }
    return [steps[step] for step in sorted(steps)]


def rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def weights_after(folder: Path, events: Sequence[dict[str, Any]]) -> Path:
    """The weights of the last checkpoint."""
    named = [event['checkpoint'] for event in events if event['type'] == 'run_ended' and event['checkpoint']]
    if not named:
        raise ExperimentError(f'{folder}: the run ended without a checkpoint.')
    return folder / named[-1] / 'model.safetensors'


def result_of(place: Place, experiment: str, arm: Arm, seed: int, say: Say) -> dict[str, Any]:
    """One run, or what it gave when it was done before."""
    folder = place.out / experiment / slug(arm.name) / f'seed-{seed}'
    if (folder / RESULT).exists():
        return json.loads((folder / RESULT).read_text(encoding='utf-8'))
    base = base_of(place, seed, say)
    before = before_of(place, seed, say)
    prepare_run(folder, base, seed, place.scale, arm)
    if not finished(read_events(folder)):
        say(f'{arm.name}, seed {seed}: training')
        train(folder)
    events = read_events(folder)
    after = played(base, weights_after(folder, events), seed, place.scale.test_samples)
    curve = curve_of(events)
    result = {
        'seed': seed,
        'before': before,
        'after': after,
        'training_seconds': round(sum(step['seconds'] or 0.0 for step in curve), 1),
        'curve': curve,
    }
    write_json(folder / RESULT, result)
    say(
        f'{arm.name}, seed {seed}: accuracy {before["accuracy"]:.3f} -> {after["accuracy"]:.3f}, '
        f'tool rate {before["tool_rate"]:.3f} -> {after["tool_rate"]:.3f}'
    )
    return result
