"""`zoom_in(image, bbox_2d)`: a region of any view, cut from its input image and enlarged."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from imagent_trainer.rollout.limits import PixelSettings
from imagent_trainer.rollout.tools.common import ToolError, ToolResult, as_number, named_view
from imagent_trainer.rollout.views import MAX_ASPECT, Box, View, smart_resize

NAME = 'zoom_in'
MIN_SIDE = 4
SCHEMA = (
    '{"type": "function", "function": {"name": "zoom_in", "description": "Crop a region of an image and enlarge it.", '
    '"parameters": {"type": "object", "properties": {"image": {"type": "integer", "description": '
    '"Number of the image, starting at 1."}, "bbox_2d": {"type": "array", "items": {"type": "number"}, '
    '"description": "The region as [x1, y1, x2, y2] in pixels of that image."}}, '
    '"required": ["image", "bbox_2d"]}}}'
)


def read_box(value: object, view: View) -> tuple[float, float, float, float] | None:
    """The four numbers of a box inside the view, or None when it is anything else."""
    if not isinstance(value, list) or len(value) != 4:
        return None
    numbers = [number for number in map(as_number, value) if number is not None]
    if len(numbers) != 4:
        return None
    x1, y1, x2, y2 = numbers
    inside = 0 <= x1 < x2 <= view.width and 0 <= y1 < y2 <= view.height
    return (x1, y1, x2, y2) if inside else None


def source_span(low: float, high: float, size: int, start: int, end: int) -> tuple[int, int]:
    """One axis of a box, from view pixels (0..size) to source pixels (start..end), rounded outwards.

    Multiply before dividing, in doubles: TypeScript does the same and must agree to the bit.
    """
    length = end - start
    first = start + math.floor(low * length / size)
    last = start + math.ceil(high * length / size)
    return max(start, min(first, end)), max(start, min(last, end))


def source_box(box: tuple[float, float, float, float], view: View) -> Box:
    """A box in pixels of the view, as a box in pixels of the input image."""
    x1, y1, x2, y2 = box
    left, right = source_span(x1, x2, view.width, view.root_box[0], view.root_box[2])
    top, bottom = source_span(y1, y2, view.height, view.root_box[1], view.root_box[3])
    return left, top, right, bottom


def run(arguments: Mapping[str, Any], views: Sequence[View], pixels: PixelSettings) -> ToolResult:
    """The new view, or the error text that the model reads. Pure: nothing is drawn here."""
    view = named_view(arguments.get('image'), views)
    if isinstance(view, ToolError):
        return view
    box = read_box(arguments.get('bbox_2d'), view)
    if box is None:
        return ToolError(
            f'bbox_2d must be [x1, y1, x2, y2] with 0 <= x1 < x2 <= {view.width} '
            f'and 0 <= y1 < y2 <= {view.height} for image {view.number}.'
        )
    if box[2] - box[0] < MIN_SIDE or box[3] - box[1] < MIN_SIDE:
        return ToolError(
            f'bbox_2d is too small: image {view.number} is {view.width}x{view.height} '
            f'and a region needs at least {MIN_SIDE}x{MIN_SIDE} pixels.'
        )
    root_box = source_box(box, view)
    root_width, root_height = root_box[2] - root_box[0], root_box[3] - root_box[1]
    if max(root_width, root_height) / min(root_width, root_height) > MAX_ASPECT:
        return ToolError('bbox_2d is too narrow.')
    height, width = smart_resize(root_height, root_width, pixels.crop_min_pixels, pixels.max_pixels)
    return View(len(views) + 1, 'zoom_in', view.root_image, root_box, width, height, parent=view.number)
