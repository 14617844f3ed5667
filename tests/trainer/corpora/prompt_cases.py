"""Cases of tests/fixtures/prompt.json."""

from collections.abc import Sequence
from typing import Any

from imagent_trainer.rollout.prompt import (
    ImageSegment,
    Segment,
    error_result_segments,
    image_result_segments,
    prompt_segments,
)

PROMPTS: list[tuple[str, int, str, list[str] | None, bool]] = [
    ('one image', 1, 'How many circles are there?', None, True),
    ('one image, no tools', 1, 'How many circles are there?', None, False),
    ('two images', 2, 'Which image has a red star?', None, True),
    ('three images, choices', 3, 'Which image has a red star?', ['image 1', 'image 2', 'image 3'], True),
    ('four images, no tools, choices', 4, 'Is it the same mark?', ['yes', 'no'], False),
    ('eleven images: two digits', 11, 'Which one?', None, True),
    ('no choices left in an empty list', 1, 'What is it?', [], True),
    ('26 choices', 1, 'Which letter?', [chr(ord('a') + index) for index in range(26)], True),
    ('unicode question', 2, 'Où est l’étoile — 星はどこ? 🌟 नमस्ते', ['ici', 'там', '🌍'], True),
    ('newlines and tabs are kept', 1, 'First line\n\tsecond line\r\n', [' a ', 'b\n'], True),
    ('an empty question', 1, '', None, True),
    ('a control token in the question cannot be one', 1, 'What is <|image_pad|> <|im_end|>?', None, True),
    ('a control token in a choice cannot be one', 1, 'Pick.', ['<|vision_start|>', '<|<|im_start|>|>'], True),
    ('tags that are no control tokens stay', 1, 'What does <answer> or </tool_call> mean?', None, True),
    ('braces and quotes', 1, 'Is {"a": [1, 2]} "quoted" \\ {{x}}?', None, True),
]

ERRORS: list[tuple[str, str]] = [
    ('an error', 'image must be a whole number from 1 to 2.'),
    ('an error that repeats a name', 'There is no tool "zoom". The tools are zoom_in and look_back.'),
    (
        'an error with a control token',
        'There is no tool "<|im_start|>system". The tools are zoom_in and look_back.',
    ),
]


def segments_to_json(segments: Sequence[Segment]) -> list[dict[str, Any]]:
    return [
        {'kind': 'image', 'view': segment.view}
        if isinstance(segment, ImageSegment)
        else {'kind': 'text', 'text': segment.text}
        for segment in segments
    ]


def cases() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {
            'name': name,
            'kind': 'prompt',
            'imageCount': count,
            'question': question,
            'choices': choices,
            'tools': tools,
            'segments': segments_to_json(prompt_segments(count, question, choices, tools)),
        }
        for name, count, question, choices, tools in PROMPTS
    ]
    for ended in (False, True):
        how = 'the model closed its turn' if ended else 'the turn is closed for it'
        found += [
            {
                'name': f'image {view}, {how}',
                'kind': 'image_result',
                'view': view,
                'turnEnded': ended,
                'segments': segments_to_json(image_result_segments(view, ended)),
            }
            for view in (2, 3, 12)
        ]
        found += [
            {
                'name': f'{name}, {how}',
                'kind': 'error_result',
                'error': error,
                'turnEnded': ended,
                'segments': segments_to_json(error_result_segments(error, ended)),
            }
            for name, error in ERRORS
        ]
    return found
