"""The demo world: the same seed gives the same bytes, answers are right, and nothing can be read before a zoom."""

import dataclasses
import json
import random
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imagent_trainer.world import cli
from imagent_trainer.world.questions import KINDS, Question
from imagent_trainer.world.scene import (
    BADGE_RADIUS,
    PATTERNS,
    SCALE,
    SIZE,
    VIEW,
    Scene,
    make_scene,
    render,
    target_box,
)
from imagent_trainer.world.write import question_of, write_world


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob('*')) if p.is_file()}


def repainted(scene: Scene, pattern: str) -> Scene:
    return Scene(scene.background, tuple(dataclasses.replace(item, pattern=pattern) for item in scene.items))


def view_of(scene: Scene, box: tuple[int, int, int, int] = (0, 0, VIEW, VIEW)) -> np.ndarray:
    left, top, right, bottom = (SCALE * v for v in box)
    crop = render(scene).crop((left, top, right, bottom))
    return np.asarray(crop.resize((VIEW, VIEW), Image.Resampling.BICUBIC)).astype(int)


def questions(kind: str, count: int = 60) -> list[Question]:
    return [question_of(5, index, [kind]) for index in range(count)]


def test_same_seed_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (('a', 3), ('b', 3), ('c', 4)):
        write_world(seed, 4, tmp_path / name)
    assert files_of(tmp_path / 'a') == files_of(tmp_path / 'b')
    assert files_of(tmp_path / 'a') != files_of(tmp_path / 'c')


def test_a_longer_set_begins_with_the_shorter_one(tmp_path: Path) -> None:
    write_world(3, 3, tmp_path / 'short')
    write_world(3, 5, tmp_path / 'long')
    short = (tmp_path / 'short' / 'samples.jsonl').read_text().splitlines()
    assert (tmp_path / 'long' / 'samples.jsonl').read_text().splitlines()[:3] == short


def test_splits_are_given_in_their_order_and_webp_has_the_same_pixels(tmp_path: Path) -> None:
    for name, image_format in (('png', 'png'), ('webp', 'webp')):
        splits = '--splits=train=1,test=1'
        arguments = ['--seed', '9', splits, '--format', image_format, '--out', str(tmp_path / name)]
        assert cli.main(arguments) == 0
    lines = (tmp_path / 'webp' / 'samples.jsonl').read_text().splitlines()
    samples = [json.loads(line) for line in lines]
    assert [sample['split'] for sample in samples] == ['train', 'test']
    for path in [path for sample in samples for path in sample['images']]:
        with (
            Image.open(tmp_path / 'webp' / path) as small,
            Image.open((tmp_path / 'png' / path).with_suffix('.png')) as plain,
        ):
            assert small.convert('RGB').tobytes() == plain.tobytes()


