"""`imagent_trainer judge SETTINGS`: asks a judge two cases whose verdict nobody doubts, as a run would ask."""

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from imagent_trainer.protocol.config import Judge as Settings
from imagent_trainer.protocol.config import judge_of
from imagent_trainer.protocol.schema import fit, schema
from imagent_trainer.rewards.judge import Case, Judge

EASY: tuple[tuple[Case, bool], ...] = (
    (Case('Where is the ladder?', ('against the wall',), 'It leans against the wall.'), True),
    (Case('Which animal is on the sofa?', ('a cat',), 'a dog'), False),
)
"""None of them is among the examples that every request carries."""


def read_settings(text: str) -> Settings:
    """ValueError where the text is no settings of a judge."""
    found: Any = fit(schema('config')['properties']['judge'], json.loads(text), 'judge')
    if found is None:
        raise ValueError('judge must be an object')
    return judge_of(found)


def report(settings: Settings) -> dict[str, Any]:
    """Asked once each: a person waits for it."""
    begun = time.monotonic()
    verdicts = Judge(replace(settings, max_retries=0)).verdicts([case for case, _ in EASY])
    return {
        'seconds': round(time.monotonic() - begun, 3),
        'cases': [
            {
                'question': case.question,
                'reference': case.references[0],
                'answer': case.answer,
                'wanted': wanted,
                'said': verdict.right,
                'problem': verdict.problem,
            }
            for (case, wanted), verdict in zip(EASY, verdicts, strict=True)
        ],
    }


def main(argv: Sequence[str]) -> int:
    print(json.dumps(report(read_settings(argv[0]))))
    return 0
