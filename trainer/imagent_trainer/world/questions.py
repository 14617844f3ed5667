"""Questions over scenes, in the four kinds of the demo world. The answer never shows in the first views.

Chance of a guess: read 1 of 5 patterns, compare 1 of 2, which 1 of N images (2 to 4), look_back 1 of 2.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

from .scene import COLOURS, PATTERNS, SHAPES, Item, Scene, Wish, make_scene

KINDS = ('read', 'compare', 'which', 'look_back')


@dataclass(frozen=True)
class Target:
    """An object that the question is about: its 1-based image, and its name (full, or only shape or colour)."""

    image: int
    name: str
    item: Item


@dataclass(frozen=True)
class Question:
    """`targets` come in the order in which a careful reader would look at them.

    read: the object. compare: both. which: the named object of every image. look_back: the object to match, then
    the two candidates.
    """

    kind: str
    scenes: tuple[Scene, ...]
    text: str
    answer: str
    answer_kind: str
    targets: tuple[Target, ...]
    pattern: str | None = None


def make_question(rng: random.Random, kind: str) -> Question:
    return _MAKERS[kind](rng)


def _named(rng: random.Random) -> tuple[str, str]:
    return rng.choice(SHAPES), rng.choice(list(COLOURS))


def _scene_with(rng: random.Random, shape: str, colour: str, pattern: str | None = None) -> Scene:
    return make_scene(rng, rng.randint(1, 4), [Wish(shape, colour, pattern)])


def _read(rng: random.Random) -> Question:
    count = rng.choice((1, 2))
    image = rng.randint(1, count)
    shape, colour = _named(rng)
    scenes = tuple(
        _scene_with(rng, shape, colour) if n == image else make_scene(rng, rng.randint(1, 4))
        for n in range(1, count + 1)
    )
    item = scenes[image - 1].items[0]
    where = f' in image {image}' if count > 1 else ''
    text = f'What pattern is on the {item.name}{where}?'
    return Question('read', scenes, text, item.pattern, 'text', (Target(image, item.name, item),))


def _compare(rng: random.Random) -> Question:
    same = rng.random() < 0.5
    first = rng.choice(PATTERNS)
    second = first if same else rng.choice([p for p in PATTERNS if p != first])
    scenes = tuple(_scene_with(rng, *_named(rng), pattern) for pattern in (first, second))
    targets = tuple(Target(n, s.items[0].name, s.items[0]) for n, s in enumerate(scenes, 1))
    text = f'Do the {targets[0].name} in image 1 and the {targets[1].name} in image 2 have the same pattern?'
    return Question('compare', scenes, text, 'yes' if same else 'no', 'yes_no', targets)


def _which(rng: random.Random) -> Question:
    count = rng.randint(2, 4)
    answer = rng.randint(1, count)
    pattern = rng.choice(PATTERNS)
    others = [p for p in PATTERNS if p != pattern]
    by_shape = rng.random() < 0.5
    name = rng.choice(SHAPES) if by_shape else rng.choice(list(COLOURS))
    scenes = []
    for n in range(1, count + 1):
        wish = Wish(
            shape=name if by_shape else None,
            colour=None if by_shape else name,
            pattern=pattern if n == answer else rng.choice(others),
        )
        avoid_shapes, avoid_colours = ((name,), ()) if by_shape else ((), (name,))
        scenes.append(make_scene(rng, rng.randint(1, 4), [wish], avoid_shapes, avoid_colours))
    targets = tuple(Target(n, name, s.items[0]) for n, s in enumerate(scenes, 1))
    noun = name if by_shape else f'{name} shape'
    text = f'Which image shows {pattern} on the {noun}?'
    return Question('which', tuple(scenes), text, str(answer), 'number', targets, pattern)


def _look_back(rng: random.Random) -> Question:
    count = rng.choice((2, 3))
    early = rng.randint(1, count - 1)
    late = rng.randint(early + 1, count)
    pattern = rng.choice(PATTERNS)
    other = rng.choice([p for p in PATTERNS if p != pattern])
    right = rng.randint(0, 1)
    scenes: list[Scene] = []
    for n in range(1, count + 1):
        if n == early:
            pairs = [(s, c) for s in SHAPES for c in COLOURS]
            (s1, c1), (s2, c2) = rng.sample(pairs, 2)
            order = (pattern, other) if right == 0 else (other, pattern)
            scenes.append(
                make_scene(rng, rng.randint(2, 4), [Wish(s1, c1, order[0]), Wish(s2, c2, order[1])])
            )
        elif n == late:
            scenes.append(_scene_with(rng, *_named(rng), pattern))
        else:
            scenes.append(make_scene(rng, rng.randint(1, 4)))
    model = scenes[late - 1].items[0]
    first, second = scenes[early - 1].items[:2]
    text = (
        f'Which has the same pattern as the {model.name} in image {late}: '
        f'the {first.name} or the {second.name} in image {early}?'
    )
    targets = (
        Target(late, model.name, model),
        Target(early, first.name, first),
        Target(early, second.name, second),
    )
    return Question('look_back', tuple(scenes), text, targets[1 + right].name, 'text', targets)


_MAKERS: dict[str, Callable[[random.Random], Question]] = {
    'read': _read,
    'compare': _compare,
    'which': _which,
    'look_back': _look_back,
}
