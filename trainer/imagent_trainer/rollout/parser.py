"""What a turn of the model says: a call, an answer, a call that cannot be read, or neither.

Twin of main/agent/parser.ts; `tests/fixtures/parser.json` drives both.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from imagent_trainer.rollout.strict_json import parse_strict

WHITESPACE = ' \t\n\r'
E_JSON = (
    'The tool call is not valid JSON. Write {"name": ..., "arguments": {...}} inside <tool_call></tool_call>.'
)
E_SHAPE = 'A tool call needs a "name" and an "arguments" object.'


@dataclass(frozen=True)
class Call:
    thought: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Answer:
    thought: str
    answer: str


@dataclass(frozen=True)
class BadCall:
    thought: str
    error: str


@dataclass(frozen=True)
class Nothing:
    thought: str


Turn = Call | Answer | BadCall | Nothing


def split_thought(text: str) -> tuple[str, str]:
    """(thought, the text to look for a call or an answer in: what follows the first </think>, or all of it).

    A <think> that is never closed runs to the end, so its text is both.
    """
    start = text.find('<think>')
    thought = '' if start < 0 else text[start + len('<think>') :].partition('</think>')[0]
    _, closing, after = text.partition('</think>')
    return thought.strip(WHITESPACE), after if closing else text


def think_state(text: str) -> Literal['none', 'open', 'closed']:
    """Whether the turn thinks, and closes its thought: the format reward and the `format` flag look at this."""
    start = text.find('<think>')
    if start < 0:
        return 'none'
    return 'closed' if '</think>' in text[start:] else 'open'


def parse_call(body: str, thought: str) -> Call | BadCall:
    """The JSON between the call tags."""
    try:
        value = parse_strict(body)
    except ValueError:
        return BadCall(thought, E_JSON)
    if not isinstance(value, dict):
        return BadCall(thought, E_SHAPE)
    name, arguments = value.get('name'), value.get('arguments')
    if not isinstance(name, str) or not isinstance(arguments, dict):
        return BadCall(thought, E_SHAPE)
    return Call(thought, name, arguments)


def parse_turn(text: str) -> Turn:
    """Reads one whole turn. Whether there is a tool of that name is for `run_tool` to say."""
    thought, rest = split_thought(text)
    call_at, answer_at = rest.find('<tool_call>'), rest.find('<answer>')
    if call_at >= 0 and (answer_at < 0 or call_at < answer_at):
        body, closing, _ = rest[call_at + len('<tool_call>') :].partition('</tool_call>')
        return parse_call(body, thought) if closing else BadCall(thought, E_JSON)
    if answer_at >= 0:
        answer = rest[answer_at + len('<answer>') :].partition('</answer>')[0].strip(WHITESPACE)
        return Answer(thought, answer) if answer else Nothing(thought)
    return Nothing(thought)


def turn_to_json(turn: Turn) -> dict[str, Any]:
    """The turn as the corpus and the other language write it."""
    match turn:
        case Call(thought, name, arguments):
            return {'kind': 'call', 'thought': thought, 'name': name, 'arguments': dict(arguments)}
        case Answer(thought, answer):
            return {'kind': 'answer', 'thought': thought, 'answer': answer}
        case BadCall(thought, error):
            return {'kind': 'bad_call', 'thought': thought, 'error': error}
        case Nothing(thought):
            return {'kind': 'nothing', 'thought': thought}
