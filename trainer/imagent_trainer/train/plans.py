"""What a careful reader does with a question: the turns of an episode, before any noise."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ..world.questions import Question, Target

NO_TOOLS_THOUGHT = 'I cannot zoom, so I guess.'


@dataclass(frozen=True)
class Zoom:
    """Look closely at `target`, called `noun` in thoughts.

    `in_look_back`: in the view that the last look back brought, not in its input image.
    """

    thought: str
    target: Target
    noun: str
    in_look_back: bool = False


@dataclass(frozen=True)
class LookBack:
    thought: str
    image: int


@dataclass(frozen=True)
class Answer:
    thought: str
    text: str


Move = Zoom | LookBack | Answer
LOOKED_BACK = '{view}'
"""Stands in a thought for the number of the view that the look back brought."""


def comparison(first: str, second: str) -> str:
    return f'{first} and {second} {"match" if first == second else "differ"}.'


def plan(question: Question) -> list[Move]:
    return _PLANS[question.kind](question, question.targets)


def _read(question: Question, targets: Sequence[Target]) -> list[Move]:
    target = targets[0]
    return [
        Zoom(f'The {target.name} is in image {target.image}.', target, target.name),
        Answer(f'It shows {question.answer}.', question.answer),
    ]


def _compare(question: Question, targets: Sequence[Target]) -> list[Move]:
    first, second = targets
    p, q = first.item.pattern, second.item.pattern
    return [
        Zoom(f'First the {first.name} in image {first.image}.', first, first.name),
        Zoom(f'It shows {p}. Next the {second.name} in image {second.image}.', second, second.name),
        Answer(f'It shows {q}. {comparison(p, q)}', question.answer),
    ]


def _which(question: Question, targets: Sequence[Target]) -> list[Move]:
    def look(target: Target) -> str:
        return f'the {_noun(target.name, question)} in image {target.image}.'

    moves: list[Move] = [Zoom(f'First {look(targets[0])}', targets[0], _noun(targets[0].name, question))]
    for target, following in pairwise(targets):
        seen = f'It shows {target.item.pattern}. {comparison(question.pattern or "", target.item.pattern)}'
        if str(target.image) == question.answer:
            return [*moves, Answer(seen, question.answer)]
        if target.image == len(targets) - 1:
            return [*moves, Answer(f'{seen} Only image {following.image} is left.', question.answer)]
        moves.append(Zoom(f'{seen} Next {look(following)}', following, _noun(following.name, question)))
    raise AssertionError('a question of this kind has at least two images')


def _noun(name: str, question: Question) -> str:
    return f'{name} shape' if question.text.endswith('shape?') else name


def _look_back(question: Question, targets: Sequence[Target]) -> list[Move]:
    model, first, _ = targets
    p, q = model.item.pattern, first.item.pattern
    return [
        Zoom(f'The {model.name} is in image {model.image}.', model, model.name),
        LookBack(f'It shows {p}. Back to image {first.image}.', first.image),
        Zoom(f'Find {p}. The {first.name} is in image {LOOKED_BACK}.', first, first.name, in_look_back=True),
        Answer(f'It shows {q}. {comparison(p, q)}', question.answer),
    ]


_PLANS = {'read': _read, 'compare': _compare, 'which': _which, 'look_back': _look_back}
