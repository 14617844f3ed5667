"""The pixels the agent sees are those of the published processor, to the bit."""

import numpy as np
import pytest

from corpora import preprocess_cases
from imagent_trainer.rollout.preprocess import patches
from imagent_trainer.rollout.views import View, render_view


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
