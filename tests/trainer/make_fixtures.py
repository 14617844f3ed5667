"""Regenerates the corpora under tests/fixtures that Python and TypeScript share.

    .venv/bin/python tests/trainer/make_fixtures.py

A test checks that the committed files are what this writes.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / 'trainer')]

from corpora import (
    answer_cases,
    episode_cases,
    number_cases,
    parser_cases,
    preprocess_cases,
    prompt_cases,
    tool_cases,
    training_cases,
)

FIXTURES = HERE.parent / 'fixtures'
CORPORA: dict[str, Callable[[], list[dict[str, Any]]]] = {
    'prompt': prompt_cases.cases,
    'parser': parser_cases.cases,
    'tools': tool_cases.cases,
    'answers': answer_cases.cases,
    'smart_resize': number_cases.resize_cases,
    'positions': number_cases.position_cases,
    'rewards': number_cases.reward_cases,
    'flags': number_cases.flag_cases,
    'episodes': episode_cases.cases,
    'preprocess': preprocess_cases.cases,
    'masks': training_cases.mask_cases,
    'advantages': training_cases.advantage_cases,
}


def render(cases: list[dict[str, Any]]) -> str:
    """One case a line: small diffs, readable by people."""
    lines = ',\n'.join('    ' + json.dumps(case, ensure_ascii=False, allow_nan=False) for case in cases)
    return '{\n  "cases": [\n' + lines + '\n  ]\n}\n'


def main() -> None:
    FIXTURES.mkdir(parents=True, exist_ok=True)
    preprocess_cases.write_sources(FIXTURES)
    for name, cases in CORPORA.items():
        (FIXTURES / f'{name}.json').write_text(render(cases()), encoding='utf-8')


if __name__ == '__main__':
    main()
