"""`compute_score` for verl's `reward.custom_reward_function`: the reward of the app, part by part."""

from collections.abc import Mapping
from typing import Any

from imagent_trainer.rewards.answer_check import DEFAULT_TOLERANCE, is_correct
from imagent_trainer.rewards.reward import EpisodeOutcome, reward
from imagent_trainer.rollout.parser import Answer, parse_turn
from imagent_trainer.verl.facts import KEY
from imagent_trainer.verl.settings import bundle_settings


def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: str,
    extra_info: Mapping[str, Any] | None = None,
    **_: Any,
) -> dict[str, float]:
    """Score and parts of a rollout. Without the facts of our loop only the answer counts."""
    info = extra_info or {}
    facts: Mapping[str, Any] = info.get(KEY) or facts_of_text(solution_str)
    answers = [str(one) for one in info.get('answers', [])] or [ground_truth]
    choices = [str(one) for one in info.get('choices', [])] or None
    answer = facts['answer']
    tolerance = info.get('tolerance')
    correct = answer is not None and is_correct(
        answer,
        answers,
        info.get('answer_kind', 'text'),
        choices,
        DEFAULT_TOLERANCE if tolerance is None else float(tolerance),
    )
    parts = reward(
        EpisodeOutcome(
            answered=facts['status'] == 'answered',
            correct=correct,
            valid_calls=facts['valid_calls'],
            bad_calls=facts['bad_calls'],
            thoughts_closed=facts['thoughts_closed'],
        ),
        bundle_settings().reward,
    )
    return {
        'score': parts.total,
        'accuracy': parts.accuracy,
        'tool_factor': parts.tool_factor,
        'format': parts.format,
        'valid_calls': float(facts['valid_calls']),
    }


def facts_of_text(text: str) -> dict[str, Any]:
    """The last turn alone: verl hands over the text without its special tokens."""
    parsed = parse_turn(text[max(0, text.rfind('<think>')) :])
    answer = parsed.answer if isinstance(parsed, Answer) else None
    return {
        'status': 'no_answer' if answer is None else 'answered',
        'answer': answer,
        'valid_calls': 0,
        'bad_calls': 0,
        'thoughts_closed': True,
    }
