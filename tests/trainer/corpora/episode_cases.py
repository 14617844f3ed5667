"""Cases of tests/fixtures/episodes.json: whole episodes with a scripted agent.

Token limits are left out here, for they count tokens and a script has none; all other ways to end are in.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from corpora.scripted import ScriptedPolicy, ScriptedTurn
from imagent_trainer.rewards.answer_check import is_correct
from imagent_trainer.rewards.reward import EpisodeOutcome, RewardSettings, reward
from imagent_trainer.rollout.limits import Limits
from imagent_trainer.rollout.loop import Episode, EpisodeInput, EpisodeSettings, run_episode


def zoom(image: int, box: Sequence[float], thought: str = 'Closer.') -> ScriptedTurn:
    arguments = f'{{"image": {image}, "bbox_2d": {box}}}'
    call = f'<tool_call>\n{{"name": "zoom_in", "arguments": {arguments}}}\n</tool_call>'
    return ScriptedTurn(f'<think>{thought}</think>\n{call}')


def look(image: int) -> ScriptedTurn:
    call = f'{{"name": "look_back", "arguments": {{"image": {image}}}}}'
    return ScriptedTurn(f'<think>Again.</think>\n<tool_call>\n{call}\n</tool_call>')


def say(answer: str, closes: bool = False) -> ScriptedTurn:
    end = 'eos' if closes else 'stop_string'
    return ScriptedTurn(f'<think>I see.</think>\n<answer>{answer}</answer>', end, closes)


BOX = [4, 8, 36, 40]
BROKEN = ScriptedTurn('<think>Hm.</think>\n<tool_call>oops</tool_call>')
OUTSIDE = zoom(1, [0, 0, 500, 500])
LOOSE = ScriptedTurn('<tool_call>{"name": "look_back", "arguments": {"image": 1}}</tool_call>', 'eos', True)


@dataclass(frozen=True)
class Story:
    name: str
    script: list[ScriptedTurn]
    images: list[tuple[int, int]] = field(default_factory=lambda: [(448, 448)])
    tools: bool = True
    limits: Limits = field(default_factory=Limits)
    choices: list[str] | None = None


STORIES = [
    Story('looks, looks back, answers', [zoom(1, BOX), look(2), say('Checks.')]),
    Story('answers at once', [say('checks')]),
    Story('answers wrongly after a look', [zoom(1, BOX), say('dots')]),
    Story(
        'two images, a crop of a crop', [zoom(2, BOX), zoom(3, BOX), say('checks')], [(448, 448), (640, 400)]
    ),
    Story('answers without tools', [say('checks')], tools=False),
    Story('calls a tool where there is none', [zoom(1, BOX), say('checks')], tools=False),
    Story('answers by a letter', [zoom(1, BOX), say('B')], choices=['dots', 'checks', 'stripes']),
    Story('closes its answer itself', [say('checks', closes=True)]),
    Story('closes its call itself', [LOOSE, say('checks')]),
    Story('says nothing', [ScriptedTurn('<think>Hm.</think>', 'eos', True)]),
    Story('says an empty answer', [say(' ')]),
    Story('an answer that ends with the turn', [ScriptedTurn('<think>x</think><answer>checks', 'eos', True)]),
    Story('is cut', [ScriptedTurn('<think>and then and then', 'max_tokens')]),
    Story('is cut in an answer', [ScriptedTurn('<think>x</think><answer>checks', 'max_tokens')]),
    Story('recovers from a bad call', [BROKEN, zoom(1, BOX), say('checks')]),
    Story('recovers from a box outside', [OUTSIDE, zoom(1, BOX), say('checks')]),
    Story('three bad calls in a row', [BROKEN, OUTSIDE, BROKEN, say('checks')]),
    Story('bad calls that are not in a row', [BROKEN, BROKEN, look(1), BROKEN, BROKEN, say('checks')]),
    Story('one bad call is too many', [BROKEN, say('checks')], limits=Limits(max_bad_calls_in_row=1)),
    Story('too many calls', [look(1)] * 4 + [say('checks')], limits=Limits(max_calls=3)),
    Story('as many calls as allowed', [look(1), look(2), look(3), say('checks')], limits=Limits(max_calls=3)),
    Story('a bad call beyond the last', [look(1), BROKEN, say('checks')], limits=Limits(max_calls=1)),
    Story('no calls allowed', [look(1), say('checks')], limits=Limits(max_calls=0)),
    Story(
        'the same call three times',
        [zoom(1, BOX), zoom(1, BOX), zoom(1, [4.0, 8.0, 36.0, 40.0]), say('checks')],
    ),
    Story(
        'over the pixel budget', [look(1), look(1), say('checks')], limits=Limits(max_episode_pixels=30_000)
    ),
    Story('exactly the pixel budget', [look(1), say('checks')], limits=Limits(max_episode_pixels=25_088)),
    Story('inputs over the pixel budget', [say('checks')], limits=Limits(max_episode_pixels=12_543)),
    Story('never thinks', [LOOSE, ScriptedTurn('<answer>checks</answer>')]),
]


def outcome(story: Story, episode: Episode) -> dict[str, Any]:
    right = episode.answer is not None and is_correct(episode.answer, ['checks'], 'choice', story.choices)
    facts = EpisodeOutcome(
        episode.status == 'answered',
        right,
        len(episode.valid_calls),
        episode.bad_calls,
        episode.thoughts_closed,
    )
    parts = reward(facts, RewardSettings())
    return {
        'status': episode.status,
        'answer': episode.answer,
        'views': [view.to_json() for view in episode.views],
        'turns': [turn.text for turn in episode.turns],
        'calls': episode.calls,
        'badCalls': episode.bad_calls,
        'flags': episode.flags(story.tools),
        'right': right,
        'reward': {
            'accuracy': parts.accuracy,
            'toolFactor': parts.tool_factor,
            'format': parts.format,
            'total': parts.total,
        },
    }


def play(story: Story) -> tuple[Episode, ScriptedPolicy]:
    policy = ScriptedPolicy(story.script)
    asked = EpisodeInput(
        [Image.new('RGB', size) for size in story.images], 'What is on the star?', story.choices
    )
    settings = EpisodeSettings(story.tools, Limits(**{**vars(story.limits), 'max_episode_tokens': 100_000}))
    return run_episode(policy, asked, settings), policy


def case(story: Story) -> dict[str, Any]:
    episode, policy = play(story)
    return {
        'name': story.name,
        'images': [{'width': width, 'height': height} for width, height in story.images],
        'question': 'What is on the star?',
        'choices': story.choices,
        'answers': ['checks'],
        'answerKind': 'choice',
        'tools': story.tools,
        'limits': {
            'maxCalls': story.limits.max_calls,
            'maxBadCallsInRow': story.limits.max_bad_calls_in_row,
            'maxEpisodePixels': story.limits.max_episode_pixels,
        },
        'script': [
            {'text': turn.text, 'end': turn.end, 'endsWithTurnEnd': turn.closes} for turn in story.script
        ],
        'contextText': policy.text,
        'expected': outcome(story, episode),
    }


def cases() -> list[dict[str, Any]]:
    return [case(story) for story in STORIES]
