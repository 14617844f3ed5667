"""A corrected trajectory played again from its texts: the tools are run anew, so that its images are real.

Free of torch: the tokenizer comes as a function.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from imagent_trainer.rollout.loop import (
    Append,
    Episode,
    EpisodeInput,
    EpisodeSettings,
    Generated,
    play_episode,
)
from imagent_trainer.rollout.prompt import STOP_STRINGS, ImageSegment

Encode = Callable[[str], list[int]]


@dataclass(frozen=True)
class Replay:
    """`sampled` runs along episode.token_ids: the tokens of the turns, as if the agent had sampled them."""

    episode: Episode
    prompt_length: int
    sampled: list[bool]


def until_stop(text: str) -> str:
    """A turn ends where sampling would have ended it."""
    ends = [at + len(stop) for stop in STOP_STRINGS if (at := text.find(stop)) >= 0]
    return text[: min(ends)] if ends else text


def replay(
    asked: EpisodeInput, settings: EpisodeSettings, turns: Sequence[str], encode: Encode, image_pad: int
) -> Replay:
    """Plays the turns. Where they end before an answer, the episode ends as no_answer."""
    episode = Episode()
    sampled: list[bool] = []
    prompt_length, spoken = 0, 0
    playing = play_episode(asked, settings, episode, lambda: len(episode.token_ids))
    answer: Generated | None = None
    while True:
        try:
            wanted = playing.send(answer)
        except StopIteration:
            break
        answer = None
        if isinstance(wanted, Append):
            for segment in wanted.segments:
                ids = (
                    [image_pad] * episode.views[segment.view - 1].tokens
                    if isinstance(segment, ImageSegment)
                    else encode(segment.text)
                )
                episode.token_ids += ids
                sampled += [False] * len(ids)
            continue
        prompt_length = prompt_length or len(episode.token_ids)
        text = until_stop(turns[spoken]) if spoken < len(turns) else ''
        ids = encode(text)
        spoken += 1
        episode.token_ids += ids
        sampled += [True] * len(ids)
        end = 'max_tokens' if len(ids) > wanted.max_tokens else 'stop_string' if ids else 'eos'
        answer = Generated(text, ids, end, False)
    return Replay(episode, prompt_length or len(episode.token_ids), sampled)