@pytest.mark.parametrize('splits', ['train', 'train=x', 'other=3', 'train=0'])
def test_splits_that_say_something_else_are_refused(splits: str, tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        cli.main(['--seed', '9', '--splits', splits, '--out', str(tmp_path / 'out')])
    assert not (tmp_path / 'out').exists()


ASSETS = Path(__file__).resolve().parents[2] / 'assets' / 'demo-set'


@pytest.mark.parametrize(
    ('folder', 'suffix', 'arguments'),
    [
        (ASSETS, '.png', ['--seed', '2026', '--count', '16', '--split', 'train']),
        (
            ASSETS / 'practice',
            '.webp',
            ['--seed', '2027', '--splits', 'train=48,validation=16,test=60'],
        ),
    ],
    ids=['demo', 'practice'],
)
def test_the_shipped_questions_are_what_the_command_gives(
    folder: Path, suffix: str, arguments: list[str], tmp_path: Path
) -> None:
    """Made as PNG, and compared by pixel: to pack as WebP takes minutes, and differs by the library's version."""
    assert cli.main([*arguments, '--out', str(tmp_path)]) == 0
    made = (tmp_path / 'samples.jsonl').read_text().replace('.png', suffix)
    assert (folder / 'samples.jsonl').read_text() == made
    names = sorted(path.name for path in (folder / 'images').iterdir())
    assert names == sorted(path.with_suffix(suffix).name for path in (tmp_path / 'images').iterdir())
    for name in names:
        own = (tmp_path / 'images' / name).with_suffix('.png')
        with Image.open(folder / 'images' / name) as shipped, Image.open(own) as plain:
            assert shipped.convert('RGB').tobytes() == plain.convert('RGB').tobytes()


def test_samples_follow_the_schema_and_their_images_exist(tmp_path: Path) -> None:
    assert cli.main(['--seed', '9', '--count', '8', '--out', str(tmp_path)]) == 0
    samples = [json.loads(line) for line in (tmp_path / 'samples.jsonl').read_text().splitlines()]
    assert [s['kind'] for s in samples] == [*KINDS, *KINDS]
    assert len({s['id'] for s in samples}) == 8
    for sample in samples:
        assert 1 <= len(sample['images']) <= 4
        assert sample['answer_kind'] in ('text', 'number', 'choice', 'yes_no')
        assert len(sample['answers']) == 1
        assert sample['choices'] is None
        assert 0.2 <= sample['meta']['chance'] <= 0.5
        for path in sample['images']:
            with Image.open(tmp_path / path) as image:
                assert (image.size, image.mode, image.format) == ((SIZE, SIZE), 'RGB', 'PNG')


def test_unknown_kinds_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(['--seed', '1', '--count', '1', '--out', str(tmp_path), '--kinds', 'read,guess'])
    assert 'guess' in capsys.readouterr().err


def test_no_pattern_leaves_a_trace_in_the_first_view() -> None:
    rng = random.Random(11)
    for _ in range(12):
        scene = make_scene(rng, rng.randint(1, 4))
        plain = view_of(repainted(scene, 'plain'))
        for pattern in PATTERNS[1:]:
            assert np.abs(view_of(repainted(scene, pattern)) - plain).max() <= 2


def test_every_pattern_is_plain_to_see_in_the_crop() -> None:
    scene = make_scene(random.Random(2), 1)
    box = target_box(scene.items[0])
    crops = [view_of(repainted(scene, pattern), box) for pattern in PATTERNS]
    for index, one in enumerate(crops):
        for other in crops[index + 1 :]:
            assert np.abs(one - other).max() > 60


def test_the_box_holds_the_badge_even_when_it_is_8_pixels_off() -> None:
    rng = random.Random(3)
    for _ in range(200):
        scene = make_scene(rng, 4)
        for item in scene.items:
            x1, y1, x2, y2 = target_box(item)
            assert min(x1, y1) >= 0
            assert max(x2, y2) <= VIEW
            reach = BADGE_RADIUS / SCALE
            for low, high, centre in ((x1, x2, item.x / SCALE), (y1, y2, item.y / SCALE)):
                assert low + 6 <= centre - reach or low == 0
                assert centre + reach <= high - 6 or high == VIEW


def test_targets_are_what_the_question_names() -> None:
    for kind in KINDS:
        for question in questions(kind):
            for target in question.targets:
                assert question.scenes[target.image - 1].find(target.name) == target.item
                assert target.name in question.text


def test_read_answers_with_the_pattern() -> None:
    asked = questions('read')
    assert all(q.answer == q.targets[0].item.pattern for q in asked)
    assert {q.answer for q in asked} == set(PATTERNS)


def test_compare_is_yes_exactly_when_the_patterns_are_equal() -> None:
    asked = questions('compare', 200)
    for q in asked:
        first, second = (t.item.pattern for t in q.targets)
        assert q.answer == ('yes' if first == second else 'no')
    assert 70 <= sum(q.answer == 'yes' for q in asked) <= 130


def test_which_has_one_image_that_fits() -> None:
    for q in questions('which'):
        assert [t.image for t in q.targets] == list(range(1, len(q.scenes) + 1))
        fits = [t.image for t in q.targets if t.item.pattern == q.pattern]
        assert fits == [int(q.answer)]


def test_look_back_asks_about_an_earlier_image_and_one_candidate_matches() -> None:
    for q in questions('look_back'):
        model, first, second = q.targets
        assert first.image == second.image < model.image
        matching = [t.name for t in (first, second) if t.item.pattern == model.item.pattern]
        assert matching == [q.answer]


def test_the_world_needs_no_torch() -> None:
    loaded = [name for name in sys.modules if name.startswith('imagent_trainer.world')]
    sources = [Path(sys.modules[name].__file__ or '').read_text() for name in loaded]
    assert loaded
    assert not any('import torch' in source or 'transformers' in source for source in sources)
