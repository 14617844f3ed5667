"""samples.jsonl and imagent.json as they are read."""

import json
from pathlib import Path

import pytest

from imagent_trainer.data.samples import SampleError, read_samples
from imagent_trainer.protocol.agent_folder import PUBLISHED, read_agent_settings

GOOD = {'id': 's1', 'kind': 'read', 'images': ['images/a.png'], 'question': 'What?', 'answers': ['checks']}


def write(folder: Path, *lines: object) -> Path:
    path = folder / 'samples.jsonl'
    path.write_text('\n'.join(line if isinstance(line, str) else json.dumps(line) for line in lines) + '\n')
    return path


def test_a_line_becomes_a_sample_with_its_images_beside_the_file(tmp_path: Path) -> None:
    (sample,) = read_samples(write(tmp_path, GOOD, ''))
    assert sample.images == (tmp_path.resolve() / 'images' / 'a.png',)
    assert (sample.choices, sample.answer_kind) == (None, 'text')
    assert sample.is_right('Checks.')
    assert not sample.is_right('dots')


@pytest.mark.parametrize(
    'line',
    [
        'not json',
        '[]',
        {'id': 's'},
        GOOD | {'images': []},
        GOOD | {'images': ['../secret.png']},
        GOOD | {'images': ['/etc/passwd']},
        GOOD | {'images': [7]},
        GOOD | {'answers': 'checks'},
        GOOD | {'answer_kind': 'essay'},
        GOOD | {'choices': [1]},
    ],
)
def test_a_bad_line_is_named_by_its_number(tmp_path: Path, line: object) -> None:
    with pytest.raises(SampleError, match='line 2'):
        list(read_samples(write(tmp_path, GOOD, line)))


def test_an_agent_folder_without_a_file_gets_the_published_sizes(tmp_path: Path) -> None:
    settings = read_agent_settings(tmp_path)
    assert (settings.pixels, settings.limits.max_calls) == (PUBLISHED, 8)


def test_an_agent_folder_sets_its_own(tmp_path: Path) -> None:
    value = {'format': 1, 'min_pixels': 12_544, 'max_pixels': 12_544, 'crop_min_pixels': 12_544,
             'limits': {'max_calls': 3, 'unknown': 1}, 'sampling': {'temperature': 0.7}}  # fmt: skip
    (tmp_path / 'imagent.json').write_text(json.dumps(value))
    settings = read_agent_settings(tmp_path)
    assert (settings.pixels.max_pixels, settings.limits.max_calls, settings.temperature) == (12_544, 3, 0.7)


def test_an_agent_folder_of_another_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / 'imagent.json').write_text('{"format": 3}')
    with pytest.raises(ValueError, match='format'):
        read_agent_settings(tmp_path)
