"""What goes wrong in an episode and can be seen without a reference answer."""

from collections import Counter
from collections.abc import Hashable, Sequence

from imagent_trainer.rollout.parser import think_state
from imagent_trainer.rollout.status import Flag, Status

LOOP_LENGTH = 3


def failure_flags(
    status: Status, tools: bool, calls: int, valid_calls: Sequence[Hashable], turns: Sequence[str]
) -> list[Flag]:
    """Flags in a fixed order. `calls` counts all, valid or not; equal `valid_calls` are the same call."""
    most = max(Counter(valid_calls).values(), default=0)
    seen: dict[Flag, bool] = {
        'tool_abandonment': status == 'answered' and tools and calls == 0,
        'repeated_call': most > 1,
        'loop': most >= LOOP_LENGTH,
        'format': any(think_state(turn) == 'none' for turn in turns),
    }
    return [flag for flag, present in seen.items() if present]
