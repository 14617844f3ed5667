"""Greedy episodes of an agent on questions of the world, and the figures that are quoted from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from imagent_trainer.protocol.agent_folder import AgentSettings
from imagent_trainer.rewards.answer_check import AnswerKind, is_correct
from imagent_trainer.rollout.loop import Episode, EpisodeInput, EpisodeSettings
from imagent_trainer.train.policy import LoadedAgent
from imagent_trainer.train.rollout_engine import EngineSettings, RolloutEngine, RolloutPrompt
from imagent_trainer.world.questions import KINDS, Question
from imagent_trainer.world.scene import render
from imagent_trainer.world.write import question_of

_ROWS = 100


@dataclass(frozen=True)
class Played:
    question: Question
    episode: Episode

    @property
    def right(self) -> bool:
        kind: AnswerKind = self.question.answer_kind  # type: ignore[assignment]
        answer = self.episode.answer if self.episode.status == 'answered' else None
        return answer is not None and is_correct(answer, [self.question.answer], kind)

    @property
    def used_tools(self) -> bool:
        """By a valid call."""
        return bool(self.episode.valid_calls)

    @property
    def looked_back(self) -> bool:
        return any(view.origin == 'look_back' for view in self.episode.views)


def asked_of(question: Question) -> EpisodeInput:
    return EpisodeInput([render(scene) for scene in question.scenes], question.text)


def play_world(
    agent: LoadedAgent, settings: AgentSettings, seed: int, count: int, tools: bool = True
) -> list[Played]:
    """Plays questions 0 to count - 1 of a seed, with the limits that the agent folder sets."""
    engine = RolloutEngine(agent.model, agent.tokenizer, agent.eos, EngineSettings(max_rows=64))
    how = EpisodeSettings(tools, settings.limits, settings.pixels)
    played: list[Played] = []
    for first in range(0, count, _ROWS):
        questions = [question_of(seed, index) for index in range(first, min(count, first + _ROWS))]
        groups = engine.play([RolloutPrompt(asked_of(question), [0]) for question in questions], how)
        played += [Played(q, group[0].episode) for q, group in zip(questions, groups, strict=True)]
    return played


def share(values: Sequence[bool]) -> float:
    return round(sum(values) / len(values), 4) if values else 0.0


def figures(played: Sequence[Played]) -> dict[str, Any]:
    """Shares of all episodes; `tool_rate` counts episodes with a valid call."""
    return {
        'episodes': len(played),
        'accuracy': share([one.right for one in played]),
        'tool_rate': share([one.used_tools for one in played]),
        'look_back_rate': share([one.looked_back for one in played]),
        'answered': share([one.episode.status == 'answered' for one in played]),
        'calls': round(sum(one.episode.calls for one in played) / len(played), 3) if played else 0.0,
        'accuracy_by_kind': {
            kind: share([one.right for one in played if one.question.kind == kind]) for kind in KINDS
        },
        'tool_rate_by_kind': {
            kind: share([one.used_tools for one in played if one.question.kind == kind]) for kind in KINDS
        },
    }
