"""Plays the slots of a step on the live model, and the demonstrations among them from their texts."""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from PIL import Image
from tokenizers import Tokenizer

from imagent_trainer.data.samples import Sample
from imagent_trainer.protocol.run_folder import Demonstration
from imagent_trainer.rollout.loop import EpisodeInput, EpisodeSettings
from imagent_trainer.rollout.replay import replay
from imagent_trainer.rollout.trajectory import Trajectory
from imagent_trainer.rollout.views import open_canonical
from imagent_trainer.train.grpo.plan import Slot
from imagent_trainer.train.policy import Sampling
from imagent_trainer.train.rollout_engine import (
    EngineSettings,
    Hooks,
    Progress,
    Rollout,
    RolloutEngine,
    RolloutPrompt,
)

OnProgress = Callable[[int, int], None]
"""(rollouts that have ended, all of them)"""


class Images:
    """Canonical images by path, the last ones used kept open."""

    def __init__(self, keep: int = 256) -> None:
        self._keep = keep
        self._open: OrderedDict[Path, Image.Image] = OrderedDict()

    def get(self, path: Path) -> Image.Image:
        if path not in self._open:
            self._open[path] = open_canonical(path)
            while len(self._open) > self._keep:
                self._open.popitem(last=False)
        self._open.move_to_end(path)
        return self._open[path]

    def of(self, sample: Sample) -> list[Image.Image]:
        return [self.get(path) for path in sample.images]


@dataclass(frozen=True)
class Agent:
    """What plays: the live model, and how its tokens are read."""

    model: Any
    tokenizer: Tokenizer
    eos: frozenset[int]
    image_pad: int
    turn_end: int

    def encode(self, text: str) -> list[int]:
        return self.tokenizer.encode(text, add_special_tokens=False).ids


class Player:
    """One engine for the whole run: its cache of image features knows when the tower is trained."""

    def __init__(
        self, agent: Agent, settings: EpisodeSettings, images: Images, rows: int | None = None
    ) -> None:
        self.agent, self.settings, self.images = agent, settings, images
        limits = EngineSettings() if rows is None else EngineSettings(max_rows=rows)
        self._engine = RolloutEngine(agent.model, agent.tokenizer, agent.eos, limits)

    def play(
        self, slots: Sequence[Slot], sampling: Sampling, progress: OnProgress | None = None
    ) -> list[Trajectory]:
        """One trajectory a slot, in order. Slots of one group share the reading of their prompt."""
        own = [slot for slot in slots if slot.demonstration is None]
        prompts, started = self._prompts(own), time.perf_counter()
        ended: dict[tuple[int, int], float] = {}

        def note_end(prompt: int, member: int, rollout: Rollout) -> None:
            del rollout
            ended[prompt, member] = time.perf_counter() - started

        def note(state: Progress) -> None:
            if progress is not None:
                progress(state.ended, state.rows)

        groups = self._engine.play(prompts, self.settings, sampling, Hooks(progress=note, ended=note_end))
        played = {
            (at, member): rollout for at, group in enumerate(groups) for member, rollout in enumerate(group)
        }
        in_order = iter(sorted(played))
        found: list[Trajectory] = []
        for slot in slots:
            if slot.demonstration is not None:
                found.append(self.demonstrate(slot.sample, slot.demonstration, slot.seed))
                continue
            key = next(in_order)
            found.append(self._trajectory(slot, played[key], ended.get(key, 0.0)))
        return found

    def _prompts(self, slots: Sequence[Slot]) -> list[RolloutPrompt]:
        prompts = []
        for _, members in groupby(slots, lambda slot: (slot.place.step, slot.place.group)):
            group = list(members)
            sample = group[0].sample
            keys = [str(path) for path in sample.images]
            prompts.append(RolloutPrompt(self.asked(sample), [slot.seed for slot in group], keys))
        return prompts

    def asked(self, sample: Sample) -> EpisodeInput:
        return EpisodeInput(self.images.of(sample), sample.question, sample.choices)

    def _trajectory(self, slot: Slot, rollout: Rollout, seconds: float) -> Trajectory:
        return Trajectory(
            sample_id=slot.sample.id,
            seed=slot.seed,
            episode=rollout.episode,
            prompt_length=rollout.prompt_length or len(rollout.episode.token_ids),
            sampled=rollout.sampled,
            logprobs=rollout.logprobs,
            image_pad=self.agent.image_pad,
            with_tools=self.settings.tools,
            error=rollout.error,
            seconds=seconds,
        )

    def demonstrate(self, sample: Sample, demonstration: Demonstration, seed: int = 0) -> Trajectory:
        """A corrected trajectory as a member of its group."""
        texts = [turn.text for turn in demonstration.turns]
        played = replay(self.asked(sample), self.settings, texts, self.agent.encode, self.agent.image_pad)
        return Trajectory(
            sample_id=sample.id,
            seed=seed,
            episode=played.episode,
            prompt_length=played.prompt_length,
            sampled=played.sampled,
            logprobs=None,
            image_pad=self.agent.image_pad,
            with_tools=self.settings.tools,
            demonstration_id=demonstration.id,
            marks=[turn.mark for turn in demonstration.turns],
        )
