"""Asks a judge about all answers of a step at once, and then answers for it one by one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from imagent_trainer.data.samples import KINDS, Sample
from imagent_trainer.rewards.answer_check import AnswerKind
from imagent_trainer.rewards.judge import Case, Verdict
from imagent_trainer.rollout.loop import Episode


class Verdicts(Protocol):
    """What is needed of a judge."""

    def verdicts(self, cases: Sequence[Case]) -> list[Verdict]: ...


@dataclass(frozen=True)
class Decision:
    """What a judge has said about the answers of a step. The rules alone decide kinds that are not among its own."""

    known: Mapping[tuple[str, tuple[str, ...], str], bool | None]
    kinds: Sequence[AnswerKind] = KINDS

    def decides(self, kind: AnswerKind) -> bool:
        return kind in self.kinds

    def __call__(self, question: str, references: Sequence[str], answer: str) -> bool | None:
        """Whether the answer is right; None: nobody could say, or it was not asked about."""
        return self.known.get((question, tuple(references), answer))


def open_cases(played: Sequence[tuple[Sample, Episode]], kinds: Sequence[AnswerKind] = KINDS) -> list[Case]:
    """The answers that the rules find wrong, each once: members of a group often say the same."""
    found: dict[tuple[str, tuple[str, ...], str], Case] = {}
    for sample, episode in played:
        answer = episode.answer if episode.status == 'answered' else None
        if answer is not None and sample.answer_kind in kinds and not sample.is_right(answer):
            key = (sample.question, tuple(sample.answers), answer)
            found.setdefault(key, Case(sample.question, sample.answers, answer))
    return list(found.values())


def judged(
    played: Sequence[tuple[Sample, Episode]],
    judge: Verdicts,
    problem: Callable[[str], None] | None = None,
    kinds: Sequence[AnswerKind] = KINDS,
) -> Decision:
    """Asks about all open cases together; `problem` hears why an answer stays unscored, each reason once."""
    cases = open_cases(played, kinds)
    verdicts = judge.verdicts(cases)
    known = {
        (case.question, tuple(case.references), case.answer): verdict.right
        for case, verdict in zip(cases, verdicts, strict=True)
    }
    if problem is not None:
        unscored = [verdict.problem for verdict in verdicts if verdict.right is None]
        for reason in dict.fromkeys(filter(None, unscored)):
            problem(reason)
    return Decision(known, kinds)
