"""Cases of smart_resize.json, positions.json, rewards.json and flags.json."""

import random
from itertools import product
from typing import Any

from imagent_trainer.rewards.reward import EpisodeOutcome, RewardSettings, reward
from imagent_trainer.rollout.flags import failure_flags
from imagent_trainer.rollout.positions import ImageRun, Run, TextRun, run_positions
from imagent_trainer.rollout.status import Status
from imagent_trainer.rollout.views import smart_resize

SIDES = [
    1,
    2,
    13,
    14,
    27,
    28,
    29,
    41,
    42,
    43,
    69,
    70,
    71,
    98,
    112,
    126,
    154,
    182,
    210,
    238,
    448,
    1000,
    3024,
    4032,
]
LIMITS = [(12_544, 12_544), (3136, 1_003_520), (200_704, 1_003_520), (3136, 12_845_056)]


def resize_cases() -> list[dict[str, Any]]:
    """Every pair of sides that lie on and beside half-way points, and 400 random sizes."""
    rng = random.Random(20_251_122)
    sizes = [(height, width) for height, width in product(SIDES, SIDES) if (height + width) % 3 != 1]
    sizes += [(rng.randint(1, 9000), rng.randint(1, 9000)) for _ in range(400)]
    sizes += [(1, 200), (1, 201), (201, 1), (20, 4000), (20, 4001), (100_000, 100_000), (65_535, 400)]
    found = []
    for index, (height, width) in enumerate(sizes):
        low, high = LIMITS[index % len(LIMITS)]
        try:
            out: list[int] | None = list(smart_resize(height, width, low, high))
        except ValueError:
            out = None
        found.append({'height': height, 'width': width, 'minPixels': low, 'maxPixels': high, 'expected': out})
    return found


CONTEXTS: list[tuple[str, int, list[Run]]] = [
    ('nothing', 0, []),
    ('text', 0, [TextRun(5)]),
    ('text from 7', 7, [TextRun(3)]),
    ('an image', 0, [ImageRun(4, 4)]),
    ('a wide image', 3, [ImageRun(2, 5)]),
    ('a tall image', 3, [ImageRun(5, 2)]),
    ('one cell', 2, [ImageRun(1, 1)]),
    ('a prompt of two images', 0, [TextRun(9), ImageRun(4, 4), TextRun(6), ImageRun(3, 6), TextRun(12)]),
    ('images side by side', 4, [ImageRun(2, 2), ImageRun(2, 3), ImageRun(1, 4)]),
    ('a tool result appended at 40', 40, [TextRun(8), ImageRun(4, 4), TextRun(7)]),
    ('a run of no tokens', 5, [TextRun(0), ImageRun(2, 2), TextRun(0)]),
]


def run_to_json(run: Run) -> dict[str, Any]:
    if isinstance(run, TextRun):
        return {'kind': 'text', 'length': run.length}
    return {'kind': 'image', 'rows': run.rows, 'columns': run.columns}


def position_cases() -> list[dict[str, Any]]:
    found = []
    for name, start, runs in CONTEXTS:
        positions, following = run_positions(runs, start)
        found.append(
            {
                'name': name,
                'start': start,
                'runs': [run_to_json(run) for run in runs],
                'positions': [list(row) for row in positions],
                'next': following,
            }
        )
    return found


def reward_cases() -> list[dict[str, Any]]:
    found = []
    settings = [
        RewardSettings(),
        RewardSettings(0.0, 0.5),
        RewardSettings(2.0, 0.0),
        RewardSettings(1.0, 0.25),
    ]
    outcomes = [
        EpisodeOutcome(answered, correct, valid, bad, closed)
        for answered, correct, (valid, bad), closed in product(
            (True, False), (True, False), ((0, 0), (1, 0), (3, 1), (0, 2)), (True, False)
        )
    ]
    for index, outcome in enumerate(outcomes * 2):
        chosen = settings[(index + index // 8) % len(settings)]
        parts = reward(outcome, chosen)
        found.append(
            {
                'answered': outcome.answered,
                'correct': outcome.correct,
                'validCalls': outcome.valid_calls,
                'badCalls': outcome.bad_calls,
                'thoughtsClosed': outcome.thoughts_closed,
                'toolGain': chosen.tool_gain,
                'formatWeight': chosen.format_weight,
                'expected': {
                    'accuracy': parts.accuracy,
                    'toolFactor': parts.tool_factor,
                    'format': parts.format,
                    'total': parts.total,
                },
            }
        )
    return found


THOUGHT = '<think>t</think><answer>x</answer>'
EPISODES: list[tuple[str, Status, bool, int, list[str], list[str]]] = [
    ('an answer after a call', 'answered', True, 1, ['a'], [THOUGHT, THOUGHT]),
    ('an answer without a call', 'answered', True, 0, [], [THOUGHT]),
    ('an answer where there are no tools', 'answered', False, 0, [], [THOUGHT]),
    ('no answer and no call', 'no_answer', True, 0, [], [THOUGHT]),
    ('only bad calls are calls too', 'answered', True, 2, [], [THOUGHT]),
    ('a call repeated', 'answered', True, 2, ['a', 'a'], [THOUGHT]),
    ('a loop', 'too_many_steps', True, 3, ['a', 'b', 'a', 'a'], [THOUGHT]),
    ('different calls', 'answered', True, 3, ['a', 'b', 'c'], [THOUGHT]),
    ('a turn without a thought', 'answered', True, 1, ['a'], [THOUGHT, '<answer>x</answer>']),
    ('a thought that is not closed is one', 'no_answer', True, 1, ['a'], ['<think>hm']),
    ('everything at once', 'answered', True, 3, ['a', 'a', 'a'], ['<answer>x</answer>']),
    ('no turn', 'over_budget', True, 0, [], []),
]


def flag_cases() -> list[dict[str, Any]]:
    return [
        {
            'name': name,
            'status': status,
            'toolsOffered': tools,
            'calls': calls,
            'validCalls': valid,
            'turns': turns,
            'expected': failure_flags(status, tools, calls, valid, turns),
        }
        for name, status, tools, calls, valid, turns in EPISODES
    ]
