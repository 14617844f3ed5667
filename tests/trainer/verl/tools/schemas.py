from dataclasses import dataclass
from typing import Any


@dataclass
class ToolResponse:
    text: str | None = None
    image: list[Any] | None = None

    def __post_init__(self) -> None:
        if self.image is not None and not isinstance(self.image, list):
            raise ValueError('Image must be a list')
