"""What an episode is worth: accuracy x tool factor + format. Twin of shared/model; `tests/fixtures/rewards.json`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RewardSettings:
    """`tool_gain` 0 is the ablation without the tool bonus."""

    tool_gain: float = 0.5
    format_weight: float = 0.5


@dataclass(frozen=True)
class EpisodeOutcome:
    """What the reward looks at. `thoughts_closed`: every turn has a closed <think></think>."""

    answered: bool
    correct: bool
    valid_calls: int
    bad_calls: int
    thoughts_closed: bool


@dataclass(frozen=True)
class RewardParts:
    accuracy: float
    tool_factor: float
    format: float
    total: float


def reward(outcome: EpisodeOutcome, settings: RewardSettings) -> RewardParts:
    """The parts and their sum. The tool factor rises only where a valid call and a right answer meet."""
    accuracy = 1.0 if outcome.answered and outcome.correct else 0.0
    tool_factor = 1.0 + settings.tool_gain if accuracy and outcome.valid_calls > 0 else 1.0
    well_formed = outcome.answered and outcome.thoughts_closed and outcome.bad_calls == 0
    format_part = 1.0 if well_formed else 0.0
    total = accuracy * tool_factor + settings.format_weight * format_part
    return RewardParts(accuracy, tool_factor, format_part, total)
