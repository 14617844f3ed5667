"""The batched engine against the reference loop: same tokens, same statuses, log-probabilities of the plain model."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from imagent_trainer.protocol.agent_folder import read_agent_settings
from imagent_trainer.rollout.limits import Limits, PixelSettings
from imagent_trainer.rollout.loop import EpisodeInput, EpisodeSettings, run_episode
from imagent_trainer.rollout.views import render_view
from imagent_trainer.world.scene import render
from imagent_trainer.world.write import question_of
from tiny_agent import build_tiny_agent

pytestmark = pytest.mark.torch

DEMO = Path(__file__).resolve().parents[2] / 'assets' / 'demo-agent'


@pytest.fixture(scope='module')
def demo() -> Any:
    from imagent_trainer.train.policy import load_agent

    return load_agent(DEMO)


@pytest.fixture(scope='module')
def random_agent(tmp_path_factory: pytest.TempPathFactory) -> Any:
    from imagent_trainer.train.policy import load_agent

    return load_agent(build_tiny_agent(tmp_path_factory.mktemp('random') / 'agent'))


def demo_settings() -> EpisodeSettings:
    found = read_agent_settings(DEMO)
    return EpisodeSettings(True, found.limits, found.pixels)


def questions(count: int) -> list[EpisodeInput]:
    asked = [question_of(5150, index) for index in range(count)]
    return [EpisodeInput([render(scene) for scene in q.scenes], q.text) for q in asked]


def engine_of(agent: Any, **settings: Any) -> Any:
    from imagent_trainer.train.rollout_engine import EngineSettings, RolloutEngine

    return RolloutEngine(agent.model, agent.tokenizer, agent.eos, EngineSettings(**settings))


def prompts(asked: list[EpisodeInput], seeds: list[int]) -> Any:
    from imagent_trainer.train.rollout_engine import RolloutPrompt

    return [RolloutPrompt(one, seeds) for one in asked]


def sampling(temperature: float = 1.0, top_p: float = 1.0) -> Any:
    from imagent_trainer.train.policy import Sampling

    return Sampling(temperature, top_p)


def picture(seed: int, width: int, height: int) -> Image.Image:
    levels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(levels)


ODD_SIZES = [
    EpisodeInput([picture(1, 300, 90), picture(2, 70, 210)], 'Which?', ['dots', 'checks']),
    EpisodeInput([picture(3, 513, 257)], 'What?'),
    EpisodeInput([picture(4, 40, 40), picture(5, 640, 200), picture(6, 90, 300)], 'Where?'),
]
ODD = EpisodeSettings(True, Limits(max_tokens_per_turn=24), PixelSettings(3136, 100_352, 12_544))


def full_forward_logprobs(agent: Any, rollout: Any, asked: EpisodeInput, temperature: float = 1.0) -> Any:
    """Log-probabilities of all tokens but the first, from one plain pass of transformers over the whole episode."""
    import torch

    from imagent_trainer.rollout.preprocess import grid, patches

    pixels = [render_view(view, asked.images[view.root_image]) for view in rollout.episode.views]
    ids = torch.tensor([rollout.episode.token_ids])
    agent.model.model.rope_deltas = None
    with torch.no_grad():
        logits = agent.model(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            mm_token_type_ids=(ids == agent.image_pad).int(),
            pixel_values=torch.from_numpy(np.concatenate([patches(image) for image in pixels])),
            image_grid_thw=torch.tensor([grid(image) for image in pixels]),
        ).logits[0, :-1]
    return (logits.float() / temperature).log_softmax(-1).gather(-1, ids[0, 1:, None])[:, 0]


def test_greedy_episodes_equal_the_reference_loop_on_50_samples(demo: Any) -> None:
    from imagent_trainer.train.policy import TorchPolicy

    asked = questions(50)
    found = engine_of(demo, max_rows=32).play(prompts(asked, [0]), demo_settings())
    calls = 0
    for one, (rollout,) in zip(asked, found, strict=True):
        wanted = run_episode(TorchPolicy(demo), one, demo_settings())
        assert rollout.episode.to_json() == wanted.to_json()
        assert rollout.episode.valid_calls == wanted.valid_calls
        calls += wanted.calls
    assert calls > 50


def test_sampled_rows_do_not_depend_on_what_else_is_played(demo: Any) -> None:
    asked = questions(6)
    seeds = [11, 12, 13]
    together = engine_of(demo, max_rows=7, max_new=600).play(
        prompts(asked, seeds), demo_settings(), sampling()
    )
    alone = engine_of(demo, max_rows=1)
    different = set()
    for index, one in enumerate(asked):
        for member, seed in enumerate(seeds):
            ((wanted,),) = alone.play(prompts([one], [seed]), demo_settings(), sampling())
            rollout = together[index][member]
            assert rollout.episode.token_ids == wanted.episode.token_ids
            assert rollout.seed == seed
            assert rollout.logprobs == pytest.approx(wanted.logprobs, abs=1e-4)
            different.add(tuple(rollout.episode.token_ids))
    assert len(different) > len(asked)


@pytest.mark.parametrize('temperature', [0.0, 0.7])
def test_logprobs_equal_a_plain_full_forward(demo: Any, temperature: float) -> None:
    asked = questions(8)
    found = engine_of(demo).play(prompts(asked, [3, 4]), demo_settings(), sampling(temperature))
    compared = 0
    for one, group in zip(asked, found, strict=True):
        for rollout in group:
            wanted = full_forward_logprobs(demo, rollout, one, temperature or 1.0)
            for index, (mine, logprob) in enumerate(zip(rollout.sampled, rollout.logprobs, strict=True)):
                if mine:
                    assert logprob == pytest.approx(float(wanted[index - 1]), abs=1e-4)
                    compared += 1
                else:
                    assert logprob == 0
    assert compared > 500


def test_the_marks_of_sampled_tokens_are_exactly_the_turns(demo: Any) -> None:
    ((rollout,),) = engine_of(demo).play(prompts(questions(1), [1]), demo_settings(), sampling())
    ids, marks = rollout.episode.token_ids, rollout.sampled
    sampled = [token for token, mark in zip(ids, marks, strict=True) if mark]
    assert sampled == [token for turn in rollout.episode.turns for token in turn.token_ids]
    assert not any(marks[: rollout.prompt_length])
    assert marks[rollout.prompt_length]


def test_images_of_any_size_equal_the_reference_loop(random_agent: Any) -> None:
    from imagent_trainer.train.policy import TorchPolicy

    found = engine_of(random_agent, max_new=100, max_patches=300).play(prompts(ODD_SIZES, [0, 1]), ODD)
    sizes = set()
    for one, group in zip(ODD_SIZES, found, strict=True):
        wanted = run_episode(TorchPolicy(random_agent), one, ODD)
        for rollout in group:
            assert rollout.episode.to_json() == wanted.to_json()
        sizes |= {(view.width, view.height) for view in wanted.views}
    assert len(sizes) == 6


def test_a_prompt_is_read_once_a_group_and_a_result_once_a_call(
    demo: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted in the language model itself. A cache that forgot a turn, or members that do not share, read more."""
    from imagent_trainer.train import rollout_engine

    engine = engine_of(demo, max_rows=8)
    forward = rollout_engine._Play._forward
    read: list[int] = []

    def count(self: Any, embeds: Any, positions: Any, mask: Any) -> Any:
        read.append(embeds.shape[0] * embeds.shape[1])
        return forward(self, embeds, positions, mask)

    monkeypatch.setattr(rollout_engine._Play, '_forward', count)
    asked = questions(6)
    alone = 0
    for one in asked:
        read.clear()
        ((rollout,),) = engine.play(prompts([one], [0]), demo_settings())
        # Every token but the last that was sampled, each once.
        assert sum(read) == len(rollout.episode.token_ids) - 1
        assert max(read) < len(rollout.episode.token_ids)
        assert read[0] == rollout.prompt_length
        alone += rollout.episode.calls
    assert alone > 6
    read.clear()
    (members,) = engine.play(prompts(asked[:1], [0] * 5), demo_settings())
    prompt = members[0].prompt_length
    assert read[0] == prompt
    # Greedy members do the same: five rows after a prompt that is read once.
    assert sum(read) == prompt + 5 * (len(members[0].episode.token_ids) - prompt - 1)


