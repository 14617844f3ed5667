"""Scenes of the demo world: plain background, a few coloured shapes, a fine pattern on a grey badge in each.

The patterns repeat every 4 source pixels. Pillow's bicubic resize by exactly 4 sums its weights to the same value
for every phase of such a pattern, so the 112 px view of a 448 px scene holds no trace of it; a crop of 128 source
pixels shows it clearly. The contrast fades to 0 at the badge's rim, so that no edge gives it away either.
Torch-free; everything follows from a `random.Random`.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw

SIZE = 448
"""Side of a scene, source pixels."""
VIEW = 112
"""Side of every view as the agent sees it, pixels."""
SCALE = SIZE // VIEW
SHAPES = ('circle', 'square', 'triangle', 'star')
COLOURS = {
    'red': (220, 40, 40),
    'green': (40, 160, 60),
    'blue': (50, 80, 220),
    'yellow': (235, 205, 40),
    'purple': (150, 60, 190),
    'orange': (245, 135, 25),
}
PATTERNS = ('plain', 'horizontal', 'vertical', 'diagonal', 'checks')
BADGE_RADIUS = 26
BADGE_GREY = 128
BADGE_CONTRAST = 110
BOX_SIDE = 32
"""Side of the box the agent zooms into, view pixels."""
BOX_STEP = 4
"""Box corners are multiples of this, view pixels."""

_MARGIN = 66
_DISTANCE = 132


@dataclass(frozen=True)
class Item:
    """One object. Centre and radius in source pixels; `phase` shifts its pattern by 0..3 pixels in x and y."""

    shape: str
    colour: str
    pattern: str
    x: int
    y: int
    radius: int
    phase: tuple[int, int]

    @property
    def name(self) -> str:
        return f'{self.colour} {self.shape}'


@dataclass(frozen=True)
class Scene:
    background: tuple[int, int, int]
    items: tuple[Item, ...] = field(default=())

    def find(self, name: str) -> Item:
        """The one item whose full name, shape or colour is `name`; KeyError when there is not exactly one."""
        found = [item for item in self.items if name in (item.name, item.shape, item.colour)]
        if len(found) != 1:
            raise KeyError(name)
        return found[0]


@dataclass(frozen=True)
class Wish:
    """What an item must be; None leaves it to chance."""

    shape: str | None = None
    colour: str | None = None
    pattern: str | None = None


def make_scene(
    rng: random.Random,
    count: int,
    wishes: Sequence[Wish] = (),
    without_shapes: Sequence[str] = (),
    without_colours: Sequence[str] = (),
) -> Scene:
    """A scene of `count` items, the wished ones among them; the others avoid the given shapes and colours.

    Every colour+shape pair occurs at most once. Raises ValueError when the wishes cannot be met.
    """
    if not len(wishes) <= count <= 4:
        raise ValueError('a scene holds the wished items and at most 4 in all')
    taken: set[tuple[str, str]] = set()
    kinds: list[tuple[str, str, str]] = []
    fixed = {(w.shape, w.colour) for w in wishes if w.shape and w.colour}
    for index in range(count):
        wish = wishes[index] if index < len(wishes) else None
        free = [
            (shape, colour)
            for shape in SHAPES
            for colour in COLOURS
            if (shape, colour) not in taken
            and _fits(wish, shape, colour, without_shapes, without_colours, fixed)
        ]
        if not free:
            raise ValueError('the wishes contradict each other')
        shape, colour = rng.choice(free)
        taken.add((shape, colour))
        pattern = wish.pattern if wish and wish.pattern else rng.choice(PATTERNS)
        kinds.append((shape, colour, pattern))
    centres = _centres(rng, count)
    items = [
        Item(shape, colour, pattern, x, y, rng.randint(46, 56), (rng.randrange(4), rng.randrange(4)))
        for (shape, colour, pattern), (x, y) in zip(kinds, centres, strict=True)
    ]
    background = (rng.randint(205, 248), rng.randint(205, 248), rng.randint(205, 248))
    return Scene(background, tuple(items))


def _fits(
    wish: Wish | None,
    shape: str,
    colour: str,
    without_shapes: Sequence[str],
    without_colours: Sequence[str],
    fixed: set[tuple[str, str]],
) -> bool:
    if wish is None:
        return shape not in without_shapes and colour not in without_colours and (shape, colour) not in fixed
    return wish.shape in (None, shape) and wish.colour in (None, colour)


def _centres(rng: random.Random, count: int) -> list[tuple[int, int]]:
    while True:
        centres: list[tuple[int, int]] = []
        for _ in range(60):
            x, y = rng.randint(_MARGIN, SIZE - _MARGIN), rng.randint(_MARGIN, SIZE - _MARGIN)
            if all(math.hypot(x - a, y - b) >= _DISTANCE for a, b in centres):
                centres.append((x, y))
                if len(centres) == count:
                    return centres


def _pattern_masks() -> dict[str, np.ndarray]:
    """For each pattern a 4x4 tile of +1 and -1."""
    y, x = np.mgrid[0:4, 0:4]
    return {
        'plain': np.zeros((4, 4)),
        'horizontal': np.where(y < 2, 1.0, -1.0),
        'vertical': np.where(x < 2, 1.0, -1.0),
        'diagonal': np.where((x + y) % 4 < 2, 1.0, -1.0),
        'checks': np.where((x // 2 + y // 2) % 2 == 0, 1.0, -1.0),
    }


_TILES = _pattern_masks()
_SPAN = 2 * BADGE_RADIUS + 1


def _badge_envelope() -> tuple[np.ndarray, np.ndarray]:
    y, x = np.mgrid[-BADGE_RADIUS : BADGE_RADIUS + 1, -BADGE_RADIUS : BADGE_RADIUS + 1]
    distance = np.hypot(x, y) / BADGE_RADIUS
    fade = 0.5 * (1 + np.cos(np.pi * np.clip((distance - 0.45) / 0.55, 0, 1)))
    return distance <= 1, fade


_BADGE_INSIDE, _BADGE_FADE = _badge_envelope()


def _badge(item: Item) -> np.ndarray:
    tile = _TILES[item.pattern]
    ys = (np.arange(item.y - BADGE_RADIUS, item.y + BADGE_RADIUS + 1) + item.phase[1]) % 4
    xs = (np.arange(item.x - BADGE_RADIUS, item.x + BADGE_RADIUS + 1) + item.phase[0]) % 4
    wave = tile[np.ix_(ys, xs)]
    return np.rint(BADGE_GREY + BADGE_CONTRAST * _BADGE_FADE * wave).astype(np.uint8)


def _outline(item: Item) -> list[tuple[float, float]]:
    """Corners of a triangle or star around the item's centre."""
    if item.shape == 'triangle':
        angles, radii = [-math.pi / 2 + k * 2 * math.pi / 3 for k in range(3)], [1.18] * 3
    else:
        angles, radii = [-math.pi / 2 + k * math.pi / 5 for k in range(10)], [1.18, 0.6] * 5
    return [
        (item.x + item.radius * r * math.cos(a), item.y + item.radius * r * math.sin(a))
        for a, r in zip(angles, radii, strict=True)
    ]


