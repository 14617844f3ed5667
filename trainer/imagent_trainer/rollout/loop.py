"""The loop of an episode over anything that can append to a context and sample a turn.

Twin of main/agent/loop.ts: same order of checks, same statuses. Whatever the model writes ends in a status.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from PIL import Image

from imagent_trainer.rollout.flags import failure_flags
from imagent_trainer.rollout.limits import Limits, PixelSettings
from imagent_trainer.rollout.parser import Answer, BadCall, Call, Nothing, parse_turn, think_state
from imagent_trainer.rollout.prompt import (
    ImageSegment,
    Segment,
    error_result_segments,
    image_result_segments,
    prompt_segments,
)
from imagent_trainer.rollout.status import Flag, Status
from imagent_trainer.rollout.tools import ToolError, ToolResult, call_key, run_tool
from imagent_trainer.rollout.views import View, input_view, render_view

End = Literal['stop_string', 'eos', 'max_tokens']


@dataclass(frozen=True)
class Generated:
    """One sampled turn. `text` is without an eos token; `token_ids` hold all that was sampled."""

    text: str
    token_ids: list[int]
    end: End
    ends_with_turn_end: bool


class Policy(Protocol):
    """What the loop needs from an agent: one context that only grows."""

    @property
    def context_ids(self) -> list[int]:
        """All ids of the context so far, image pads included."""
        ...

    def append_text(self, text: str) -> None:
        """Tokenises a segment on its own and appends it."""
        ...

    def append_image(self, view: View, pixels: Image.Image) -> None:
        """Appends the image tokens of a view; `pixels` is exactly view.width x view.height."""
        ...

    def generate(self, max_tokens: int) -> Generated:
        """Samples a turn of at most `max_tokens` onto the context."""
        ...


@dataclass(frozen=True)
class EpisodeInput:
    """What is asked. `images` are canonical (EXIF applied, RGB)."""

    images: Sequence[Image.Image]
    question: str
    choices: Sequence[str] | None = None


@dataclass(frozen=True)
class EpisodeSettings:
    tools: bool = True
    limits: Limits = field(default_factory=Limits)
    pixels: PixelSettings = field(default_factory=PixelSettings)


@dataclass
class Episode:
    """An episode as far as it got. `status` is set by the loop when it ends."""

    views: list[View] = field(default_factory=list)
    turns: list[Generated] = field(default_factory=list)
    valid_calls: list[tuple[object, ...]] = field(default_factory=list)
    calls: int = 0
    bad_calls: int = 0
    bad_calls_in_row: int = 0
    status: Status = 'failed'
    answer: str | None = None
    token_ids: list[int] = field(default_factory=list)

    @property
    def pixels(self) -> int:
        return sum(view.pixels for view in self.views)

    @property
    def thoughts_closed(self) -> bool:
        return all(think_state(turn.text) == 'closed' for turn in self.turns)

    def flags(self, tools: bool) -> list[Flag]:
        texts = [turn.text for turn in self.turns]
        return failure_flags(self.status, tools, self.calls, self.valid_calls, texts)

    def to_json(self) -> dict[str, Any]:
        return {
            'status': self.status,
            'answer': self.answer,
            'token_ids': self.token_ids,
            'turns': [{'text': turn.text, 'token_ids': turn.token_ids} for turn in self.turns],
            'views': [view.to_json() for view in self.views],
        }


@dataclass(frozen=True)
class Append:
    """The loop asks for these segments at the end of the context; answered with None."""

    segments: Sequence[Segment]


@dataclass(frozen=True)
class Sample:
    """The loop asks for a turn of at most so many tokens; answered with it."""

    max_tokens: int


Playing = Generator[Append | Sample, Generated | None, None]


def run_episode(policy: Policy, asked: EpisodeInput, settings: EpisodeSettings) -> Episode:
    """Plays an episode on an empty context. ValueError for an image over 200 times longer than wide."""
    episode = Episode()
    playing = play_episode(asked, settings, episode, lambda: len(policy.context_ids))
    answer: Generated | None = None
    while True:
        try:
            wanted = playing.send(answer)
        except StopIteration:
            break
        answer = None
        if isinstance(wanted, Append):
            append(policy, wanted.segments, episode.views, asked.images)
        else:
            answer = policy.generate(wanted.max_tokens)
    episode.token_ids = list(policy.context_ids)
    return episode


def play_episode(
    asked: EpisodeInput, settings: EpisodeSettings, episode: Episode, context: Callable[[], int]
) -> Playing:
    """The episode as a conversation with whoever holds the context, so that many can be played at once.

    `context` says how many tokens the context has. `episode` is filled in; its status is set when this ends.
    ValueError for an image over 200 times longer than wide.
    """
    for number, image in enumerate(asked.images, 1):
        pixels = settings.pixels
        view = input_view(number, image.width, image.height, pixels.min_pixels, pixels.max_pixels)
        episode.views.append(view)
    if episode.pixels > settings.limits.max_episode_pixels:
        episode.status = 'over_budget'
    else:
        episode.status = yield from play_turns(asked, settings, episode, context)


def play_turns(
    asked: EpisodeInput, settings: EpisodeSettings, episode: Episode, context: Callable[[], int]
) -> Generator[Append | Sample, Generated | None, Status]:
    limits = settings.limits
    segments = prompt_segments(len(episode.views), asked.question, asked.choices, settings.tools)
    while True:
        yield Append(segments)
        room = limits.max_episode_tokens - context()
        if room <= 0:
            return 'too_long'
        turn = yield Sample(min(room, limits.max_tokens_per_turn))
        assert turn is not None, 'a turn that was asked for is answered with it'
        episode.turns.append(turn)
        found = judge(turn, context(), settings, episode)
        if isinstance(found, View):
            episode.views.append(found)
            segments = image_result_segments(found.number, turn.ends_with_turn_end)
        elif isinstance(found, ToolError):
            segments = error_result_segments(found.text, turn.ends_with_turn_end)
        else:
            return found


def append(
    policy: Policy, segments: Sequence[Segment], views: Sequence[View], roots: Sequence[Image.Image]
) -> None:
    for segment in segments:
        if isinstance(segment, ImageSegment):
            view = views[segment.view - 1]
            policy.append_image(view, render_view(view, roots[view.root_image]))
        else:
            policy.append_text(segment.text)


def judge(turn: Generated, context: int, settings: EpisodeSettings, episode: Episode) -> Status | ToolResult:
    """What a turn leads to: the end of the episode, a new view, or an error text for the model."""
    if turn.end == 'max_tokens':
        return 'too_long'
    match parse_turn(turn.text):
        case Nothing():
            return 'no_answer'
        case Answer(answer=answer):
            episode.answer = answer
            return 'answered'
        case BadCall(error=error):
            return judge_call(lambda: ToolError(error), None, context, settings, episode)
        case Call(name=name, arguments=arguments):
            return judge_call(
                lambda: run_tool(name, arguments, episode.views, settings.pixels, settings.tools),
                call_key(name, arguments),
                context,
                settings,
                episode,
            )


def judge_call(
    run: Callable[[], ToolResult],
    key: tuple[object, ...] | None,
    context: int,
    settings: EpisodeSettings,
    episode: Episode,
) -> Status | ToolResult:
    """The limits, in the order in which they count: calls, bad calls in a row, pixels, tokens."""
    limits = settings.limits
    if episode.calls >= limits.max_calls:
        return 'too_many_steps'
    episode.calls += 1
    result = run()
    if isinstance(result, ToolError):
        episode.bad_calls += 1
        episode.bad_calls_in_row += 1
        return 'malformed' if episode.bad_calls_in_row >= limits.max_bad_calls_in_row else result
    episode.bad_calls_in_row = 0
    episode.valid_calls.append(key or ())
    if episode.pixels + result.pixels > limits.max_episode_pixels:
        return 'over_budget'
    return 'too_long' if context + result.tokens >= limits.max_episode_tokens else result
