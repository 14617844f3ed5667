"""The files of a verl bundle, run against stand-ins for verl's classes: episodes, masks, rewards, the template."""

import asyncio
import json
from pathlib import Path

import pytest
from jinja2 import Environment
from PIL import Image
from verl.experimental.agent_loop.agent_loop import REGISTERED

from imagent_trainer.rollout.prompt import (
    STOP_STRINGS,
    ImageSegment,
    image_result_segments,
    prompt_segments,
)
from imagent_trainer.rollout.views import input_view, render_view
from imagent_trainer.verl import agent_loop, settings
from imagent_trainer.verl.facts import KEY
from imagent_trainer.verl.reward import compute_score

BUNDLE = Path(agent_loop.__file__).parent / 'bundle'
ZOOM = (
    '<think>Look.</think>\n<tool_call>\n'
    '{"name": "zoom_in", "arguments": {"image": 1, "bbox_2d": [0, 0, 56, 56]}}\n</tool_call>'
)
BACK = '<think>Again.</think>\n<tool_call>\n{"name": "look_back", "arguments": {"image": 2}}\n</tool_call>'
OUTSIDE = ZOOM.replace('[0, 0, 56, 56]', '[0, 0, 9000, 56]')
BROKEN = '<think>Look.</think>\n<tool_call>\n{broken\n</tool_call>'
RIGHT = '<think>I see.</think>\n<answer>red</answer>'


@pytest.fixture(autouse=True)
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / settings.FILE
    limits = {'max_calls': 3, 'max_bad_calls_in_row': 2, 'max_episode_pixels': 200_000}
    path.write_text(
        json.dumps(
            {
                'min_pixels': 12_544,
                'max_pixels': 12_544,
                'crop_min_pixels': 12_544,
                'limits': limits,
                'tool_gain': 0.5,
                'format_weight': 0.5,
                'masked_statuses': ['malformed', 'too_many_steps', 'too_long', 'over_budget', 'no_answer'],
            }
        )
    )
    monkeypatch.setenv('IMAGENT_SETTINGS', str(path))
    settings.bundle_settings.cache_clear()


def play(*script: str, response_length: int = 4000):
    root = Image.effect_noise((448, 448), 80).convert('RGB')
    loop = agent_loop.ImagentAgentLoop(list(script), response_length)
    prompt = [
        {'role': 'user', 'content': [{'type': 'image', 'image': root}, {'type': 'text', 'text': 'Which?'}]}
    ]
    return root, loop, asyncio.run(loop.run({'temperature': 1.0}, raw_prompt=prompt))


def test_an_episode_with_both_tools_is_played_as_in_the_app() -> None:
    root, loop, output = play(ZOOM, BACK, RIGHT)
    assert REGISTERED['imagent_agent'] is agent_loop.ImagentAgentLoop
    assert loop.sampling_params['stop'] == list(STOP_STRINGS)
    facts = output.extra_fields[KEY]
    assert (facts['status'], facts['answer'], facts['valid_calls']) == ('answered', 'red', 2)
    crop, again = output.multi_modal_data['images']
    expected = root.crop((0, 0, 224, 224)).resize((112, 112), Image.Resampling.BICUBIC)
    assert crop.tobytes() == expected.tobytes()
    assert again.tobytes() == crop.tobytes()
    view = input_view(1, 448, 448, 12_544, 12_544)
    assert render_view(view, root).size == (112, 112)


def test_what_the_model_did_not_sample_carries_no_loss() -> None:
    _, _, output = play(ZOOM, RIGHT)
    text = ''.join(chr(one) for one in output.response_ids)
    masked = ''.join(char for char, one in zip(text, output.response_mask, strict=True) if one == 0)
    assert masked == 'Image 2: '
    assert sum(output.response_mask) == len(ZOOM) + len(RIGHT)


def test_a_call_that_can_not_be_read_gets_its_error_and_the_episode_goes_on() -> None:
    _, _, output = play(BROKEN, OUTSIDE.replace('9000', '56'), RIGHT)
    text = ''.join(chr(one) for one in output.response_ids)
    assert 'Error: ' in text
    assert output.extra_fields[KEY]['status'] == 'answered'
    assert output.extra_fields[KEY]['bad_calls'] == 1


@pytest.mark.parametrize(
    ('script', 'length', 'status'),
    [
        ([OUTSIDE, OUTSIDE], 4000, 'malformed'),
        ([ZOOM, ZOOM, ZOOM, ZOOM], 4000, 'too_many_steps'),
        (['<think>Hm.</think>'], 4000, 'no_answer'),
        (['<think>' + 'x' * 200], 100, 'too_long'),
    ],
)
def test_a_rollout_over_a_limit_carries_none_at_all(script: list[str], length: int, status: str) -> None:
    _, _, output = play(*script, response_length=length)
    assert output.extra_fields[KEY]['status'] == status
    assert set(output.response_mask) == {0}


def test_the_reward_is_the_apps_part_by_part() -> None:
    _, _, with_tool = play(ZOOM, RIGHT)
    _, _, without = play(RIGHT)
    info = {'answers': ['red', 'dark red'], 'answer_kind': 'text', 'choices': []}
    found = [
        compute_score('imagent_studio', '', 'red', {**info, KEY: output.extra_fields[KEY]})
        for output in (with_tool, without)
    ]
    assert [one['score'] for one in found] == [2.0, 1.5]
    wrong = compute_score(
        'imagent_studio', '', 'blue', {**info, 'answers': ['blue'], KEY: with_tool.extra_fields[KEY]}
    )
    assert (wrong['score'], wrong['tool_factor']) == (0.5, 1.0)


def test_the_reward_takes_the_tolerance_of_a_number() -> None:
    near = '<think>t</think>\n<answer>202</answer>'
    info = {'answers': ['200'], 'answer_kind': 'number', 'choices': []}
    found = [
        compute_score('imagent_studio', near, '200', {**info, **within})['accuracy']
        for within in ({'tolerance': 0.05}, {'tolerance': 0.001}, {'tolerance': None}, {})
    ]
    assert found == [1.0, 0.0, 0.0, 0.0]


def test_the_reward_reads_the_answer_from_the_text_where_another_loop_played() -> None:
    assert compute_score('imagent_studio', RIGHT, 'red')['accuracy'] == 1.0
    assert compute_score('imagent_studio', 'no answer', 'red')['accuracy'] == 0.0


def segments_text(segments) -> str:
    return ''.join('<|image_pad|>' if isinstance(one, ImageSegment) else one.text for one in segments)


def test_the_template_gives_the_text_that_the_agent_reads() -> None:
    template = Environment().from_string((BUNDLE / 'template.jinja').read_text())
    prompt = segments_text(prompt_segments(2, 'Which?', None, True))
    system = prompt.split('<|im_start|>system\n')[1].split('<|im_end|>')[0]
    user = [
        {'type': 'text', 'text': 'Image 1: '},
        {'type': 'image'},
        {'type': 'text', 'text': '\nImage 2: '},
        {'type': 'image'},
        {'type': 'text', 'text': '\nWhich?'},
    ]
    messages = [{'role': 'system', 'content': system}, {'role': 'user', 'content': user}]
    assert template.render(messages=messages, add_generation_prompt=True) == prompt
    result = [{'role': 'tool', 'content': [{'type': 'image'}, {'type': 'text', 'text': 'Image 3: '}]}]
    assert template.render(messages=result, add_generation_prompt=True) == segments_text(
        image_result_segments(3, False)
    )
    assert template.render(messages=[{}]) == ''
