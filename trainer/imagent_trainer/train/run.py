"""What every stage of a training run shares."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Run:
    """`spent`: seconds trained so far, earlier sittings included; `deadline`: when to stop, in the same count."""

    model: Any
    aims: Any
    out: Path
    log: Callable[[dict], None]
    spent: Callable[[], float]
    deadline: float
    seed: int

    def note(self, stage: str, step: int, **figures: Any) -> None:
        """One line of the curve."""
        self.log({'stage': stage, 'step': step, 'seconds': round(self.spent(), 1), **figures})


def line_logger(path: Path) -> Callable[[dict], None]:
    """Prints each entry and appends it to a file, as JSON lines."""

    def log(entry: dict) -> None:
        text = json.dumps(entry)
        print(text, flush=True)
        with path.open('a') as file:
            file.write(text + '\n')

    return log
