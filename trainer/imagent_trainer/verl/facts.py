"""What happens in one rollout, beside what verl keeps of it. No verl here: it is tested as it is."""

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from imagent_trainer.rollout.parser import Answer, BadCall, Call, Nothing, parse_turn, think_state
from imagent_trainer.rollout.status import Status
from imagent_trainer.rollout.tools import ToolError, ToolResult, run_tool
from imagent_trainer.rollout.views import View, input_view
from imagent_trainer.verl.settings import VerlSettings

KEY = 'imagent'


def images_of(messages: Iterable[Mapping[str, Any]]) -> list[Image.Image]:
    """The images of the prompt at full size: verl's own list may hold them made smaller already."""
    found: list[Image.Image] = []
    for message in messages:
        content = message.get('content')
        for part in content if isinstance(content, list) else []:
            if part.get('type') == 'image':
                found.append(opened(part['image']))
    return found


def opened(value: Any) -> Image.Image:
    """A picture from what a table holds: one that is open already, bytes, a path."""
    if isinstance(value, Image.Image):
        return value.convert('RGB')
    if isinstance(value, Mapping):
        value = value.get('bytes') or value.get('path') or value.get('image')
    if isinstance(value, bytes):
        return Image.open(io.BytesIO(value)).convert('RGB')
    return Image.open(str(value).removeprefix('file://')).convert('RGB')


@dataclass
class RolloutFacts:
    """Grows turn by turn. `status` is None until something has ended the rollout."""

    roots: Sequence[Image.Image]
    settings: VerlSettings
    views: list[View] = field(default_factory=list)
    turns: list[str] = field(default_factory=list)
    calls: int = 0
    valid_calls: int = 0
    bad_calls: int = 0
    bad_calls_in_row: int = 0
    answer: str | None = None
    status: Status | None = None
    waiting: ToolResult | None = None

    def __post_init__(self) -> None:
        pixels = self.settings.pixels
        for number, root in enumerate(self.roots, 1):
            view = input_view(number, root.width, root.height, pixels.min_pixels, pixels.max_pixels)
            self.views.append(view)

    def after_turn(self, text: str) -> bool:
        """Judges a sampled turn. True when a tool's result has to follow: `waiting` holds it."""
        self.turns.append(text)
        self.waiting = None
        match parse_turn(text):
            case Answer(answer=answer):
                self.answer, self.status = answer, 'answered'
            case Nothing():
                self.status = 'no_answer'
            case BadCall(error=error):
                self._called(ToolError(error))
            case Call(name=name, arguments=arguments):
                self._called(run_tool(name, arguments, self.views, self.settings.pixels))
        return self.waiting is not None

    def _called(self, result: ToolResult) -> None:
        """The limits in the order in which they count, as rollout/loop.py."""
        limits = self.settings.limits
        if self.calls >= limits.max_calls:
            self.status = 'too_many_steps'
            return
        self.calls += 1
        if isinstance(result, ToolError):
            self.bad_calls += 1
            self.bad_calls_in_row += 1
            if self.bad_calls_in_row >= limits.max_bad_calls_in_row:
                self.status = 'malformed'
                return
        else:
            self.bad_calls_in_row = 0
            self.valid_calls += 1
            if sum(view.pixels for view in self.views) + result.pixels > limits.max_episode_pixels:
                self.status = 'over_budget'
                return
            self.views.append(result)
        self.waiting = result

    def cut(self) -> None:
        """verl ended the rollout: its own limits on tokens or turns."""
        if self.status is None:
            self.status = 'too_long'

    @property
    def thoughts_closed(self) -> bool:
        return all(think_state(turn) == 'closed' for turn in self.turns)

    def to_json(self) -> dict[str, Any]:
        """What the reward looks at; it reaches `compute_score` as `extra_info['imagent']`."""
        return {
            'status': self.status,
            'answer': self.answer,
            'valid_calls': self.valid_calls,
            'bad_calls': self.bad_calls,
            'thoughts_closed': self.thoughts_closed,
            'views': [view.to_json() for view in self.views],
        }