def render(scene: Scene) -> Image.Image:
    """The scene as an RGB image of SIZE x SIZE."""
    image = Image.new('RGB', (SIZE, SIZE), scene.background)
    draw = ImageDraw.Draw(image)
    for item in scene.items:
        fill, r = COLOURS[item.colour], item.radius
        if item.shape == 'circle':
            draw.ellipse([item.x - r, item.y - r, item.x + r, item.y + r], fill=fill)
        elif item.shape == 'square':
            side = round(r * 0.88)
            draw.rectangle([item.x - side, item.y - side, item.x + side, item.y + side], fill=fill)
        else:
            draw.polygon(_outline(item), fill=fill)
    pixels = np.array(image)
    for item in scene.items:
        top, left = item.y - BADGE_RADIUS, item.x - BADGE_RADIUS
        area = pixels[top : top + _SPAN, left : left + _SPAN]
        area[_BADGE_INSIDE] = _badge(item)[_BADGE_INSIDE][:, None]
    return Image.fromarray(pixels)


def target_box(item: Item) -> tuple[int, int, int, int]:
    """The box (view pixels, multiples of BOX_STEP, inside the view) that centres the item best."""
    x1, y1 = (_corner(value) for value in (item.x, item.y))
    return x1, y1, x1 + BOX_SIDE, y1 + BOX_SIDE


def _corner(centre: int) -> int:
    corner = BOX_STEP * round((centre / SCALE - BOX_SIDE / 2) / BOX_STEP)
    return min(max(corner, 0), VIEW - BOX_SIDE)