def test_members_share_the_features_of_their_images(random_agent: Any) -> None:
    engine = engine_of(random_agent)
    engine.play(prompts(ODD_SIZES, [0, 1, 2, 3]), ODD, sampling())
    first = engine.views_computed
    assert first >= 6
    assert first < 4 * 6
    for parameter in random_agent.model.model.visual.parameters():
        parameter.requires_grad_(False)
    engine.play(prompts(ODD_SIZES, [0]), ODD)
    before = engine.views_computed
    engine.play(prompts(ODD_SIZES, [0]), ODD)
    assert engine.views_computed == before
    for parameter in random_agent.model.model.visual.parameters():
        parameter.requires_grad_(True)
    engine.play(prompts(ODD_SIZES, [0]), ODD)
    assert engine.views_computed > before, 'a tower that trains gives other features each time'


def test_control_tokens_are_never_sampled(random_agent: Any) -> None:
    from imagent_trainer.rollout.prompt import NEVER_SAMPLED

    ids = {random_agent.tokenizer.token_to_id(token) for token in NEVER_SAMPLED} - {None}
    found = engine_of(random_agent).play(prompts(ODD_SIZES, list(range(20))), ODD, sampling(50.0))
    rollouts = [rollout for group in found for rollout in group]
    sampled = {token for r in rollouts for turn in r.episode.turns for token in turn.token_ids}
    assert len(sampled) > 200
    assert not sampled & ids
    assert {r.episode.status for r in rollouts} >= {'too_long', 'no_answer'}


