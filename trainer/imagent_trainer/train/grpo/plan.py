"""Which question is asked in which step, with which seeds: a function of the seed alone, so that a run that goes on
from a checkpoint asks what it would have asked. No torch, no state of a random generator."""

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from imagent_trainer.data.samples import Sample
from imagent_trainer.protocol.config import Config
from imagent_trainer.protocol.run_folder import Demonstration
from imagent_trainer.rollout.record import Place


@dataclass(frozen=True)
class Slot:
    """One member of a group. With a `demonstration` that takes the place of a rollout."""

    place: Place
    sample: Sample
    seed: int
    demonstration: Demonstration | None


def mixed(*parts: int | str) -> int:
    """32 bits that are the same everywhere, and alike for no two lists of parts."""
    text = ':'.join(map(str, parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], 'big')


class Plan:
    """Samples come in a new order each time round; no sample twice before all were asked once."""

    def __init__(
        self,
        config: Config,
        samples: Sequence[Sample],
        demonstrations: Mapping[str, Sequence[Demonstration]],
    ) -> None:
        self._config, self._samples = config, samples
        self._demonstrations = demonstrations
        self._round: tuple[int, list[int]] = (-1, [])

    def sample_at(self, prompt: int) -> Sample:
        """The `prompt`-th question of the run, from 0."""
        turn, at = divmod(prompt, len(self._samples))
        if self._round[0] != turn:
            order = list(range(len(self._samples)))
            random.Random(mixed(self._config.seed, 'order', turn)).shuffle(order)
            self._round = (turn, order)
        return self._samples[self._round[1][at]]

    def slot(self, step: int, prompt: int, index: int) -> Slot:
        """Member `index` of the `prompt`-th question, played for `step` (from 1)."""
        config = self._config
        sample = self.sample_at(prompt)
        group = prompt % config.prompts_per_step
        seed = mixed(config.seed, step, group, index)
        return Slot(Place(step, group, index), sample, seed, self._demonstration(sample, step, prompt, index))

    def _demonstration(self, sample: Sample, step: int, prompt: int, index: int) -> Demonstration | None:
        """The last members of a group are demonstrations, where its sample has some; with several in turn."""
        config = self._config
        if config.demonstrations.mode != 'off_policy':
            return None
        known = self._demonstrations.get(sample.id, ())
        taken = min(config.demonstrations.per_group, len(known))
        behind = config.num_generations - 1 - index
        if behind >= taken:
            return None
        start = mixed(config.seed, 'demonstration', step, prompt) % len(known)
        return known[(start + behind) % len(known)]
