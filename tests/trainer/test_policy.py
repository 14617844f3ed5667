"""The reference agent: a cache kept over turns changes nothing, and greedy decoding is greedy decoding."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.torch


@pytest.fixture(scope='module')
def agent(tiny_agent: Path):
    from imagent_trainer.train.policy import load_agent

    return load_agent(tiny_agent)


def picture(seed: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (300, 400, 3), dtype=np.uint8))


def episode_policy(agent, turns: int):
    """A context of two images and some turns; logits are asked for after each turn, as sampling does."""
    from imagent_trainer.rollout.prompt import ImageSegment, image_result_segments, prompt_segments
    from imagent_trainer.rollout.views import View, render_view
    from imagent_trainer.train.policy import TorchPolicy

    policy = TorchPolicy(agent)
    views = [View(1, 'input', 0, (0, 0, 400, 300), 112, 84), View(2, 'input', 1, (0, 0, 400, 300), 140, 112)]
    views += [
        View(3 + turn, 'zoom_in', 0, (10 * turn, 20, 200, 280), 84, 140, parent=1) for turn in range(turns)
    ]
    contexts = [prompt_segments(2, 'Which mark?', ['dots', 'checks'], tools=True)]
    contexts += [image_result_segments(3 + turn, turn_closed=False) for turn in range(turns)]
    logits = None
    for segments in contexts:
        for segment in segments:
            if isinstance(segment, ImageSegment):
                view = views[segment.view - 1]
                policy.append_image(view, render_view(view, picture(view.root_image)))
            else:
                policy.append_text(segment.text)
        logits = policy.next_logits()
    assert logits is not None
    return policy, logits, views


def test_logits_after_cached_turns_equal_those_of_transformers_on_the_whole(agent) -> None:
    import torch

    from imagent_trainer.rollout.preprocess import grid, patches
    from imagent_trainer.rollout.views import render_view

    policy, logits, views = episode_policy(agent, 3)
    pixels = [render_view(view, picture(view.root_image)) for view in views]
    ids = torch.tensor([policy.context_ids])
    agent.model.model.rope_deltas = None
    with torch.no_grad():
        wanted = agent.model(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            mm_token_type_ids=(ids == agent.image_pad).int(),
            pixel_values=torch.from_numpy(np.concatenate([patches(image) for image in pixels])),
            image_grid_thw=torch.tensor([grid(image) for image in pixels]),
        ).logits[0, -1]
    assert float((logits - wanted).abs().max()) <= 1e-3


def test_greedy_turns_equal_generate_of_transformers(agent) -> None:
    import torch

    from imagent_trainer.rollout.preprocess import grid, patches
    from imagent_trainer.rollout.views import render_view

    policy, _, views = episode_policy(agent, 0)
    del _
    pixels = [render_view(view, picture(view.root_image)) for view in views]
    ids = torch.tensor([policy.context_ids])
    agent.model.model.rope_deltas = None
    wanted = agent.model.generate(
        input_ids=ids,
        attention_mask=torch.ones_like(ids),
        mm_token_type_ids=(ids == agent.image_pad).int(),
        pixel_values=torch.from_numpy(np.concatenate([patches(image) for image in pixels])),
        image_grid_thw=torch.tensor([grid(image) for image in pixels]),
        max_new_tokens=12,
        do_sample=False,
        suppress_tokens=agent.banned.nonzero().flatten().tolist(),
    )[0, ids.shape[1] :].tolist()
    fresh = fresh_prompt(agent, views)
    found = fresh.generate(12)
    assert found.token_ids == wanted[: len(found.token_ids)]
    assert len(found.token_ids) == 12 or found.end != 'max_tokens'


def fresh_prompt(agent, views):
    """The same prompt with nothing asked yet: `generate` runs what waits."""
    from imagent_trainer.rollout.prompt import ImageSegment, prompt_segments
    from imagent_trainer.rollout.views import render_view
    from imagent_trainer.train.policy import TorchPolicy

    policy = TorchPolicy(agent)
    for segment in prompt_segments(2, 'Which mark?', ['dots', 'checks'], tools=True):
        if isinstance(segment, ImageSegment):
            view = views[segment.view - 1]
            policy.append_image(view, render_view(view, picture(view.root_image)))
        else:
            policy.append_text(segment.text)
    return policy


def test_control_tokens_are_never_sampled(agent) -> None:
    from imagent_trainer.rollout.prompt import NEVER_SAMPLED
    from imagent_trainer.train.policy import Sampling, TorchPolicy

    ids = {agent.tokenizer.token_to_id(token) for token in NEVER_SAMPLED} - {None}
    assert len(ids) == 9
    sampled: set[int] = set()
    for seed in range(12):
        policy = TorchPolicy(agent, Sampling(temperature=50.0, seed=seed))
        policy.append_text('x')
        sampled |= set(policy.generate(60).token_ids)
    assert len(sampled) > 80
    assert not sampled & ids


def test_sampling_repeats_with_its_seed(agent) -> None:
    from imagent_trainer.train.policy import Sampling, TorchPolicy

    def sample(seed: int) -> list[int]:
        policy = TorchPolicy(agent, Sampling(temperature=2.0, top_p=0.9, seed=seed))
        policy.append_text('x')
        return policy.generate(12).token_ids

    assert sample(1) == sample(1)
    assert sample(1) != sample(2)


def test_the_command_writes_a_line_an_episode(tiny_agent: Path, tmp_path: Path) -> None:
    import json

    from imagent_trainer.train.rollout_cli import main

    images = tmp_path / 'images'
    images.mkdir()
    picture(1).save(images / 'a.png')
    lines = [
        {
            'id': f's{index}',
            'kind': 'read',
            'images': ['images/a.png'],
            'question': 'What?',
            'answers': ['checks'],
        }
        for index in range(3)
    ]
    samples = tmp_path / 'samples.jsonl'
    samples.write_text('\n'.join(map(json.dumps, lines)))
    out = tmp_path / 'out.jsonl'
    assert (
        main(['--model', str(tiny_agent), '--samples', str(samples), '--out', str(out), '--limit', '2']) == 0
    )
    episodes = [json.loads(line) for line in out.read_text().splitlines()]
    assert [episode['id'] for episode in episodes] == ['s0', 's1']
    for episode in episodes:
        assert {'status', 'answer', 'token_ids', 'turns', 'views', 'correct'} <= set(episode)
        sampled = sum(len(turn['token_ids']) for turn in episode['turns'])
        assert 0 < sampled < len(episode['token_ids'])


def test_a_command_on_broken_samples_says_what_is_wrong(
    tiny_agent: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from imagent_trainer.train.rollout_cli import main

    samples = tmp_path / 'samples.jsonl'
    samples.write_text('nonsense\n')
    assert main(['--model', str(tiny_agent), '--samples', str(samples), '--out', str(tmp_path / 'out')]) == 1
    assert 'line 1' in capsys.readouterr().err
