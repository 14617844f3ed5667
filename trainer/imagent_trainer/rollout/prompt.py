"""The text of the context as segments. Every segment is tokenised on its own; images are inserted as token counts.

Twin of main/agent/prompt.ts; `tests/fixtures/prompt.json` drives both, byte for byte.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from imagent_trainer.rollout.tools import SCHEMAS

IM_START = '<|im_start|>'
IM_END = '<|im_end|>'
VISION_START = '<|vision_start|>'
VISION_END = '<|vision_end|>'
IMAGE_PAD = '<|image_pad|>'
STOP_STRINGS = ('</tool_call>', '</answer>')
NEVER_SAMPLED = (
    '<|im_start|>',
    '<|vision_start|>',
    '<|vision_end|>',
    '<|vision_pad|>',
    '<|image_pad|>',
    '<|video_pad|>',
    '<|endoftext|>',
    '<tool_response>',
    '</tool_response>',
)
MAX_CHOICES = 26

SYSTEM_WITH_TOOLS = f"""You are a helpful assistant that answers questions about images.

# Tools

You may call one function at a time. The functions are:
<tools>
{SCHEMAS[0]}
{SCHEMAS[1]}
</tools>

Think inside <think></think> first. Then either call a function with a JSON object inside <tool_call></tool_call>:
<tool_call>
{{"name": <function-name>, "arguments": <arguments-object>}}
</tool_call>
or give the final answer inside <answer></answer>."""

SYSTEM_WITHOUT_TOOLS = """You are a helpful assistant that answers questions about images.

Think inside <think></think> first. Then give the final answer inside <answer></answer>."""


@dataclass(frozen=True)
class TextSegment:
    """A run of text, tokenised without looking at its neighbours."""

    text: str


@dataclass(frozen=True)
class ImageSegment:
    """The image tokens of one view, by its 1-based number."""

    view: int


Segment = TextSegment | ImageSegment


def neutralise(text: str) -> str:
    """Text from people or from the model, so that no control token can be spelled in it (`<|` becomes `< |`)."""
    return text.replace('<|', '< |')


def question_text(question: str, choices: Sequence[str] | None) -> str:
    """The question and its lettered choices. ValueError beyond 26 choices: there are no more letters."""
    lines = [neutralise(question)]
    if choices is not None:
        if len(choices) > MAX_CHOICES:
            raise ValueError(f'a question has at most {MAX_CHOICES} choices')
        lines += [f'{chr(ord("A") + index)}. {neutralise(choice)}' for index, choice in enumerate(choices)]
    return '\n'.join(lines)


def system_segment(tools: bool) -> TextSegment:
    """The system turn: a segment of its own, so that its cache can be shared by all episodes."""
    system = SYSTEM_WITH_TOOLS if tools else SYSTEM_WITHOUT_TOOLS
    return TextSegment(f'{IM_START}system\n{system}{IM_END}\n')


def prompt_segments(
    image_count: int, question: str, choices: Sequence[str] | None, tools: bool
) -> list[Segment]:
    """The context up to the first assistant turn. ValueError without an image."""
    if image_count < 1:
        raise ValueError('a question needs at least one image')
    segments: list[Segment] = [system_segment(tools)]
    before = f'{IM_START}user\n'
    for number in range(1, image_count + 1):
        segments += [TextSegment(f'{before}Image {number}: {VISION_START}'), ImageSegment(number)]
        before = f'{VISION_END}\n'
    asked = question_text(question, choices)
    segments.append(TextSegment(f'{before}{asked}{IM_END}\n{IM_START}assistant\n'))
    return segments


def turn_end(turn_closed: bool) -> str:
    """What follows a sampled turn: `<|im_end|>` unless the model sampled it itself, as its last token."""
    return '' if turn_closed else IM_END


def image_result_segments(view: int, turn_closed: bool) -> list[Segment]:
    """A tool result that is an image, and the start of the next assistant turn."""
    head = f'{turn_end(turn_closed)}\n{IM_START}user\n<tool_response>\nImage {view}: {VISION_START}'
    tail = f'{VISION_END}\n</tool_response>{IM_END}\n{IM_START}assistant\n'
    return [TextSegment(head), ImageSegment(view), TextSegment(tail)]


def error_result_segments(error: str, turn_closed: bool) -> list[Segment]:
    """A refused call, and the start of the next assistant turn."""
    body = f'<tool_response>\nError: {neutralise(error)}\n</tool_response>'
    return [TextSegment(f'{turn_end(turn_closed)}\n{IM_START}user\n{body}{IM_END}\n{IM_START}assistant\n')]
