"""How well the crops of an episode hit the boxes that reviewers approved for its sample."""

from collections.abc import Sequence
from dataclasses import dataclass

from imagent_trainer.rollout.views import Box, View


@dataclass(frozen=True)
class ImageBox:
    """A box in pixels of the canonical input image `image` (0-based)."""

    image: int
    box: Box


def iou(one: Box, other: Box) -> float:
    """Intersection over union; 0 for boxes that do not meet, or without an area."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return shared / (areas - shared)


def crops_of(views: Sequence[View]) -> list[ImageBox]:
    """What was zoomed into, as parts of the input images."""
    return [ImageBox(view.root_image, view.root_box) for view in views if view.origin == 'zoom_in']


def box_overlap(crops: Sequence[ImageBox], approved: Sequence[ImageBox]) -> float | None:
    """The best IoU that any crop has with each approved box, averaged over the approved boxes.

    None where nothing is approved: then there is nothing to compare with, which is not a miss.
    """
    if not approved:
        return None
    best = [
        max((iou(crop.box, wanted.box) for crop in crops if crop.image == wanted.image), default=0.0)
        for wanted in approved
    ]
    return sum(best) / len(best)
