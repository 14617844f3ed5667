"""The shared corpora are what the code says now, and large enough to mean something."""

import json
from typing import Any

import pytest
from PIL import Image

from corpora import preprocess_cases
from make_fixtures import CORPORA, FIXTURES, render

LEAST = {
    'prompt': 25,
    'parser': 60,
    'tools': 80,
    'answers': 70,
    'smart_resize': 400,
    'positions': 10,
    'rewards': 60,
    'flags': 12,
    'episodes': 25,
    'preprocess': 40,
    'masks': 100,
    'advantages': 100,
}


def committed(name: str) -> list[dict[str, Any]]:
    return json.loads((FIXTURES / f'{name}.json').read_text(encoding='utf-8'))['cases']


@pytest.mark.parametrize('name', CORPORA)
def test_a_corpus_is_current(name: str) -> None:
    written = (FIXTURES / f'{name}.json').read_text(encoding='utf-8')
    assert written == render(CORPORA[name]()), 'run tests/trainer/make_fixtures.py'


@pytest.mark.parametrize('name', CORPORA)
def test_a_corpus_is_large_enough(name: str) -> None:
    assert len(committed(name)) >= LEAST[name]


@pytest.mark.parametrize(
    'name', ['prompt', 'parser', 'tools', 'positions', 'flags', 'episodes', 'masks', 'advantages']
)
def test_cases_have_names_of_their_own(name: str) -> None:
    names = [case['name'] for case in committed(name)]
    assert len(set(names)) == len(names)


def test_the_preprocessing_sources_are_the_pixels_that_the_digests_were_made_of() -> None:
    for index in range(len(preprocess_cases.SIZES)):
        with Image.open(FIXTURES / preprocess_cases.file_name(index)) as image:
            assert image.mode == 'RGB'
            assert image.tobytes() == preprocess_cases.source(index).tobytes()


def test_the_tool_corpus_holds_good_and_bad_calls() -> None:
    verdicts = [case['expected']['ok'] for case in committed('tools')]
    assert verdicts.count(True) >= 30
    assert verdicts.count(False) >= 50


def test_the_episode_corpus_ends_in_every_way_that_a_script_can() -> None:
    ends = {case['expected']['status'] for case in committed('episodes')}
    assert ends == {'answered', 'no_answer', 'malformed', 'too_many_steps', 'too_long', 'over_budget'}


def test_half_way_sizes_are_in_the_resize_corpus() -> None:
    half_way = [
        case for case in committed('smart_resize') if case['height'] % 56 == 14 or case['width'] % 56 == 14
    ]
    assert len(half_way) >= 40
