"""Reads samples.jsonl: one question a line, image paths relative to the file."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from imagent_trainer.rewards.answer_check import DEFAULT_TOLERANCE, AnswerKind, is_correct

KINDS: tuple[AnswerKind, ...] = get_args(AnswerKind)


class SampleError(ValueError):
    """A line that is no sample; the message names the line and what is wrong."""


@dataclass(frozen=True)
class Sample:
    """A question on images, with the answers that count as right."""

    id: str
    kind: str
    images: tuple[Path, ...]
    question: str
    choices: tuple[str, ...] | None
    answers: tuple[str, ...]
    answer_kind: AnswerKind
    tolerance: float = DEFAULT_TOLERANCE

    def is_right(self, answer: str) -> bool:
        return is_correct(answer, self.answers, self.answer_kind, self.choices, self.tolerance)


def strings(value: object, what: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise SampleError(f'"{what}" must be a list of texts')
    return tuple(value)


def sample_from_json(value: object, folder: Path) -> Sample:
    """SampleError for anything that is not a sample, or for an image path that leaves the folder."""
    if not isinstance(value, dict) or not isinstance(value.get('question'), str):
        raise SampleError('a sample is an object with a "question"')
    paths = strings(value.get('images'), 'images')
    root = folder.resolve()
    images = tuple((root / path).resolve() for path in paths)
    if not images or not all(image.is_relative_to(root) for image in images):
        raise SampleError('"images" must name at least one file inside the folder')
    answer_kind: Any = value.get('answer_kind', 'text')
    if answer_kind not in KINDS:
        raise SampleError(f'"answer_kind" must be one of {", ".join(KINDS)}')
    choices = value.get('choices')
    tolerance = value.get('tolerance')
    return Sample(
        id=str(value.get('id', '')),
        kind=str(value.get('kind', '')),
        images=images,
        question=value['question'],
        choices=None if choices is None else strings(choices, 'choices'),
        answers=strings(value.get('answers', []), 'answers'),
        answer_kind=answer_kind,
        tolerance=DEFAULT_TOLERANCE if tolerance is None else float(tolerance),
    )


def read_samples(path: Path) -> Iterator[Sample]:
    """Samples in file order. SampleError, with the number of the line, at the first line that is none."""
    with path.open(encoding='utf-8') as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                yield sample_from_json(json.loads(line), path.parent)
            except ValueError as error:
                raise SampleError(f'{path.name}, line {number}: {error}') from error
