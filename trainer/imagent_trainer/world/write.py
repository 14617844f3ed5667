"""Writes a set of samples: PNG images and samples.jsonl. The same seed gives the same bytes."""

import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .questions import KINDS, Question, make_question
from .scene import PATTERNS, SCALE, render, target_box


def question_of(seed: int, index: int, kinds: Sequence[str] = KINDS) -> Question:
    """Question `index` of a seed: kinds take turns. Training never draws from these seeds."""
    kind = kinds[index % len(kinds)]
    return make_question(random.Random(f'world:{seed}:{index}:{kind}'), kind)


IMAGE_OPTIONS: Mapping[str, dict[str, Any]] = {
    'png': {'compress_level': 6},
    # The same pixels in a third of the bytes: for what is kept in a repository.
    'webp': {'lossless': True, 'quality': 100, 'method': 6},
}


def write_world(
    seed: int,
    count: int,
    out: Path,
    kinds: Sequence[str] = KINDS,
    split: str | Sequence[str] = 'test',
    image_format: str = 'png',
) -> Path:
    """Returns the path of samples.jsonl. `split`: of all, or of each. OSError when the folder cannot be written."""
    (out / 'images').mkdir(parents=True, exist_ok=True)
    splits = [split] * count if isinstance(split, str) else split
    lines = []
    for index in range(count):
        identity = f'w{seed}-{index:06d}'
        question = question_of(seed, index, kinds)
        paths = [f'images/{identity}-{n}.{image_format}' for n in range(1, len(question.scenes) + 1)]
        for path, scene in zip(paths, question.scenes, strict=True):
            render(scene).save(out / path, **IMAGE_OPTIONS[image_format])
        lines.append(json.dumps(_sample(identity, question, paths, seed, splits[index])))
    file = out / 'samples.jsonl'
    file.write_text(''.join(line + '\n' for line in lines), encoding='utf-8')
    return file


def chance(question: Question) -> float:
    """How often a guess is right that knows the kind of question and nothing of the images."""
    return {'read': 1 / len(PATTERNS), 'compare': 0.5, 'which': 1 / len(question.scenes), 'look_back': 0.5}[
        question.kind
    ]


def _sample(identity: str, question: Question, paths: list[str], seed: int, split: str) -> dict[str, Any]:
    return {
        'id': identity,
        'kind': question.kind,
        'images': paths,
        'question': question.text,
        'choices': None,
        'answers': [question.answer],
        'answer_kind': question.answer_kind,
        'tags': [question.kind, f'{len(paths)} image' + ('s' if len(paths) > 1 else '')],
        'split': split,
        'meta': {
            'seed': seed,
            'chance': round(chance(question), 4),
            'targets': [
                {
                    'image': target.image,
                    'name': target.name,
                    'pattern': target.item.pattern,
                    'box': [SCALE * v for v in target_box(target.item)],
                }
                for target in question.targets
            ],
        },
    }
