"""When an answer is right. Twin of shared/model's answer check; `tests/fixtures/answers.json` drives both."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Literal

AnswerKind = Literal['text', 'number', 'choice', 'yes_no', 'set']

DEFAULT_TOLERANCE = 1e-6
# The same characters in both languages: str.strip() and JavaScript's \s do not agree on all of Unicode.
SPACES = ' \t\n\v\f\r\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000'
SPACE_RUN = re.compile(f'[{SPACES}]+')
NUMBER = re.compile(r'[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]{1,4})?')
LETTER = re.compile(r'\(?([a-z])[).:]?\)?')
# Between the parts of a set, once line breaks are commas.
PART_BREAK = re.compile('[,;&]| and ')
ARTICLES = ('a ', 'an ', 'the ')


def trim(text: str) -> str:
    return SPACE_RUN.sub(' ', text).strip(' ')


def normalise(text: str) -> str:
    """NFKC, lower case, single spaces, without one final full stop and without leading articles."""
    plain = trim(unicodedata.normalize('NFKC', text).lower())
    plain = trim(plain.removesuffix('.'))
    while plain.startswith(ARTICLES):
        plain = plain.split(' ', 1)[1]
    return plain


def parse_number(text: str) -> float | None:
    """A decimal number; commas are thousands separators and are dropped. None for anything else."""
    plain = normalise(text).replace(',', '')
    return float(plain) if NUMBER.fullmatch(plain) else None


def same_number(answer: str, reference: str, tolerance: float) -> bool:
    given, wanted = parse_number(answer), parse_number(reference)
    if given is None or wanted is None:
        return False
    if given == wanted:
        return True
    return abs(given - wanted) <= tolerance * abs(wanted)


def choice_index(text: str, choices: Sequence[str]) -> int | None:
    """Which choice a text names, 0-based: by its own words first, else by a lone letter; None when by neither."""
    plain = normalise(text)
    names = [normalise(choice) for choice in choices]
    if plain in names:
        return names.index(plain)
    letter = LETTER.fullmatch(trim(unicodedata.normalize('NFKC', text).lower()))
    index = ord(letter.group(1)) - ord('a') if letter else -1
    return index if 0 <= index < len(choices) else None


def set_parts(text: str) -> frozenset[str]:
    """The parts of a set, between commas, semicolons, ampersands, line breaks or "and", each normalised.

    Order and repetition do not count, empty parts are dropped.
    """
    folded = trim(unicodedata.normalize('NFKC', text.replace('\n', ',')).lower())
    parts = (trim(part).removeprefix('and ') for part in PART_BREAK.split(folded))
    return frozenset(filter(None, map(normalise, parts)))


def is_correct(
    answer: str,
    references: Sequence[str],
    kind: AnswerKind,
    choices: Sequence[str] | None = None,
    tolerance: float = DEFAULT_TOLERANCE,
) -> bool:
    """Whether an answer equals any of its references, by the rules of its kind."""
    plain = normalise(answer)
    if plain and any(plain == normalise(reference) for reference in references):
        return True
    if kind == 'number':
        return any(same_number(answer, reference, tolerance) for reference in references)
    if kind == 'choice' and choices:
        index = choice_index(answer, choices)
        return index is not None and index in {choice_index(reference, choices) for reference in references}
    if kind == 'set':
        given = set_parts(answer)
        return bool(given) and any(given == set_parts(reference) for reference in references)
    return False
