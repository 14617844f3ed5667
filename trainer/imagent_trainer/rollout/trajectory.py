"""A played episode as the trainer takes it: its tokens, and which of them the agent sampled.

Free of torch: masks, rewards, records and tests work on it, whoever played it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from imagent_trainer.rollout.loop import Episode

SegmentKind = Literal['prompt', 'turn', 'tool_result']
Mark = Literal['good', 'bad']


@dataclass(frozen=True)
class TokenSegment:
    """Consecutive tokens of the context. `view`: the 1-based number of the view whose image tokens these are.

    `turn` (0-based): the turn that they are, or that they follow; None in the prompt.
    """

    kind: SegmentKind
    tokens: int
    view: int | None
    turn: int | None


@dataclass(frozen=True)
class Trajectory:
    """One rollout or demonstration. `sampled` and `logprobs` run along episode.token_ids.

    A demonstration has no `logprobs`; its `sampled` tokens are those of its turns. `marks`: one a turn, by reviewers.
    """

    sample_id: str
    seed: int
    episode: Episode
    prompt_length: int
    sampled: Sequence[bool]
    logprobs: Sequence[float] | None
    image_pad: int
    with_tools: bool = True
    demonstration_id: str | None = None
    marks: Sequence[Mark | None] = ()
    error: str | None = None
    seconds: float = 0.0

    @property
    def token_ids(self) -> list[int]:
        return self.episode.token_ids

    @property
    def segments(self) -> list[TokenSegment]:
        views = [view.tokens for view in self.episode.views]
        return token_segments(self.token_ids, self.sampled, self.prompt_length, self.image_pad, views)


def token_segments(
    token_ids: Sequence[int],
    sampled: Sequence[bool],
    prompt_length: int,
    image_pad: int,
    view_tokens: Sequence[int],
) -> list[TokenSegment]:
    """The context cut where its source changes. ValueError when its image tokens are not those of its views.

    A context may hold fewer views than the episode has: what would not fit was not appended.
    """
    segments: list[TokenSegment] = []
    turn, views, at = -1, 0, 0
    while at < len(token_ids):
        own = sampled[at]
        image = not own and token_ids[at] == image_pad
        if image:
            if views >= len(view_tokens):
                raise ValueError('the context has more image tokens than its views')
            end = at + view_tokens[views]
            views += 1
            if any(token != image_pad for token in token_ids[at:end]) or end > len(token_ids):
                raise ValueError(f'the context does not hold view {views} whole')
        else:
            end = at + 1
            while (
                end < len(token_ids)
                and sampled[end] == own
                and (own or (token_ids[end] != image_pad and end != prompt_length))
            ):
                end += 1
        turn += own
        kind: SegmentKind = 'turn' if own else 'prompt' if at < prompt_length else 'tool_result'
        segments.append(
            TokenSegment(kind, end - at, views if image else None, None if kind == 'prompt' else turn)
        )
        at = end
    return segments
