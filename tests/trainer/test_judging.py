"""Which answers of a step a judge sees, and what becomes of its verdicts."""

from collections.abc import Sequence
from pathlib import Path

from imagent_trainer.data.samples import Sample
from imagent_trainer.rewards.judge import Case, Verdict
from imagent_trainer.rewards.judging import judged, open_cases
from imagent_trainer.rollout.loop import Episode
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
