"""Contexts as episodes make them: world images, the real prompt, calls with seeded boxes, several turns.

The parity check of an export feeds these. Pixel noise and random tokens drive trained weights far outside what they
have seen, where float32 rounding alone makes more than the tolerance.
"""

import json
import random
from pathlib import Path

from PIL import Image
from tokenizers import Tokenizer

from imagent_trainer.export.context import Context, ImagePart, Part, TextPart
from imagent_trainer.protocol.agent_folder import AgentSettings, read_agent_settings
from imagent_trainer.rollout.limits import Limits
from imagent_trainer.rollout.loop import EpisodeInput, EpisodeSettings, Generated, run_episode
from imagent_trainer.rollout.preprocess import grid, patches
from imagent_trainer.rollout.views import View
from imagent_trainer.world.scene import render
from imagent_trainer.world.write import question_of

# No training draws from this seed.
WORLD_SEED = 990_001
ROOMY = Limits(max_episode_tokens=1_000_000, max_episode_pixels=10**9)


class Recorder:
    """A policy for the loop that speaks a script and keeps what enters the context, turn by turn."""

    def __init__(self, tokenizer: Tokenizer, script: list[str]) -> None:
        self._tokenizer = tokenizer
        self._script = script
        self._length = 0
        self.turns: list[list[Part]] = [[]]

    @property
    def context_ids(self) -> list[int]:
        return [0] * self._length

    def append_text(self, text: str) -> None:
        ids = self._tokenizer.encode(text, add_special_tokens=False).ids
        self._length += len(ids)
        self.turns[-1].append(TextPart(ids))

    def append_image(self, view: View, pixels: Image.Image) -> None:
        self._length += view.tokens
        self.turns[-1].append(ImagePart(patches(pixels), grid(pixels)))

    def generate(self, max_tokens: int) -> Generated:
        del max_tokens
        self.turns.append([])
        text = self._script.pop(0)
        self.append_text(text)
        return Generated(text, [], 'stop_string', False)


def write_script(rng: random.Random, image_count: int, side: int) -> list[str]:
    """One to three calls over a `side` x `side` view, then an answer."""
    turns = []
    for count in range(rng.randint(1, 3)):
        image = rng.randint(1, image_count + count)
        left, top = rng.randrange(side // 2), rng.randrange(side // 2)
        box = [left, top, left + side // 3, top + side // 3]
        call = (
            {'name': 'look_back', 'arguments': {'image': image}}
            if rng.random() < 0.25
            else {'name': 'zoom_in', 'arguments': {'image': rng.randint(1, image_count), 'bbox_2d': box}}
        )
        turns.append(f'<think>Look at image {image}.</think>\n<tool_call>\n{json.dumps(call)}\n</tool_call>')
    return [*turns, '<think>It shows dots.</think>\n<answer>dots</answer>']


def episode_context(seed: int, tokenizer: Tokenizer, settings: AgentSettings) -> Context:
    """The context of one scripted episode on a question of the world; at least two turns."""
    question = question_of(WORLD_SEED, seed)
    images = [render(scene) for scene in question.scenes]
    script = write_script(random.Random(seed), len(images), 84)
    recorder = Recorder(tokenizer, script)
    asked = EpisodeInput(images, question.text)
    run_episode(recorder, asked, EpisodeSettings(limits=ROOMY, pixels=settings.pixels))
    return Context(recorder.turns)


def episode_contexts(folder: Path, count: int) -> list[Context]:
    """Contexts in the tokens and at the sizes of a model folder."""
    tokenizer = Tokenizer.from_file(str(folder / 'tokenizer.json'))
    settings = read_agent_settings(folder)
    return [episode_context(seed, tokenizer, settings) for seed in range(count)]
