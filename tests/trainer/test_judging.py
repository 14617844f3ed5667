"""Which answers of a step a judge sees, and what becomes of its verdicts."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from test_judge import StandIn, says, stand_in

from imagent_trainer.data.samples import Sample
from imagent_trainer.rewards.judge import Case, Verdict
from imagent_trainer.rewards.judging import judged, open_cases
from imagent_trainer.rewards.score import Score, is_right
from imagent_trainer.rollout.loop import Episode, Generated
from imagent_trainer.rollout.status import Status

SAMPLE = Sample('s', 'read', (Path('a.png'),), 'What?', None, ('dark blue',), 'text')


def episode(answer: str | None, status: Status = 'answered') -> Episode:
    return Episode(status=status, answer=answer)


class Scripted:
    def __init__(self, **verdicts: Verdict) -> None:
        self.known = verdicts
        self.cases: list[Case] = []

    def verdicts(self, cases: Sequence[Case]) -> list[Verdict]:
        self.cases += cases
        return [self.known[case.answer] for case in cases]


def test_the_judge_sees_only_answers_that_the_rules_find_wrong_and_each_once() -> None:
    played = [
        (SAMPLE, episode('Dark blue.')),
        (SAMPLE, episode('navy')),
        (SAMPLE, episode('navy')),
        (SAMPLE, episode('red')),
        (SAMPLE, episode('azure', 'too_long')),
        (SAMPLE, episode(None, 'no_answer')),
    ]
    assert [case.answer for case in open_cases(played)] == ['navy', 'red']


def test_a_verdict_is_given_out_again_and_what_failed_is_unscored() -> None:
    judge = Scripted(
        navy=Verdict(True), red=Verdict(False), azure=Verdict(None, 'gone'), teal=Verdict(None, 'gone')
    )
    problems: list[str] = []
    answers = ['navy', 'red', 'azure', 'teal', 'navy']
    decide = judged([(SAMPLE, episode(answer)) for answer in answers], judge, problems.append)
    found = [decide(SAMPLE.question, SAMPLE.answers, answer) for answer in answers]
    assert found == [True, False, None, None, True]
    assert len(judge.cases) == 4
    assert problems == ['gone']
    assert decide('another question', SAMPLE.answers, 'navy') is None


def test_kinds_that_are_not_the_judges_are_left_to_the_rules() -> None:
    counted = replace(SAMPLE, question='How many?', answers=('3',), answer_kind='number')
    judge = Scripted(navy=Verdict(True))
    decide = judged([(SAMPLE, episode('navy')), (counted, episode('some'))], judge, kinds=('text', 'set'))
    assert [case.answer for case in judge.cases] == ['navy']
    assert is_right(SAMPLE, 'navy', decide) is True
    assert is_right(counted, 'some', decide) is False
    assert is_right(counted, '3.0', decide) is True


def scored(server: StandIn, *answers: str) -> tuple[list[Any], list[str]]:
    """Members with these answers, scored as a step does it, with the judge that config.json names."""
    from imagent_trainer.protocol.config import read_config
    from imagent_trainer.rollout.record import Place
    from imagent_trainer.rollout.trajectory import Trajectory
    from imagent_trainer.train.grpo.plan import Slot
    from imagent_trainer.train.grpo.scoring import Scorer

    judge = {'base_url': server.base_url, 'model': 'm', 'max_retries': 0}
    config = read_config(
        {'format': 1, 'run_id': 'run_' + 'a' * 24, 'created_at': 0, 'agent_folder': '/a', 'judge': judge}
    )
    played = [episode(answer) for answer in answers]
    for one in played:
        one.turns = [Generated('<think>t</think>', [1], 'eos', True)]
    slots = [Slot(Place(1, 0, index), SAMPLE, 0, None) for index in range(len(answers))]
    problems: list[str] = []
    trajectories = [Trajectory('s', 0, one, 0, [], [], 0) for one in played]
    return Scorer(config, {}).score_all(slots, trajectories, problems.append), problems


@pytest.mark.torch
def test_a_step_asks_the_judge_of_its_configuration() -> None:
    def reply(body: dict[str, Any]) -> tuple[int, bytes]:
        return says('1' if 'navy' in body['messages'][-1]['content'] else '0')

    with stand_in(reply) as server:
        found, problems = scored(server, 'dark blue', 'navy', 'red', 'navy')
    assert [one.score.correct for one in found] == [True, True, False, True]
    assert len(server.bodies) == 2
    assert problems == []


@pytest.mark.torch
def test_a_judge_that_cannot_be_asked_masks_and_makes_nothing_wrong() -> None:
    with stand_in(lambda _: (500, b'')) as server:
        found, problems = scored(server, 'dark blue', 'navy')
    assert found[0].score.correct is True
    assert found[1].score is None
    assert (found[1].decision.dropped, found[1].decision.reason) == (True, 'unscored')
    assert found[1].member.reward is None
    assert len(problems) == 1


def facts(answer_kind: str, correct: bool | None) -> Any:
    from imagent_trainer.train.grpo.metrics import Facts

    found = None if correct is None else Score(correct, float(correct), 1.0, 1.0, None, float(correct))
    counts = (0, 0, 0, 0, 1, 1, 1, 0.0)
    return Facts(
        False, 'read', answer_kind, 'answered', (), *counts, 'unscored' if found is None else None, found
    )


@pytest.mark.torch
def test_a_judge_is_silent_where_it_was_needed_whatever_the_rules_found_in_other_kinds() -> None:
    from imagent_trainer.train.grpo.metrics import judge_is_silent

    ours = ('text', 'set')
    assert judge_is_silent([facts('text', None), facts('number', False)], ours) is True
    assert judge_is_silent([facts('text', None), facts('text', False)], ours) is False
    assert judge_is_silent([facts('text', True), facts('number', False)], ours) is None
