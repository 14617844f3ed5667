"""The loop over a scripted agent: token limits and the pixels that reach the model. The rest is in episodes.json."""

import pytest
from PIL import Image

from corpora.episode_cases import BOX, Story, look, play, say, zoom
from corpora.scripted import ScriptedPolicy, ScriptedTurn
from imagent_trainer.rollout.limits import Limits, PixelSettings
from imagent_trainer.rollout.loop import Episode, EpisodeInput, EpisodeSettings, run_episode

QUESTION = EpisodeInput([Image.new('RGB', (448, 448))], 'What is on the star?')


def play_with(script: list[ScriptedTurn], limits: Limits) -> tuple[Episode, ScriptedPolicy]:
    policy = ScriptedPolicy(script)
    return run_episode(policy, QUESTION, EpisodeSettings(limits=limits)), policy


def prompt_length() -> int:
    policy = ScriptedPolicy([])
    run_episode(policy, QUESTION, EpisodeSettings(limits=Limits(max_episode_tokens=1)))
    return policy.tokens


def test_a_prompt_that_fills_the_context_is_too_long_before_a_turn() -> None:
    episode, _ = play_with([say('checks')], Limits(max_episode_tokens=prompt_length()))
    assert (episode.status, episode.turns) == ('too_long', [])


def test_a_turn_gets_no_more_tokens_than_the_context_has_left() -> None:
    episode, policy = play_with([say('checks')], Limits(max_episode_tokens=prompt_length() + 5))
    assert episode.status == 'too_long'
    assert episode.turns[0].text == '<thin'
    assert policy.tokens == prompt_length() + 5


def test_a_turn_ends_at_its_own_limit() -> None:
    episode, _ = play_with([say('checks')], Limits(max_tokens_per_turn=10, max_episode_tokens=100_000))
    assert (episode.status, len(episode.turns[0].text)) == ('too_long', 10)


def test_an_image_that_would_not_fit_is_not_appended() -> None:
    call = zoom(1, BOX)
    room = prompt_length() + len(call.text) + 16
    episode, policy = play_with([call, say('checks')], Limits(max_episode_tokens=room))
    assert (episode.status, len(episode.views), len(policy.seen)) == ('too_long', 1, 1)


def test_the_model_gets_every_view_at_the_size_it_is_recorded_with() -> None:
    episode, policy = play(Story('sizes', [zoom(1, [0, 0, 100, 30]), look(2), say('x')], [(1000, 300)]))
    assert policy.seen == [(view.width, view.height) for view in episode.views]
    assert len(policy.seen) == 3


def test_a_zoom_shows_the_pixels_of_the_original_and_not_of_the_small_view() -> None:
    image = Image.new('RGB', (448, 448), 'black')
    image.paste('white', (224, 224, 448, 448))
    seen: list[Image.Image] = []

    class Watching(ScriptedPolicy):
        def append_image(self, view, pixels) -> None:
            seen.append(pixels)
            super().append_image(view, pixels)

    run_episode(
        Watching([zoom(1, [56, 56, 112, 112]), say('x')]), EpisodeInput([image], 'What?'), EpisodeSettings()
    )
    assert seen[1].getcolors() == [(112 * 112, (255, 255, 255))]
    assert len(seen[0].getcolors() or []) > 1


def test_an_image_that_is_too_narrow_is_refused() -> None:
    with pytest.raises(ValueError, match='200'):
        run_episode(
            ScriptedPolicy([]), EpisodeInput([Image.new('RGB', (401, 2))], 'What?'), EpisodeSettings()
        )


def test_crops_may_be_larger_than_inputs() -> None:
    pixels = PixelSettings(min_pixels=3136, max_pixels=1_003_520, crop_min_pixels=200_704)
    settings = EpisodeSettings(limits=Limits(max_episode_tokens=100_000), pixels=pixels)
    episode = run_episode(ScriptedPolicy([zoom(1, [0, 0, 28, 28]), say('x')]), QUESTION, settings)
    assert [(view.width, view.height) for view in episode.views] == [(448, 448), (448, 448)]
