"""Cases of masks.json and advantages.json: what carries loss, and how much."""

import random
from typing import Any

from imagent_trainer.rewards.advantage import Member, ScaleRewards, advantages
from imagent_trainer.rollout.masks import DEFAULT_STATUSES, MaskSettings, mask_decision, token_runs
from imagent_trainer.rollout.status import STATUSES
from imagent_trainer.rollout.trajectory import SegmentKind, TokenSegment

PROMPT = [
    TokenSegment('prompt', 180, None, None),
    TokenSegment('prompt', 16, 1, None),
    TokenSegment('prompt', 24, None, None),
]
ANSWERED = [*PROMPT, TokenSegment('turn', 21, None, 0)]
ONE_CALL = [
    *ANSWERED,
    TokenSegment('tool_result', 9, None, 0),
    TokenSegment('tool_result', 16, 2, 0),
    TokenSegment('tool_result', 7, None, 0),
    TokenSegment('turn', 14, None, 1),
]
BAD_CALL = [*ANSWERED, TokenSegment('tool_result', 40, None, 0), TokenSegment('turn', 1, None, 1)]
LAYOUTS: list[tuple[str, list[TokenSegment]]] = [
    ('an answer at once', ANSWERED),
    ('a call and an answer', ONE_CALL),
    ('a refused call', BAD_CALL),
    ('nothing sampled', PROMPT),
    ('a turn of no tokens', [*PROMPT, TokenSegment('turn', 0, None, 0)]),
    ('an empty context', []),
]


def segment_to_json(segment: TokenSegment) -> dict[str, Any]:
    return {'kind': segment.kind, 'tokens': segment.tokens, 'view': segment.view, 'turn': segment.turn}


def random_layout(rng: random.Random) -> list[TokenSegment]:
    kinds: list[SegmentKind] = ['prompt', 'turn', 'tool_result']
    return [
        TokenSegment(rng.choice(kinds), rng.choice((0, 1, 2, 16, 300)), None, None)
        for _ in range(rng.randint(1, 12))
    ]


def mask_cases() -> list[dict[str, Any]]:
    rng = random.Random(4)
    found: list[dict[str, Any]] = []

    def add(
        name: str,
        segments: list[TokenSegment],
        status: Any,
        scored: bool = True,
        demonstration: bool = False,
        statuses: Any = DEFAULT_STATUSES,
    ) -> None:
        decision = mask_decision(status, scored, demonstration, MaskSettings(statuses))
        runs = token_runs(segments, decision)
        found.append(
            {
                'name': name,
                'segments': [segment_to_json(segment) for segment in segments],
                'status': status,
                'scored': scored,
                'isDemonstration': demonstration,
                'statuses': list(statuses),
                'expected': {
                    'dropped': decision.dropped,
                    'reason': decision.reason,
                    'runs': [[run.token_class, run.tokens] for run in runs],
                },
            }
        )

    for status in STATUSES:
        for name, segments in LAYOUTS:
            add(f'{name}: {status}', segments, status)
        add(f'no status drops anything: {status}', ONE_CALL, status, statuses=())
        add(f'unscored: {status}', ONE_CALL, status, scored=False)
        add(f'a demonstration: {status}', ONE_CALL, status, demonstration=True)
    add('an unscored demonstration', ONE_CALL, 'answered', scored=False, demonstration=True)
    add('answers dropped on purpose', ONE_CALL, 'answered', statuses=('answered',))
    for index in range(30):
        add(f'random {index}', random_layout(rng), rng.choice(STATUSES), rng.random() < 0.8)
    return found


def advantage_case(
    name: str, groups: list[list[Member]], scale: ScaleRewards, masked_in_baseline: bool
) -> dict[str, Any]:
    return {
        'name': name,
        'groups': [
            [{'reward': member.reward, 'dropped': member.dropped} for member in group] for group in groups
        ],
        'scaleRewards': scale,
        'maskedInBaseline': masked_in_baseline,
        'expected': [
            {'mean': one.mean, 'std': one.std, 'advantages': one.advantages}
            for one in advantages(groups, scale, masked_in_baseline)
        ],
    }


def kept(*rewards: float | None) -> list[Member]:
    return [Member(reward, False) for reward in rewards]


GROUPS: list[tuple[str, list[list[Member]]]] = [
    ('one right of four', [kept(0.5, 0.5, 2.0, 0.5)]),
    ('all equal', [kept(0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1)]),
    ('all wrong', [kept(0.0, 0.0)]),
    ('one is unscored', [kept(1.0, None, 0.0, 2.0)]),
    ('nobody is scored', [kept(None, None)]),
    ('one is dropped', [[*kept(1.5, 0.5), Member(0.0, True)]]),
    ('one is left', [[*kept(1.5), Member(0.5, True), Member(0.0, True)]]),
    ('all are dropped', [[Member(0.5, True), Member(0.0, True)]]),
    ('dropped and unscored', [[*kept(1.5, 0.0), Member(None, True)]]),
    ('two groups', [kept(0.0, 1.0, 2.0), kept(2.0, 2.0, 2.0)]),
    ('a group of one', [kept(1.0)]),
    ('no group', []),
]


def advantage_cases() -> list[dict[str, Any]]:
    rng = random.Random(5)
    scales: tuple[ScaleRewards, ...] = ('group', 'batch', 'none')
    found = [
        advantage_case(f'{name}, {scale}, masked {masked}', groups, scale, masked)
        for name, groups in GROUPS
        for scale in scales
        for masked in (False, True)
    ]
    for index in range(40):
        groups = [
            [
                Member(
                    None if rng.random() < 0.1 else rng.choice((0.0, 0.5, 1.0, 2.0, rng.random())),
                    rng.random() < 0.3,
                )
                for _ in range(rng.choice((2, 8)))
            ]
            for _ in range(rng.randint(1, 4))
        ]
        found.append(advantage_case(f'random {index}', groups, scales[index % 3], rng.random() < 0.5))
    return found
