"""What is compared with what. Pure: nothing here runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Overrides = Mapping[str, Any]


@dataclass(frozen=True)
class Arm:
    """`settings` are knobs of config.json, over those that all arms share."""

    name: str
    settings: Overrides = field(default_factory=dict)


@dataclass(frozen=True)
class Experiment:
    name: str
    title: str
    question: str
    arms: Sequence[Arm]


@dataclass(frozen=True)
class Scale:
    """How much is done. The defaults are those of the committed figures; tests have tiny ones."""

    steps: int = 30
    prompts: int = 8
    group: int = 8
    test_samples: int = 300
    weak_steps: int = 120
    learning_rate: float = 1e-4
    threads: int = 1


Base = Literal['weak', 'shipped']

LEARN = Experiment(
    'learn',
    'GRPO from the weak base',
    'Does it get better, and does it come to use its tools?',
    (Arm('GRPO'),),
)
TOOL_GAIN = Experiment(
    'tool-gain',
    'Tool gain',
    'What does the tool factor of a right answer do?',
    tuple(Arm(f'tool gain {gain:g}', {'tool_gain': gain}) for gain in (0.0, 0.5, 1.0, 2.0)),
)
# Two calls are too few for half of the questions, so that many rollouts meet the limit.
_TIGHT: Overrides = {'limits': {'max_calls': 2}}
TRAJECTORY_MASK = Experiment(
    'trajectory-mask',
    'Trajectory mask, with two calls allowed in training',
    'What becomes of tool use when rollouts that meet a limit are trained on, and when they are masked?',
    (
        Arm('masked', _TIGHT),
        Arm('masked, in the baseline', {**_TIGHT, 'trajectory_mask': {'masked_in_baseline': True}}),
        Arm('not masked', {**_TIGHT, 'trajectory_mask': {'statuses': []}}),
    ),
)
EXPERIMENTS = {one.name: one for one in (LEARN, TOOL_GAIN, TRAJECTORY_MASK)}


def chosen(experiment: Experiment, names: str | None) -> Experiment:
    """The experiment with only these arms (names between semicolons). ValueError for a name that it does not have."""
    if names is None:
        return experiment
    wanted = [name.strip() for name in names.split(';')]
    known = {arm.name: arm for arm in experiment.arms}
    missing = [name for name in wanted if name not in known]
    if missing:
        raise ValueError(f'there is no arm "{missing[0]}"; {experiment.name} has: {"; ".join(known)}')
    return replace(experiment, arms=tuple(known[name] for name in wanted))


def slug(text: str) -> str:
    """A name for a folder."""
    return ''.join(letter if letter.isalnum() or letter == '.' else '-' for letter in text.lower())


def run_config(
    run_id: str, agent_folder: str, seed: int, scale: Scale, arm: Arm, now: float
) -> dict[str, Any]:
    """config.json of one run."""
    shared: dict[str, Any] = {
        'max_steps': scale.steps,
        'prompts_per_step': scale.prompts,
        'num_generations': scale.group,
        'seed': seed,
        'learning_rate': scale.learning_rate,
        'lora': {'enabled': False},
        'demonstrations': {'mode': 'none'},
        'per_device_train_batch_size': scale.group,
        'device': 'cpu',
        'dtype': 'float32',
        'threads': scale.threads,
        'save_every': scale.steps,
        'keep_checkpoints': 1,
        'evaluation_every': 0,
    }
    head = {'format': 1, 'run_id': run_id, 'created_at': now, 'agent_folder': agent_folder}
    return {**head, **shared, **arm.settings}
