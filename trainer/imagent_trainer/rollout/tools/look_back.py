"""`look_back(image)`: an earlier image enters the context again, as it was."""

from collections.abc import Mapping, Sequence
from typing import Any

from imagent_trainer.rollout.limits import PixelSettings
from imagent_trainer.rollout.tools.common import ToolError, ToolResult, named_view
from imagent_trainer.rollout.views import View

NAME = 'look_back'
SCHEMA = (
    '{"type": "function", "function": {"name": "look_back", "description": "Show an earlier image again.", '
    '"parameters": {"type": "object", "properties": {"image": {"type": "integer", "description": '
    '"Number of the image, starting at 1."}}, "required": ["image"]}}}'
)


def run(arguments: Mapping[str, Any], views: Sequence[View], pixels: PixelSettings) -> ToolResult:
    """The same region at the same size as the named view, or the error text that the model reads."""
    del pixels  # the size is that of the named view; tools share one signature
    view = named_view(arguments.get('image'), views)
    if isinstance(view, ToolError):
        return view
    return View(
        len(views) + 1,
        'look_back',
        view.root_image,
        view.root_box,
        view.width,
        view.height,
        parent=view.number,
    )