def test_top_p_keeps_the_head(random_agent: Any) -> None:
    greedy = engine_of(random_agent).play(prompts(ODD_SIZES, [0]), ODD)
    narrow = engine_of(random_agent).play(prompts(ODD_SIZES, [0]), ODD, sampling(1.0, 1e-9))
    assert [g[0].episode.token_ids for g in narrow] == [g[0].episode.token_ids for g in greedy]


def test_limits_end_rows_before_anything_is_sampled(random_agent: Any) -> None:
    pixels = replace(ODD, limits=Limits(max_episode_pixels=10_000))
    tokens = replace(ODD, limits=Limits(max_episode_tokens=50))
    ((over,), *_) = engine_of(random_agent).play(prompts(ODD_SIZES, [0]), pixels)
    ((long,), *_) = engine_of(random_agent).play(prompts(ODD_SIZES, [0]), tokens)
    assert (over.episode.status, over.episode.token_ids) == ('over_budget', [])
    assert (long.episode.status, any(long.sampled)) == ('too_long', False)
    assert len(long.episode.token_ids) > 50


def test_an_image_that_cannot_be_shown_fails_its_own_rows_only(random_agent: Any) -> None:
    narrow = EpisodeInput([picture(1, 2, 500)], 'What?')
    found = engine_of(random_agent).play(prompts([narrow, ODD_SIZES[1]], [0, 1]), ODD)
    assert [r.episode.status for r in found[0]] == ['failed', 'failed']
    assert '200 times' in (found[0][0].error or '')
    assert all(any(r.sampled) and r.error is None for r in found[1])


def test_cancelling_stops_between_tokens_and_keeps_what_there_is(demo: Any) -> None:
    from imagent_trainer.train.rollout_engine import Hooks, Progress

    seen: list[Progress] = []
    ended: list[tuple[int, int]] = []
    hooks = Hooks(
        progress=seen.append,
        cancelled=lambda: bool(seen) and seen[-1].tokens >= 60,
        ended=lambda prompt, member, _: ended.append((prompt, member)),
    )
    found = engine_of(demo, max_rows=4).play(
        prompts(questions(3), [0, 1]), demo_settings(), sampling(), hooks
    )
    rollouts = [rollout for group in found for rollout in group]
    assert len(rollouts) == len(ended) == 6
    stopped = [r for r in rollouts if r.episode.status == 'stopped']
    assert len(stopped) >= 5
    assert any(any(r.sampled) for r in stopped)
    assert sum(sum(r.sampled) for r in rollouts) == seen[-1].tokens < 60 + 4


