"""Episodes as token sequences: noisy, imperfect trajectories over the plans, and drills of their single steps.

Wrong calls are in the context without loss: the agent learns to recover from them and not to make them.
"""

import json
import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image
from tokenizers import Tokenizer

from ..rollout.prompt import (
    ImageSegment,
    Segment,
    error_result_segments,
    image_result_segments,
    prompt_segments,
)
from ..world.questions import KINDS, Question, Target, make_question
from ..world.scene import (
    BOX_SIDE,
    BOX_STEP,
    COLOURS,
    PATTERNS,
    SHAPES,
    VIEW,
    Item,
    Scene,
    make_scene,
    render,
    target_box,
)
from .fast import to_patches
from .model import TOKENS
from .plans import LOOKED_BACK, NO_TOOLS_THOUGHT, Answer, LookBack, Move, Zoom, plan
from .tokenizer import special_ids
from .views import crop_view, full_view

Box = tuple[int, int, int, int]
Aim = tuple[int, int, int, int, int, int]
"""Labels inside the language model: x and y of the wanted box in steps of 4, shape, colour (0: not named), image,
and the pattern about to be read."""
Piece = tuple[str, bool] | tuple[str, bool, Aim]
"""Text, whether the loss looks at it, and what its tokens should know."""
NO_AIM: Aim = (-100, -100, -100, -100, -100, -100)
_PATTERN_WORD = re.compile(rf'( (?:{"|".join(PATTERNS)}))')
WHOLE: Box = (0, 0, VIEW, VIEW)


@dataclass(frozen=True)
class Noise:
    """How often each imperfection occurs."""

    jitter: float = 0.3
    miss: float = 0.1
    miss_again: float = 0.3
    bad_call: float = 0.05
    spare_look_back: float = 0.04
    no_tools: float = 0.08


@dataclass(frozen=True)
class Episode:
    kind: str
    ids: np.ndarray
    """int32 [length]"""
    slots: np.ndarray
    """int32 [length]: row of the views' features (view * 16 + token), -1 at text."""
    loss: np.ndarray
    """bool [length]: the token itself is to be predicted."""
    positions: np.ndarray
    """int32 [3,length]"""
    aims: np.ndarray
    """int16 [length,5], -100 where there is nothing to know"""
    patches: np.ndarray
    """uint8 [views,64,588]"""


