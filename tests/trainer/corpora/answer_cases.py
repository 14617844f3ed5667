"""Cases of tests/fixtures/answers.json."""

from typing import Any

from imagent_trainer.rewards.answer_check import DEFAULT_TOLERANCE, AnswerKind, is_correct, normalise

CHOICES = ['red star', 'Blue circle', 'green']
WITH_LETTER = ['red star', 'Blue circle', 'a']
FRUIT = ['an apple', 'The pear.', 'two  plums', 'none']

Case = tuple[str, list[str], AnswerKind, list[str] | None, float, bool]


def text(answer: str, *references: str, right: bool) -> Case:
    return answer, list(references), 'text', None, DEFAULT_TOLERANCE, right


def number(answer: str, *references: str, right: bool, tolerance: float = DEFAULT_TOLERANCE) -> Case:
    return answer, list(references), 'number', None, tolerance, right


def choice(answer: str, *references: str, right: bool, choices: list[str] | None = None) -> Case:
    return answer, list(references), 'choice', choices or CHOICES, DEFAULT_TOLERANCE, right


def parts(answer: str, *references: str, right: bool) -> Case:
    return answer, list(references), 'set', None, DEFAULT_TOLERANCE, right


# The verdicts are written by hand: the corpus holds both languages to them, not to each other.
CASES: list[Case] = [
    text('checks', 'checks', right=True),
    text('Checks', 'checks', right=True),
    text('  checks \n', 'checks', right=True),
    text('checks.', 'checks', right=True),
    text('checks..', 'checks', right=False),
    text('checks .', 'checks', right=True),
    text('the checks', 'checks', right=True),
    text('a checks', 'The Checks.', right=True),
    text('the a an checks', 'checks', right=True),
    text('another', 'other', right=False),
    text('red   star', 'red star', right=True),
    text('red\u00a0star', 'red star', right=True),
    text('red\u3000star', 'red star', right=True),
    text('ｃｈｅｃｋｓ', 'checks', right=True),
    text('ﬁne', 'fine', right=True),
    text('É', 'e\u0301', right=True),
    text('ÉTÉ', 'été', right=True),
    text('star', 'red star', right=False),
    text('', 'checks', right=False),
    text('', '', right=False),
    text('.', '.', right=False),
    text('the', 'the', right=True),
    text('the', '', right=False),
    text('dots', 'checks', 'dots', right=True),
    text('dots', right=False),
    text('3', '3.0', right=False),
    text('ΟΔΟΣ', 'οδος', right=True),
    text('ΣΑΣ', 'σας', right=True),
    text('stripes; dots', 'stripes, dots', right=False),
    number('3', '3', right=True),
    number('3.0', '3', right=True),
    number('+3', '3', right=True),
    number('-3', '3', right=False),
    number('1,234', '1234', right=True),
    number('1,234.50', '1234.5', right=True),
    number('.5', '0.5', right=True),
    number('5.', '5', right=True),
    number('1e3', '1000', right=True),
    number('1E-3', '0.001', right=True),
    number('３', '3', right=True),
    number('1000000', '1000001', right=True),
    number('1000000', '1000002', right=False),
    number('1.1', '1', right=False),
    number('1.1', '1', right=True, tolerance=0.2),
    number('202', '200', right=True, tolerance=0.05),
    number('211', '200', right=False, tolerance=0.05),
    number('-195', '-200', right=True, tolerance=0.05),
    number('195', '-200', right=False, tolerance=0.05),
    number('0.01', '0', right=False, tolerance=1.0),
    number('200.0000001', '200', right=False, tolerance=0.0),
    number('2e2', '200', right=True, tolerance=0.0),
    ('202', ['200'], 'text', None, 0.05, False),
    number('0', '0', right=True),
    number('0.0000001', '0', right=False),
    number('three', 'three', right=True),
    number('three', '3', right=False),
    number('3 cats', '3', right=False),
    number('nan', '3', right=False),
    number('inf', '1e999', right=False),
    number('0x10', '16', right=False),
    number('1_000', '1000', right=False),
    number('١', '1', right=False),
    number('', '0', right=False),
    number(',', '0', right=False),
    number('7', '3', '7', right=True),
    choice('red star', 'red star', right=True),
    choice('A', 'red star', right=True),
    choice('(A)', 'red star', right=True),
    choice('A)', 'red star', right=True),
    choice('A.', 'red star', right=True),
    choice('A:', 'red star', right=True),
    choice('(b', 'Blue circle', right=True),
    choice('b', 'B', right=True),
    choice('Blue Circle.', 'B', right=True),
    choice('B', 'red star', right=False),
    choice('C', 'Green', right=True),
    choice('D', 'green', right=False),
    choice('a', 'a', choices=WITH_LETTER, right=True),
    choice('A', 'red star', choices=WITH_LETTER, right=False),
    choice('C', 'a', choices=WITH_LETTER, right=True),
    choice('yellow', 'red star', right=False),
    choice('A. red star', 'red star', right=False),
    choice('green', 'red star', right=False),
    choice('(a) .', 'red star', right=False),
    choice('', 'red star', right=False),
    choice('apple', 'A', choices=FRUIT, right=True),
    choice('the pear', 'The pear.', choices=FRUIT, right=True),
    choice('b', 'The pear.', choices=FRUIT, right=True),
    choice('two plums', 'c', choices=FRUIT, right=True),
    choice('none', 'd', choices=FRUIT, right=True),
    choice('e', 'd', choices=FRUIT, right=False),
    ('A', ['A'], 'choice', None, DEFAULT_TOLERANCE, True),
    ('A', ['red star'], 'choice', None, DEFAULT_TOLERANCE, False),
    ('yes', ['yes'], 'yes_no', None, DEFAULT_TOLERANCE, True),
    ('Yes.', ['yes'], 'yes_no', None, DEFAULT_TOLERANCE, True),
    ('no', ['yes'], 'yes_no', None, DEFAULT_TOLERANCE, False),
    ('yeah', ['yes'], 'yes_no', None, DEFAULT_TOLERANCE, False),
    parts('red, blue', 'blue, red', right=True),
    parts('Red and blue.', 'blue; red', right=True),
    parts('red, blue, and green', 'green, blue, red', right=True),
    parts('red, red', 'red', right=True),
    parts('red', 'red, blue', right=False),
    parts('red, blue, green', 'red, blue', right=False),
    parts('a cat & the dog', 'dog, cat', right=True),
    parts('cat\ndog', 'dog, cat', right=True),
    parts('cat,\u00a0dog', 'dog, cat', right=True),
    parts('sand, band', 'band, sand', right=True),
    parts('hand', 'h', right=False),
    parts('cat dog', 'cat, dog', right=False),
    parts('ｃａｔ，dog', 'dog, cat', right=True),
    parts('cat, dog', 'bird', 'dog, cat', right=True),
    parts('cat, dog', right=False),
    parts('', '', right=False),
    parts(', ;', ',', right=False),
    parts(' and ', 'and', right=True),
    parts('É, b', 'b, e\u0301', right=True),
    parts('éand b', 'é, b', right=False),
    parts('red and and blue', 'blue, red', right=True),
    parts('and', 'and', right=True),
    parts('x\r\ny', 'y, x', right=True),
    parts('1, 2', '2, 1', right=True),
]


def cases() -> list[dict[str, Any]]:
    found = []
    for answer, references, kind, choices, tolerance, right in CASES:
        computed = is_correct(answer, references, kind, choices, tolerance)
        if computed != right:
            raise AssertionError(f'{answer!r} against {references!r} ({kind}): {computed}, not {right}')
        found.append(
            {
                'answer': answer,
                'references': references,
                'kind': kind,
                'choices': choices,
                'tolerance': tolerance,
                'normalised': normalise(answer),
                'expected': right,
            }
        )
    return found
