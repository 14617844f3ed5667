"""The run folder: where its files are, and the small ones that are read."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from imagent_trainer.protocol.config import Config, read_config
from imagent_trainer.protocol.schema import SchemaError, read
from imagent_trainer.rollout.trajectory import Mark

Command = Literal['pause', 'resume', 'stop']


@dataclass(frozen=True)
class ApprovedBox:
    """In pixels of the canonical image; `image` is the 0-based index into the sample's."""

    image: int
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class DemonstrationTurn:
    text: str
    mark: Mark | None


@dataclass(frozen=True)
class Demonstration:
    """A corrected trajectory: what the assistant says. The tools are run again from it."""

    id: str
    sample_id: str
    turns: tuple[DemonstrationTurn, ...]
    approved_boxes: tuple[ApprovedBox, ...] = ()


@dataclass(frozen=True)
class RunFolder:
    root: Path

    @property
    def events(self) -> Path:
        return self.root / 'events.jsonl'

    @property
    def control(self) -> Path:
        return self.root / 'control.json'

    @property
    def heartbeat(self) -> Path:
        return self.root / 'heartbeat.json'

    @property
    def lock(self) -> Path:
        return self.root / 'trainer.lock'

    @property
    def checkpoints(self) -> Path:
        return self.root / 'checkpoints'

    @property
    def train(self) -> Path:
        return self.root / 'data' / 'train.jsonl'

    @property
    def validation(self) -> Path:
        return self.root / 'data' / 'validation.jsonl'

    @property
    def demonstrations(self) -> Path:
        return self.root / 'data' / 'demonstrations.jsonl'

    def rollouts(self, step: int) -> Path:
        return self.root / 'rollouts' / f'step-{step:06d}.jsonl'

    def evaluation(self, step: int) -> Path:
        return self.root / 'evaluations' / f'step-{step:06d}.jsonl'

    def name_of(self, path: Path) -> str:
        """As events name files: relative to the run folder."""
        return path.relative_to(self.root).as_posix()

    def read_config(self) -> Config:
        """ValueError when there is none, or it is none."""
        path = self.root / 'config.json'
        try:
            return read_config(json.loads(path.read_text(encoding='utf-8')))
        except FileNotFoundError as error:
            raise ValueError(f'{path} is missing') from error

    def read_command(self) -> Command | None:
        """What the host wants; None when it said nothing, or nothing that can be read."""
        try:
            value = read('control', json.loads(self.control.read_text(encoding='utf-8')))
        except (OSError, ValueError):
            return None
        return value['command']


def read_demonstrations(path: Path) -> Iterator[Demonstration]:
    """SchemaError, with the number of the line, at the first line that is none. Nothing where there is no file."""
    if not path.exists():
        return
    with path.open(encoding='utf-8') as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    yield demonstration_of(read('demonstration', json.loads(line)))
                except ValueError as error:
                    raise SchemaError(f'{path.name}, line {number}: {error}') from error


def demonstration_of(value: dict[str, Any]) -> Demonstration:
    return Demonstration(
        id=value['id'],
        sample_id=value['sample_id'],
        turns=tuple(DemonstrationTurn(turn['text'], turn['mark']) for turn in value['turns']),
        approved_boxes=tuple(ApprovedBox(one['image'], tuple(one['box'])) for one in value['approved_boxes']),
    )