class Writer:
    """Collects tokens, image slots, loss marks and rotary positions."""

    def __init__(self, tokenizer: Tokenizer, scenes: Sequence[Scene], blind: bool = False):
        self.blind = blind
        self.tokenizer = tokenizer
        self.image_pad = special_ids(tokenizer)['<|image_pad|>']
        self.roots: list[Image.Image] = [] if blind else [render(scene) for scene in scenes]
        self.ids: list[int] = []
        self.slots: list[int] = []
        self.loss: list[bool] = []
        self.aims: list[Aim] = []
        self.images = 0
        self.positions: list[tuple[int, int, int]] = []
        self.next = 0
        self.known: dict[tuple[int, Box], int] = {}
        self.patches: list[np.ndarray] = []

    def text(self, pieces: Sequence[Piece]) -> None:
        """One segment: tokenised as a whole, each token under the loss mark of the piece it starts in."""
        encoding = self.tokenizer.encode(''.join(piece[0] for piece in pieces), add_special_tokens=False)
        owner = [piece for piece in pieces for _ in piece[0]]
        for token, (start, _) in zip(encoding.ids, encoding.offsets, strict=True):
            self.ids.append(token)
            self.slots.append(-1)
            piece = owner[start]
            self.loss.append(piece[1])
            self.aims.append(piece[2] if len(piece) == 3 else NO_AIM)
            self.positions.append((self.next, self.next, self.next))
            self.next += 1

    def image(self, root: int, box: Box) -> None:
        """`root` is the 0-based scene, `box` in pixels of its whole view."""
        if self.blind:
            return
        view = self._view(root, box)
        self.images += 1
        for token in range(TOKENS):
            self.ids.append(self.image_pad)
            self.slots.append(view * TOKENS + token)
            self.loss.append(False)
            self.aims.append((*NO_AIM[:4], self.images, -100))
            self.positions.append((self.next, self.next + token // 4, self.next + token % 4))
        self.next += 4

    def _view(self, root: int, box: Box) -> int:
        key = (root, box)
        if key not in self.known:
            self.known[key] = len(self.patches)
            image = self.roots[root]
            self.patches.append(to_patches(full_view(image) if box == WHOLE else crop_view(image, box)))
        return self.known[key]

    def segments(self, segments: Iterable[Segment], views: Sequence[tuple[int, Box]]) -> None:
        for segment in segments:
            if isinstance(segment, ImageSegment):
                self.image(*views[segment.view - 1])
            else:
                self.text([(segment.text, False)])

    def episode(self, kind: str) -> Episode:
        return Episode(
            kind,
            np.array(self.ids, np.int32),
            np.array(self.slots, np.int32),
            np.array(self.loss, bool),
            np.array(self.positions, np.int32).T.copy(),
            np.array(self.aims, np.int16),
            np.stack(self.patches) if self.patches else np.zeros((0, 64, 588), np.uint8),
        )


def aim_at(item: Item, noun: str, image: int) -> Aim:
    x, y, _, _ = target_box(item)
    shape = SHAPES.index(item.shape) + 1 if item.shape in noun else 0
    colour = list(COLOURS).index(item.colour) + 1 if item.colour in noun else 0
    return x // BOX_STEP, y // BOX_STEP, shape, colour, image, -100


def thought_pieces(thought: str, mark: bool, aim: Aim = NO_AIM, blind: bool = False) -> list[Piece]:
    """The start of a turn. Words before a pattern should know it, the last words what `aim` names.

    `blind`: there is nothing to see, so that a pattern just read is not to be predicted.
    """
    parts = _PATTERN_WORD.split(f'<think>{thought}')
    pieces: list[Piece] = []
    for index in range(0, len(parts) - 1, 2):
        text, word = parts[index], parts[index + 1]
        read = text.endswith('It shows')
        known = NO_AIM if read and blind else (*NO_AIM[:5], PATTERNS.index(word.strip()))
        pieces += [(text, mark, known), (word, mark and not (read and blind))]
    return [*pieces, (parts[-1], mark, (-100, -100, *aim[2:]))]


def call_pieces(
    thought: str,
    name: str,
    arguments: dict,
    marks: tuple[bool, bool, bool],
    aim: Aim = NO_AIM,
    blind: bool = False,
) -> list[Piece]:
    """A turn with a call; `marks`: whether the thought, the call with its image number, and the box count."""
    body = json.dumps({'name': name, 'arguments': arguments})
    head, comma, box = body.partition(', "bbox_2d"')
    pieces: list[Piece] = [
        *thought_pieces(thought[:-1], marks[0], aim, blind),
        (f'{thought[-1]}</think>\n<tool_call>\n', marks[0], aim),
        (head, marks[1], aim),
    ]
    if comma:
        pieces += [(f'{comma}: [', marks[2], aim), (box[3:], marks[2])]
    pieces.append(('\n</tool_call>', marks[1]))
    return pieces


def answer_pieces(thought: str, answer: str, aim: Aim = NO_AIM, blind: bool = False) -> list[Piece]:
    return [*thought_pieces(thought, True, aim, blind), (f'</think>\n<answer>{answer}</answer>', True, aim)]


def jittered(rng: random.Random, box: Box) -> Box:
    x1, y1 = (min(max(v + BOX_STEP * rng.randint(-2, 2), 0), VIEW - BOX_SIDE) for v in (box[0], box[1]))
    return x1, y1, x1 + BOX_SIDE, y1 + BOX_SIDE


def missing(rng: random.Random, box: Box) -> Box:
    """A box that shows nothing of the badge in the middle of `box`."""
    while True:
        x1, y1 = (BOX_STEP * rng.randint(0, (VIEW - BOX_SIDE) // BOX_STEP) for _ in range(2))
        if max(abs(x1 - box[0]), abs(y1 - box[1])) >= 24:
            return x1, y1, x1 + BOX_SIDE, y1 + BOX_SIDE


class Trajectory:
    """Plays a plan with noise and writes it down."""

    def __init__(
        self, rng: random.Random, question: Question, tokenizer: Tokenizer, noise: Noise, blind: bool = False
    ):
        self.rng, self.question, self.noise = rng, question, noise
        self.blind = blind
        self.writer = Writer(tokenizer, question.scenes, blind)
        self.views: list[tuple[int, Box]] = [(n, WHOLE) for n in range(len(question.scenes))]
        self.looked_back = 0

    def run(self) -> Episode:
        tools = self.rng.random() >= self.noise.no_tools
        prompt = prompt_segments(len(self.views), self.question.text, None, tools)
        self.writer.segments(prompt, self.views)
        moves: Sequence[Move] = plan(self.question)
        if not tools:
            moves = [Answer(NO_TOOLS_THOUGHT, self.question.answer)]
        elif self.rng.random() < self.noise.spare_look_back:
            image = self.rng.randint(1, len(self.views))
            self._look_back(f'Look at image {image} again.', image, False)
        for move in moves:
            match move:
                case Zoom():
                    self._zoom(move)
                case LookBack():
                    self._look_back(move.thought, move.image, True)
                    self.looked_back = len(self.views)
                case Answer():
                    self._answer(move, tools)
        return self.writer.episode(self.question.kind)

    def _answer(self, move: Answer, tools: bool) -> None:
        if self.blind and (not tools or self.question.kind == 'read'):
            return
        aim = NO_AIM
        if tools and self.question.kind == 'which':
            aim = (*NO_AIM[:4], int(move.text), -100)
        elif tools and self.question.kind == 'look_back':
            item = next(t.item for t in self.question.targets if t.name == move.text)
            aim = (*NO_AIM[:2], *aim_at(item, move.text, 0)[2:4], -100, -100)
        pieces = answer_pieces(move.thought, move.text, aim, self.blind)
        self.writer.text([*pieces, ('<|im_end|>', True)])

    def _result(self, root: int, box: Box) -> None:
        self.views.append((root, box))
        self.writer.segments(image_result_segments(len(self.views), False), self.views)

    def _look_back(self, thought: str, image: int, learn: bool) -> None:
        pieces = call_pieces(
            thought,
            'look_back',
            {'image': image},
            (learn, learn, learn),
            (*NO_AIM[:4], image, -100),
            self.blind,
        )
        self.writer.text(pieces)
        self._result(*self.views[image - 1])

    def _call(
        self, thought: str, image: int, box: Sequence[int], marks: tuple[bool, bool, bool], aim: Aim = NO_AIM
    ) -> None:
        arguments = {'image': image, 'bbox_2d': list(box)}
        if self.blind:
            marks = (marks[0], marks[1], False)
            aim = (-100, -100, *aim[2:])
        self.writer.text(call_pieces(thought, 'zoom_in', arguments, marks, aim, self.blind))

    def _zoom(self, move: Zoom) -> None:
        target = move.target
        image = self.looked_back if move.in_look_back else target.image
        thought = move.thought.replace(LOOKED_BACK, str(image))
        root, box = target.image - 1, target_box(target.item)
        aim = aim_at(target.item, move.noun, image)
        again = f'The {move.noun} is in image {image}.'
        if self.rng.random() < self.noise.bad_call:
            self._bad_call(thought, image, box)
            thought = f'Try again. {again}'
        chance = self.noise.miss
        while self.rng.random() < chance:
            chance = self.noise.miss_again
            wrong = self._other_box(root, box)
            self._call(thought, image, wrong, (True, False, False))
            self._result(root, wrong)
            thought = f'That is not it. {again}'
        if self.rng.random() < self.noise.jitter:
            box = jittered(self.rng, box)
            self._call(thought, image, box, (True, True, False), aim)
        else:
            self._call(thought, image, box, (True, True, True), aim)
        self._result(root, box)

    def _other_box(self, root: int, box: Box) -> Box:
        """Another object's box where there is one, as a mistaken reader would take it, or a box on nothing much."""
        others = [target_box(item) for item in self.question.scenes[root].items]
        far = [b for b in others if max(abs(b[0] - box[0]), abs(b[1] - box[1])) >= 24]
        return self.rng.choice(far) if far and self.rng.random() < 0.6 else missing(self.rng, box)

    def _bad_call(self, thought: str, image: int, box: Box) -> None:
        x1, y1, x2, y2 = box
        if self.rng.random() < 0.5:
            wrong = self.rng.choice([(x2, y1, x1, y2), (x1, y2, x2, y1), (x1 + 84, y1, x2 + 84, y2)])
            self._call(thought, image, wrong, (True, False, False))
            error = (
                f'bbox_2d must be [x1, y1, x2, y2] with 0 <= x1 < x2 <= {VIEW} '
                f'and 0 <= y1 < y2 <= {VIEW} for image {image}.'
            )
        else:
            self._call(thought, self.rng.randint(len(self.views) + 1, 12), box, (True, False, False))
            error = f'image must be a whole number from 1 to {len(self.views)}.'
        self.writer.segments(error_result_segments(error, False), self.views)


def drill(rng: random.Random, tokenizer: Tokenizer, easy: bool) -> Episode:
    """Single steps in the words of an episode: find objects by name and image, read crops. Many in one sequence.

    `easy`: one image, and nothing to read.
    """
    scenes = [make_scene(rng, rng.randint(2, 4)) for _ in range(1 if easy else rng.choice((1, 2, 2, 3)))]
    writer = Writer(tokenizer, scenes)
    views: list[tuple[int, Box]] = [(n, WHOLE) for n in range(len(scenes))]
    head = '<|im_start|>user\n'
    for number in range(1, len(scenes) + 1):
        writer.text([(f'{head}Image {number}: <|vision_start|>', False)])
        writer.image(number - 1, WHOLE)
        head = '<|vision_end|>\n'
    writer.text([(f'{head}<|im_end|>\n<|im_start|>assistant\n', False)])
    for _ in range(5):
        image = rng.randint(1, len(scenes))
        item = rng.choice(scenes[image - 1].items)
        noun = _short_name(rng, scenes[image - 1], Target(image, item.name, item))
        thought = rng.choice(
            (
                f'The {noun} is in image {image}.',
                f'First the {noun} in image {image}.',
                f'Next the {noun} in image {image}.',
            )
        )
        box = target_box(item)
        arguments = {'image': image, 'bbox_2d': list(box)}
        aim = aim_at(item, noun, image)
        writer.text(call_pieces(thought, 'zoom_in', arguments, (False, True, True), aim))
        if not easy and rng.random() < 0.35:
            box = jittered(rng, box)
            views.append((image - 1, box))
            writer.segments(image_result_segments(len(views), False), views)
            writer.text(
                [
                    *thought_pieces(f'It shows {item.pattern}', False)[:1],
                    (f' {item.pattern}', True),
                    ('.</think>\n', False),
                ]
            )
        else:
            writer.text([('\n', False)])
    return writer.episode('drill')


def _short_name(rng: random.Random, scene: Scene, target: Target) -> str:
    item = target.item
    names = [item.name] * 2
    if sum(other.shape == item.shape for other in scene.items) == 1:
        names.append(item.shape)
    if sum(other.colour == item.colour for other in scene.items) == 1:
        names.append(f'{item.colour} shape')
    return rng.choice(names)


def make_episode(rng: random.Random, tokenizer: Tokenizer, mix: dict[str, float], noise: Noise) -> Episode:
    """One sequence; `mix` weighs the kinds and "drill"."""
    kind = rng.choices(list(mix), list(mix.values()))[0]
    if kind in ('drill', 'easy'):
        return drill(rng, tokenizer, kind == 'easy')
    if kind == 'blind':
        kind = rng.choice(KINDS)
        return Trajectory(rng, make_question(rng, kind), tokenizer, replace(noise, miss=0), blind=True).run()
    assert kind in KINDS
    return Trajectory(rng, make_question(rng, kind), tokenizer, noise).run()
