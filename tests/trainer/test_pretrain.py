"""Training computes what transformers computes, and its sequences are what the agent will read and write."""

import random
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip('torch')
pytestmark = pytest.mark.torch

from imagent_trainer.rollout.parser import Answer, Call, parse_turn  # noqa: E402
from imagent_trainer.rollout.prompt import SYSTEM_WITH_TOOLS  # noqa: E402
from imagent_trainer.train.episodes import Episode, Noise, make_episode  # noqa: E402
from imagent_trainer.train.fast import decoder, normalise, to_patches, vision  # noqa: E402
from imagent_trainer.train.language import collate, predict, store  # noqa: E402
from imagent_trainer.train.model import make_model  # noqa: E402
from imagent_trainer.train.tokenizer import LIMIT, build_tokenizer, special_ids  # noqa: E402
from imagent_trainer.world.questions import KINDS  # noqa: E402
from imagent_trainer.world.scene import VIEW  # noqa: E402

TOKENIZER = build_tokenizer()
QUIET = Noise(jitter=0, miss=0, bad_call=0, spare_look_back=0, no_tools=0)


@pytest.fixture(scope='module')
def model() -> Any:
    return make_model(TOKENIZER.get_vocab_size(), special_ids(TOKENIZER), 0).eval()


def hf_pixels(patches: Any) -> Any:
    """Normalised patches [n,64,588] as the image processor lays them out: both frames of each patch."""
    n = len(patches)
    return patches.view(n, 64, 3, 1, 14, 14).expand(n, 64, 3, 2, 14, 14).reshape(n * 64, -1)


def episode(kind: str, seed: int, noise: Noise = QUIET) -> Episode:
    return make_episode(random.Random(seed), TOKENIZER, {kind: 1.0}, noise)


def decoded(ids: Any) -> str:
    return TOKENIZER.decode([int(i) for i in ids], skip_special_tokens=False)


def learned_turns(sequence: Episode) -> list[str]:
    """The runs of text under the loss."""
    turns: list[list[int]] = []
    before = False
    for token, loss in zip(sequence.ids, sequence.loss, strict=True):
        if loss and not before:
            turns.append([])
        if loss:
            turns[-1].append(int(token))
        before = bool(loss)
    return [decoded(turn) for turn in turns]


def test_tower_features_equal_those_of_transformers(model: Any) -> None:
    patches = normalise(torch.from_numpy(episode('which', 1).patches[:2]))
    with torch.no_grad():
        theirs = model.model.visual(hf_pixels(patches), torch.tensor([[1, 8, 8]] * 2))
        theirs = getattr(theirs, 'pooler_output', theirs)
        theirs = theirs if torch.is_tensor(theirs) else torch.cat(list(theirs))
        ours = vision(model.model.visual, patches).flatten(0, 1)
    assert (ours - theirs).abs().max() < 1e-5


@pytest.mark.parametrize('kind', KINDS)
def test_logits_and_positions_equal_those_of_transformers(model: Any, kind: str) -> None:
    sequence = episode(kind, 4, Noise(miss=0.5, bad_call=0.5, no_tools=0))
    patches = torch.from_numpy(sequence.patches)
    batch, features = collate([store(model.model.visual, [sequence])], [(0, 0)])
    shown = [s // 16 for s in sequence.slots if s >= 0 and s % 16 == 0]
    pixels = hf_pixels(normalise(patches)).view(len(patches), 64, -1)
    ids = torch.from_numpy(sequence.ids).long()[None]
    with torch.no_grad():
        ours, _, _ = predict(model, batch, features)
        theirs = model(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            pixel_values=pixels[shown].flatten(0, 1),
            image_grid_thw=torch.tensor([[1, 8, 8]] * len(shown)),
            mm_token_type_ids=(ids == TOKENIZER.token_to_id('<|image_pad|>')).long(),
        ).logits[0, :-1][torch.from_numpy(sequence.loss[1:])]
    assert (ours - theirs).abs().max() < 1e-4


def test_patches_equal_those_of_the_image_processor() -> None:
    from transformers import Qwen2VLImageProcessor

    view = np.random.default_rng(0).integers(0, 256, (VIEW, VIEW, 3), np.uint8)
    processor = Qwen2VLImageProcessor(min_pixels=VIEW * VIEW, max_pixels=VIEW * VIEW)
    theirs = processor(images=[view], return_tensors='pt')['pixel_values']
    ours = hf_pixels(normalise(torch.from_numpy(to_patches(view))[None]))
    assert (ours - theirs).abs().max() < 1e-5


@pytest.mark.parametrize('kind', KINDS)
def test_a_quiet_episode_is_calls_and_then_the_answer(kind: str) -> None:
    for seed in range(10):
        turns = [parse_turn(t.removesuffix('<|im_end|>')) for t in learned_turns(episode(kind, seed))]
        assert isinstance(turns[-1], Answer)
        assert all(isinstance(turn, Call) for turn in turns[:-1])
        assert len(turns) >= 2


def test_wrong_calls_are_never_under_the_loss() -> None:
    always = Noise(jitter=0, miss=1, miss_again=0, bad_call=1, spare_look_back=1, no_tools=0)
    clean = [len(learned_turns(episode('read', seed))) for seed in range(10)]
    for seed in range(10):
        noisy = episode('read', seed, always)
        assert 'Error: ' in decoded(noisy.ids)
        calls = [t for t in learned_turns(noisy) if 'bbox_2d' in t]
        assert len(calls) == 1
    assert set(clean) == {2}


def test_without_tools_the_agent_answers_at_once() -> None:
    sequence = episode('compare', 3, Noise(no_tools=1))
    text = decoded(sequence.ids)
    assert SYSTEM_WITH_TOOLS not in text
    assert isinstance(parse_turn(learned_turns(sequence)[0].removesuffix('<|im_end|>')), Answer)


def test_the_vocabulary_is_small_and_numbers_are_single_tokens() -> None:
    assert TOKENIZER.get_vocab_size() <= LIMIT
    for number in range(VIEW + 1):
        assert TOKENIZER.token_to_id(str(number)) is not None
    for text in ('Hällo wörld 😀', 'tabs\tand  spaces\n\n', SYSTEM_WITH_TOOLS):
        ids = TOKENIZER.encode(text, add_special_tokens=False).ids
        assert TOKENIZER.decode(ids, skip_special_tokens=False) == text


def test_the_decoder_is_causal_under_padding(model: Any) -> None:
    language = model.model.language_model
    embeds = torch.randn(1, 12, language.config.hidden_size)
    positions = torch.arange(12).expand(3, 1, 12)
    with torch.no_grad():
        whole, _ = decoder(language, embeds, positions)
        part, _ = decoder(language, embeds[:, :7], positions[:, :, :7])
    assert (whole[:, :7] - part).abs().max() < 1e-5
