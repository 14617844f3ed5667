"""How an episode ended, as a value. `failed` is kept for faults of the machine, never for what the model wrote."""

from typing import Literal, get_args

Status = Literal[
    'answered', 'no_answer', 'malformed', 'too_many_steps', 'too_long', 'over_budget', 'stopped', 'failed'
]
STATUSES: tuple[Status, ...] = get_args(Status)

Flag = Literal['tool_abandonment', 'repeated_call', 'loop', 'format']
FLAGS: tuple[Flag, ...] = get_args(Flag)
