"""zoom_in and look_back as verl's tools. They need `agent_loop.py`, which knows the images at their full size."""

from typing import Any

from verl.tools.base_tool import BaseTool
from verl.tools.schemas import ToolResponse

from imagent_trainer.rollout.tools import ToolError
from imagent_trainer.rollout.views import render_view
from imagent_trainer.verl.facts import KEY, RolloutFacts


def response_of(facts: RolloutFacts) -> ToolResponse:
    """The result that waits: the text that the agent reads, and the picture at the size at which it sees it."""
    result = facts.waiting
    if result is None:
        raise ValueError('no call waits for a result')
    if isinstance(result, ToolError):
        return ToolResponse(text=f'Error: {result.text}')
    return ToolResponse(
        text=f'Image {result.number}: ', image=[render_view(result, facts.roots[result.root_image])]
    )


class ImageTool(BaseTool):
    """Both tools: the call was run when the turn was judged, so that limits count as they do in the app."""

    async def execute(
        self, instance_id: str, parameters: dict[str, Any], **kwargs: Any
    ) -> tuple[ToolResponse, float, dict[str, Any]]:
        facts: RolloutFacts = kwargs['agent_data'].extra_fields[KEY]
        return response_of(facts), 0.0, {}


class ZoomIn(ImageTool):
    pass


class LookBack(ImageTool):
    pass
