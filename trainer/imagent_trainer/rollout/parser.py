"""What a turn of the model says: a call, an answer, a call that cannot be read, or neither.

Twin of main/agent/parser.ts; `tests/fixtures/parser.json` drives both.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from imagent_trainer.rollout.strict_json import parse_strict, well_formed
from imagent_trainer.rollout.tools import TOOLS

WHITESPACE = ' \t\n\r'
NAME_LIMIT = 40
E_JSON = (
    'The tool call is not valid JSON. Write {"name": ..., "arguments": {...}} inside <tool_call></tool_call>.'
)
E_SHAPE = 'A tool call needs a "name" and an "arguments" object.'
E_NO_TOOLS = 'There are no tools here. Give the answer inside <answer></answer>.'


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


def unknown_tool(name: str) -> str:
    """The error for a tool that does not exist; the name is cut to 40 code points."""
    return f'There is no tool "{well_formed(name)[:NAME_LIMIT]}". The tools are zoom_in and look_back.'


def split_thought(text: str) -> tuple[str, str]:
    """(thought, the text to look for a call or an answer in).

    With an open <think> that is never closed, the thought runs to the end, and the whole text is looked at.
    """
    start = text.find('<think>')
    if start < 0:
        _, closing, after = text.partition('</think>')
        return '', after if closing else text
    inside, closing, after = text[start + len('<think>') :].partition('</think>')
    return inside.strip(WHITESPACE), after if closing else text


def think_state(text: str) -> Literal['none', 'open', 'closed']:
    """Whether the turn thinks, and closes its thought: the format reward and the `format` flag look at this."""
    start = text.find('<think>')
    if start < 0:
        return 'none'
    return 'closed' if '</think>' in text[start:] else 'open'


def parse_call(body: str, thought: str) -> Call | BadCall:
    """The JSON between the call tags."""
    try:
        value = parse_strict(body.strip(WHITESPACE))
    except ValueError:
        return BadCall(thought, E_JSON)
    if not isinstance(value, dict):
        return BadCall(thought, E_SHAPE)
    name, arguments = value.get('name'), value.get('arguments')
    if not isinstance(name, str) or not isinstance(arguments, dict):
        return BadCall(thought, E_SHAPE)
    if name not in TOOLS:
        return BadCall(thought, unknown_tool(name))
    return Call(thought, name, arguments)


def parse_turn(text: str, tools: bool = True) -> Turn:
    """Reads one whole turn. `tools` False: any call is answered with "There are no tools here"."""
    thought, rest = split_thought(text)
    call_at, answer_at = rest.find('<tool_call>'), rest.find('<answer>')
    if call_at >= 0 and (answer_at < 0 or call_at < answer_at):
        if not tools:
            return BadCall(thought, E_NO_TOOLS)
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
