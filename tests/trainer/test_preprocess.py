"""The pixels the agent sees are those of the published processor, to the bit."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from corpora import preprocess_cases
from imagent_trainer.rollout.preprocess import patches
from imagent_trainer.rollout.views import View, open_canonical, render_view


@pytest.mark.torch
@pytest.mark.parametrize(
    'case', preprocess_cases.cases(), ids=lambda case: f'{case["file"]} {case["rootBox"]}'
)
def test_patches_equal_the_published_processor(case: dict) -> None:
    from transformers import Qwen2VLImageProcessorPil

    root = preprocess_cases.source(int(case['file'].split('/')[1][:2]) - 1)
    box = tuple(case['rootBox'])
    seen = render_view(View(1, 'input', 0, box, case['width'], case['height']), root)
    processor = Qwen2VLImageProcessorPil(min_pixels=case['minPixels'], max_pixels=case['maxPixels'])
    wanted = processor(images=root.crop(box), return_tensors='np', input_data_format='channels_last')
    assert wanted['image_grid_thw'].tolist() == [case['grid']]
    assert np.array_equal(wanted['pixel_values'], patches(seen))


def test_alpha_is_dropped_and_not_blended_as_the_app_does(tmp_path: Path) -> None:
    """Twin of "drops alpha without blending" in the engine's image-decode test."""
    Image.new('RGBA', (2, 1), (200, 100, 50, 0)).save(tmp_path / 'clear.png')
    assert open_canonical(tmp_path / 'clear.png').getpixel((0, 0)) == (200, 100, 50)
