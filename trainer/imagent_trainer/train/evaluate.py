"""Closed-loop evaluation while training: many greedy episodes at once, each one token a step, crops really made.

The figures to quote are those of the app's `eval`; this one only has to be quick and to agree with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from PIL import Image
from tokenizers import Tokenizer
from torch import Tensor

from ..rollout.limits import PixelSettings
from ..rollout.parser import Answer, BadCall, Call, parse_turn
from ..rollout.prompt import (
    NEVER_SAMPLED,
    ImageSegment,
    Segment,
    error_result_segments,
    image_result_segments,
    prompt_segments,
)
from ..rollout.tools import ToolError, run_tool
from ..rollout.views import View, input_view, render_view
from ..world.questions import Question
from ..world.scene import SIZE, VIEW, render
from .fast import StepCache, decoder_step, normalise, to_patches, vision

MAX_CALLS = 8
MAX_TURN = 64
CAPACITY = 1400
PIXELS = PixelSettings()


@dataclass
class Row:
    question: Question
    roots: list[Image.Image]
    views: list[View]
    embeds: list[Tensor] = field(default_factory=list)
    places: list[tuple[int, int, int]] = field(default_factory=list)
    fed: int = 0
    next: int = 0
    turn: list[int] = field(default_factory=list)
    calls: int = 0
    look_backs: int = 0
    status: str = 'running'
    answer: str = ''
    transcript: str = ''

    @property
    def correct(self) -> bool:
        return self.status == 'answered' and self.answer.lower() == self.question.answer


class Player:
    def __init__(self, model: Any, tokenizer: Tokenizer, tools: bool):
        self.visual, self.language = model.model.visual, model.model.language_model
        self.tokenizer, self.tools = tokenizer, tools
        self.banned = torch.tensor([tokenizer.token_to_id(text) for text in NEVER_SAMPLED])
        self.ends = {tokenizer.token_to_id(t) for t in ('</tool_call>', '</answer>', '<|im_end|>')}

    def start(self, question: Question) -> Row:
        roots = [render(scene) for scene in question.scenes]
        views = [
            input_view(n, SIZE, SIZE, PIXELS.min_pixels, PIXELS.max_pixels) for n in range(1, len(roots) + 1)
        ]
        row = Row(question, roots, views)
        self.push(row, prompt_segments(len(roots), question.text, None, self.tools))
        return row

    def push(self, row: Row, segments: Sequence[Segment]) -> None:
        for segment in segments:
            if isinstance(segment, ImageSegment):
                view = row.views[segment.view - 1]
                pixels = np.asarray(render_view(view, row.roots[view.root_image]))
                rows, columns = view.height // 28, view.width // 28
                row.embeds.extend(self.see(pixels))
                row.places.extend(
                    (row.next, row.next + k // columns, row.next + k % columns) for k in range(rows * columns)
                )
                row.next += max(rows, columns)
                row.transcript += '*'
            else:
                self.push_ids(row, self.tokenizer.encode(segment.text, add_special_tokens=False).ids)

    def see(self, pixels: np.ndarray) -> Tensor:
        """Features [tokens,hidden] of a view; the dense way fits square views only."""
        height, width, _ = pixels.shape
        if height == width == VIEW:
            return vision(self.visual, normalise(torch.from_numpy(to_patches(pixels))[None]))[0]
        h, w = height // 14, width // 14
        part = (
            pixels.transpose(2, 0, 1).reshape(3, h // 2, 2, 14, w // 2, 2, 14).transpose(1, 4, 2, 5, 0, 3, 6)
        )
        patches = normalise(torch.from_numpy(part.reshape(1, h * w, 588).copy()))
        both = patches.view(h * w, 3, 1, 14, 14).expand(h * w, 3, 2, 14, 14).reshape(h * w, -1)
        found = self.visual(both, torch.tensor([[1, h, w]]))
        return getattr(found, 'pooler_output', found)

    def push_ids(self, row: Row, ids: Sequence[int]) -> None:
        row.embeds.extend(self.language.embed_tokens.weight[torch.tensor(ids)])
        row.places.extend((row.next + k, row.next + k, row.next + k) for k in range(len(ids)))
        row.next += len(ids)
        row.transcript += self.tokenizer.decode(list(ids), skip_special_tokens=False)

    def sampled(self, row: Row, token: int) -> None:
        row.turn.append(token)
        self.push_ids(row, [token])
        if token in self.ends:
            self.end_turn(row)
        elif len(row.turn) >= MAX_TURN or len(row.embeds) > CAPACITY - 80:
            row.status = 'too_long'

    def end_turn(self, row: Row) -> None:
        turn = parse_turn(self.tokenizer.decode(row.turn, skip_special_tokens=False))
        row.turn = []
        if isinstance(turn, Answer):
            row.status, row.answer = 'answered', turn.answer
        elif not isinstance(turn, Call | BadCall):
            row.status = 'no_answer'
        elif row.calls >= MAX_CALLS:
            row.status = 'too_many_steps'
        else:
            row.calls += 1
            result = (
                ToolError(turn.error)
                if isinstance(turn, BadCall)
                else run_tool(turn.name, turn.arguments, row.views, PIXELS, self.tools)
            )
            if isinstance(result, ToolError):
                self.push(row, error_result_segments(result.text, False))
                return
            row.look_backs += result.origin == 'look_back'
            row.views.append(result)
            self.push(row, image_result_segments(result.number, False))


@torch.no_grad()
def play(model: Any, tokenizer: Tokenizer, questions: Sequence[Question], tools: bool) -> list[Row]:
    """Plays all questions greedily and returns the finished rows in order."""
    player = Player(model, tokenizer, tools)
    rows = [player.start(question) for question in questions]
    cache = StepCache(player.language, len(rows), CAPACITY)
    weight = player.language.embed_tokens.weight
    while True:
        active = [i for i, row in enumerate(rows) if row.status == 'running']
        if not active:
            return rows
        embeds = torch.stack([rows[i].embeds[rows[i].fed] for i in active])
        places = torch.tensor([rows[i].places[rows[i].fed] for i in active]).T
        hidden = decoder_step(player.language, cache, torch.tensor(active), embeds, places)
        logits = hidden @ weight.T
        logits[:, player.banned] = -torch.inf
        tokens = logits.argmax(-1).tolist()
        for i, token in zip(active, tokens, strict=True):
            rows[i].fed += 1
            if rows[i].fed == len(rows[i].embeds):
                player.sampled(rows[i], token)


def summary(rows: Sequence[Row]) -> dict[str, Any]:
    kinds = sorted({row.question.kind for row in rows})

    def mean(values: Sequence[float]) -> float:
        return round(float(np.mean(values)), 4) if values else 0.0

    return {
        'episodes': len(rows),
        'accuracy': mean([row.correct for row in rows]),
        'by_kind': {k: mean([row.correct for row in rows if row.question.kind == k]) for k in kinds},
        'answered': mean([row.status == 'answered' for row in rows]),
        'calls': mean([row.calls for row in rows]),
        'look_back_rate': mean([row.look_backs > 0 for row in rows]),
    }
