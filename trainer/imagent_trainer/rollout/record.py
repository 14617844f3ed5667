"""A trajectory as the line of a rollout file (shared/trainer-protocol/rollout.ts)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from imagent_trainer.rollout.limits import PixelSettings
from imagent_trainer.rollout.masks import MaskDecision
from imagent_trainer.rollout.parser import Answer, BadCall, Call, Nothing, parse_turn
from imagent_trainer.rollout.strict_json import well_formed
from imagent_trainer.rollout.tools import ToolError, run_tool
from imagent_trainer.rollout.trajectory import Trajectory
from imagent_trainer.rollout.views import View


@dataclass(frozen=True)
class Place:
    """Where in a run a rollout is: step (from 1), group in the step, index in the group (both from 0)."""

    step: int
    group: int
    index: int

    @property
    def id(self) -> str:
        return f's{self.step}-g{self.group}-i{self.index}'


@dataclass(frozen=True)
class Verdict:
    """What a rollout was worth. `reward` holds the parts and the total by name; None: nobody could score it."""

    correct: bool | None
    reward: dict[str, float | None] | None
    advantage: float
    mask: MaskDecision


def view_json(view: View) -> dict[str, Any]:
    return {
        'number': view.number,
        'origin': view.origin,
        'parent': view.parent,
        'root_image': view.root_image,
        'root_box': list(view.root_box),
        'width': view.width,
        'height': view.height,
    }


def action_json(
    text: str, views: Sequence[View], pixels: PixelSettings, tools: bool
) -> tuple[dict[str, Any], bool]:
    """(what a turn did against the views of its time, whether it was a valid call)."""
    match parse_turn(text):
        case Answer(answer=answer):
            return {'kind': 'answer', 'answer': well_formed(answer)}, False
        case Nothing():
            return {'kind': 'nothing'}, False
        case BadCall(error=error):
            return {'kind': 'bad_call', 'error': error, 'name': None, 'arguments': None}, False
        case Call(name=name, arguments=arguments):
            result = run_tool(name, arguments, views, pixels, tools)
            if isinstance(result, ToolError):
                bad = {'kind': 'bad_call', 'error': result.text, 'name': well_formed(name)}
                return {**bad, 'arguments': dict(arguments)}, False
            if result.origin == 'look_back':
                return {'kind': 'look_back', 'image': result.parent}, True
            return {
                'kind': 'zoom_in',
                'image': result.parent,
                'view_box': list(arguments['bbox_2d']),
                'root_box': list(result.root_box),
                'root_image': result.root_image,
            }, True


def turns_json(trajectory: Trajectory, pixels: PixelSettings) -> list[dict[str, Any]]:
    """Turns with their actions: the episode's texts are read again, against the views that were there."""
    episode = trajectory.episode
    known = sum(view.origin == 'input' for view in episode.views)
    starts = turn_starts(trajectory)
    found = []
    for index, turn in enumerate(episode.turns):
        action, valid = action_json(turn.text, episode.views[:known], pixels, trajectory.with_tools)
        brought = valid and known < len(episode.views)
        known += brought
        logprobs = trajectory.logprobs
        start = starts[index] if index < len(starts) else 0
        found.append(
            {
                'text': well_formed(turn.text),
                'token_ids': list(turn.token_ids),
                'logprobs': None if logprobs is None else list(logprobs[start : start + len(turn.token_ids)]),
                'end': turn.end,
                'action': action,
                'result_view': known if brought else None,
                'mark': trajectory.marks[index] if index < len(trajectory.marks) else None,
            }
        )
    return found


def turn_starts(trajectory: Trajectory) -> list[int]:
    """Where in the context each turn begins."""
    sampled = trajectory.sampled
    return [at for at, own in enumerate(sampled) if own and (at == 0 or not sampled[at - 1])]


def rollout_json(
    trajectory: Trajectory, place: Place, verdict: Verdict, pixels: PixelSettings
) -> dict[str, Any]:
    """The whole line."""
    episode = trajectory.episode
    return {
        'id': place.id,
        'step': place.step,
        'group': place.group,
        'index': place.index,
        'sample_id': trajectory.sample_id,
        'seed': trajectory.seed,
        'with_tools': trajectory.with_tools,
        'status': episode.status,
        'answer': None if episode.answer is None else well_formed(episode.answer),
        'correct': verdict.correct,
        'flags': episode.flags(trajectory.with_tools),
        'views': [view_json(view) for view in episode.views],
        'segments': [
            {'kind': one.kind, 'tokens': one.tokens, 'view': one.view, 'turn': one.turn}
            for one in trajectory.segments
        ],
        'turns': turns_json(trajectory, pixels),
        'prompt_ids': trajectory.token_ids[: trajectory.prompt_length],
        'reward': verdict.reward,
        'advantage': verdict.advantage,
        'mask': {'dropped': verdict.mask.dropped, 'reason': verdict.mask.reason},
        'demonstration_id': trajectory.demonstration_id,
        'seconds': trajectory.seconds,
    }
