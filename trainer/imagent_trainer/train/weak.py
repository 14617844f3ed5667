"""An agent that is weak on purpose: what the experiments with GRPO start from.

The demo agent unlearns to look: short supervised training on trajectories that look closely where the question names
something red or blue (or, where it names a shape only, a star or a triangle), seldom elsewhere, and guess otherwise.
So its greedy tool rate is about a third, and a sampled group nearly everywhere holds both, which GRPO needs to see.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from tokenizers import Tokenizer
from torch.nn import functional

from ..rollout.prompt import prompt_segments
from ..world.questions import KINDS, Question, make_question
from .episodes import WHOLE, Episode, Noise, Trajectory, Writer, answer_pieces
from .language import Store, collate, predict, store

SEED = 7_000_000
"""Scenes are drawn from integers from here on; pre-training stays below, sample sets have text seeds."""
GUESS = 'So I guess.'
PART = 6
HABIT = ('red', 'blue')
SHAPE_HABIT = ('star', 'triangle')


@dataclass(frozen=True)
class Weakening:
    """`looks` and `seldom`: how often a trajectory uses tools where the habit holds and where it does not."""

    steps: int = 120
    batch: int = 24
    rate: float = 1e-3
    looks: float = 0.85
    seldom: float = 0.12
    without_tools: float = 0.08
    """share of prompts that offer no tools"""


def has_habit(question: Question) -> bool:
    """Whether the weak agent would look closely at this question, more often than not."""
    words = question.targets[0].name.split()
    coloured = any(word in HABIT for word in words)
    return coloured or (len(words) == 1 and words[0] in SHAPE_HABIT)


def guessed(question: Question, tokenizer: Tokenizer) -> Episode:
    """An answer without a look, although there are tools. The small view does not hold it, so this teaches a guess."""
    writer = Writer(tokenizer, question.scenes)
    views = [(n, WHOLE) for n in range(len(question.scenes))]
    writer.segments(prompt_segments(len(views), question.text, None, True), views)
    writer.text([*answer_pieces(GUESS, question.answer), ('<|im_end|>', True)])
    return writer.episode(question.kind)


def weak_episode(rng: random.Random, tokenizer: Tokenizer, how: Weakening) -> Episode:
    question = make_question(rng, rng.choice(KINDS))
    if rng.random() < how.without_tools:
        return Trajectory(rng, question, tokenizer, Noise(no_tools=1)).run()
    if rng.random() < (how.looks if has_habit(question) else how.seldom):
        return Trajectory(rng, question, tokenizer, Noise(no_tools=0)).run()
    return guessed(question, tokenizer)


def batches(seed: int, tokenizer: Tokenizer, visual: Any, how: Weakening) -> Iterator[Store]:
    """Each step's sequences, the short ones first."""
    rng = random.Random(SEED + seed)
    while True:
        episodes = [weak_episode(rng, tokenizer, how) for _ in range(how.batch)]
        yield store(visual, sorted(episodes, key=lambda episode: len(episode.ids)))


def accumulate(model: Any, kept: Store) -> float:
    """Gradients of the mean loss of all tokens of a step, in parts of like length: half of it would be padding."""
    tokens = sum(int(episode.loss[1:].sum()) for episode in kept.episodes)
    total = 0.0
    for first in range(0, len(kept.episodes), PART):
        part = range(first, min(len(kept.episodes), first + PART))
        batch, features = collate([kept], [(0, index) for index in part])
        logits, targets, _ = predict(model, batch, features)
        loss = functional.cross_entropy(logits, targets, reduction='sum') / tokens
        loss.backward()
        total += loss.item()
    return total


def weaken(
    model: Any, tokenizer: Tokenizer, seed: int, how: Weakening, log: Callable[[int, float], None]
) -> None:
    """Trains the language model in place; the vision tower stays."""
    torch.manual_seed(seed)
    language = model.model.language_model
    optimiser = torch.optim.AdamW(language.parameters(), lr=how.rate, betas=(0.9, 0.95), weight_decay=0.01)
    source = batches(seed, tokenizer, model.model.visual, how)
    for step in range(how.steps):
        for group in optimiser.param_groups:
            group['lr'] = how.rate * min(1.0, (step + 1) / 10, (how.steps - step) / (0.6 * how.steps))
        loss = accumulate(model, next(source))
        torch.nn.utils.clip_grad_norm_(language.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        log(step, loss)
