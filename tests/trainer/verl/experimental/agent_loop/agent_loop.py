from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

REGISTERED: dict[str, type] = {}
Kind = TypeVar('Kind', bound=type)


@dataclass
class AgentLoopOutput:
    prompt_ids: list[int]
    response_ids: list[int]
    response_mask: list[int]
    multi_modal_data: dict[str, Any]
    num_turns: int
    extra_fields: dict[str, Any] = field(default_factory=dict)


def register(name: str) -> Callable[[Kind], Kind]:
    def keep(kind: Kind) -> Kind:
        REGISTERED[name] = kind
        return kind

    return keep
