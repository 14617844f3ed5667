"""The two tools. Each is a schema that the model reads and a pure `run(arguments, views, pixels)`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from imagent_trainer.rollout.limits import PixelSettings
from imagent_trainer.rollout.strict_json import well_formed
from imagent_trainer.rollout.tools import look_back, zoom_in
from imagent_trainer.rollout.tools.common import ToolError, ToolResult
from imagent_trainer.rollout.views import View

Tool = Callable[[Mapping[str, Any], Sequence[View], PixelSettings], ToolResult]

TOOLS: dict[str, Tool] = {zoom_in.NAME: zoom_in.run, look_back.NAME: look_back.run}
SCHEMAS = (zoom_in.SCHEMA, look_back.SCHEMA)


E_NO_TOOLS = 'There are no tools here. Give the answer inside <answer></answer>.'
NAME_LIMIT = 40


def run_tool(
    name: str,
    arguments: Mapping[str, Any],
    views: Sequence[View],
    pixels: PixelSettings,
    offered: bool = True,
) -> ToolResult:
    """Runs a parsed call against the views so far. `offered` False: this episode has no tools.

    A name that the error repeats is cut to 40 code points, so that it cannot flood the context.
    """
    if not offered:
        return ToolError(E_NO_TOOLS)
    tool = TOOLS.get(name)
    if tool is None:
        known = ' and '.join(TOOLS)
        return ToolError(f'There is no tool "{well_formed(name)[:NAME_LIMIT]}". The tools are {known}.')
    return tool(arguments, views, pixels)


def call_key(name: str, arguments: Mapping[str, Any]) -> tuple[object, ...]:
    """Equal for two valid calls that ask for the same thing; arguments that the tool does not read do not count."""
    box = arguments.get('bbox_2d') if name == zoom_in.NAME else None
    return (name, arguments.get('image'), *(box if isinstance(box, list) else ()))


__all__ = ['SCHEMAS', 'TOOLS', 'ToolError', 'ToolResult', 'call_key', 'run_tool']