def test_turns_are_told_as_they_end(demo: Any) -> None:
    from imagent_trainer.train.rollout_engine import Hooks

    turns: list[tuple[int, int]] = []
    hooks = Hooks(turn=lambda prompt, _, episode: turns.append((prompt, len(episode.turns))))
    found = engine_of(demo).play(prompts(questions(4), [0]), demo_settings(), hooks=hooks)
    for index, (rollout,) in enumerate(found):
        told = [count for prompt, count in turns if prompt == index]
        assert told == list(range(1, len(rollout.episode.turns) + 1))


def test_adapters_are_active_and_the_mode_is_put_back(demo: Any) -> None:
    import torch
    from peft import LoraConfig, get_peft_model

    from imagent_trainer.train.policy import TorchPolicy, load_agent
    from imagent_trainer.train.rollout_engine import RolloutEngine

    agent = load_agent(DEMO)
    config = LoraConfig(r=4, lora_dropout=0.5, target_modules=r'.*(q_proj|v_proj|down_proj|qkv)')
    model = get_peft_model(agent.model, config)
    torch.manual_seed(0)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if 'lora_B' in name:
                parameter.normal_(std=0.2)
    model.train()
    modes = [module.training for module in model.modules()]
    implementation = agent.model.model.language_model.config._attn_implementation
    asked = questions(6)
    found = RolloutEngine(model, agent.tokenizer, agent.eos).play(prompts(asked, [0]), demo_settings())
    assert [module.training for module in model.modules()] == modes
    assert agent.model.model.language_model.config._attn_implementation == implementation
    plain = engine_of(demo).play(prompts(asked, [0]), demo_settings())
    assert [g[0].episode.token_ids for g in found] != [g[0].episode.token_ids for g in plain]
    merged = replace(agent, model=model.merge_and_unload().eval())
    for one, (rollout,) in zip(asked, found, strict=True):
        wanted = run_episode(TorchPolicy(merged), one, demo_settings())
        assert rollout.episode.token_ids == wanted.token_ids


def test_half_precision_plays_and_agrees_with_its_own_full_forward(random_agent: Any) -> None:

    from imagent_trainer.train.policy import load_agent

    agent = load_agent(DEMO)
    agent.model.bfloat16()
    asked = questions(4)
    found = engine_of(agent).play(prompts(asked, [5]), demo_settings(), sampling())
    gaps = []
    for one, (rollout,) in zip(asked, found, strict=True):
        wanted = full_forward_logprobs(agent, rollout, one)
        gaps += [
            abs(logprob - float(wanted[index - 1]))
            for index, (mine, logprob) in enumerate(zip(rollout.sampled, rollout.logprobs, strict=True))
            if mine
        ]
    assert len(gaps) > 80
    assert float(np.mean(gaps)) < 0.05


@pytest.mark.parametrize('length', [1, 63, 64])
def test_a_row_moves_whole_also_when_its_buffer_is_full(length: int) -> None:
    import torch

    from imagent_trainer.train.row_cache import RowCache

    cache = RowCache(layers=1, slots=3)
    cache.begin([0, 1], length, torch.device('cpu'))
    values = torch.randn(2, 2, length, 4)
    cache.update(values, -values, 0)
    cache.advance(0, length)
    cache.advance(1, length)
    cache.copy(1, [0, 2])
    assert cache.lengths == [length] * 3
    cache.begin([0, 1, 2], 1, torch.device('cpu'))
    keys, kept = cache.update(torch.zeros(3, 2, 1, 4), torch.zeros(3, 2, 1, 4), 0)
    for slot in range(3):
        assert torch.equal(keys[slot, :, :length], values[1])
        assert torch.equal(kept[slot, :, :length], -values[1])
