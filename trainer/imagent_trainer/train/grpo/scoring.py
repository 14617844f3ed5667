"""A step's trajectories with what they are worth: scores, masks and advantages over all processes, and the records."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from imagent_trainer.protocol.config import Config
from imagent_trainer.protocol.run_folder import ApprovedBox
from imagent_trainer.rewards.advantage import GroupAdvantages, Member, advantages
from imagent_trainer.rewards.judge import Judge as JudgeServer
from imagent_trainer.rewards.judging import judged
from imagent_trainer.rewards.reward import RewardSettings
from imagent_trainer.rewards.score import Judge, Score, score
from imagent_trainer.rollout.masks import MaskDecision, mask_decision
from imagent_trainer.rollout.trajectory import Trajectory
from imagent_trainer.train.grpo.plan import Slot


@dataclass(frozen=True)
class Scored:
    """One member, before it is compared with its group."""

    slot: Slot
    trajectory: Trajectory
    score: Score | None
    decision: MaskDecision

    @property
    def member(self) -> Member:
        return Member(None if self.score is None else self.score.total, self.decision.dropped)


@dataclass(frozen=True)
class Scorer:
    """`approved`: boxes that reviewers approved, by sample."""

    config: Config
    approved: Mapping[str, Sequence[ApprovedBox]]
    judge: Judge | None = None

    def score(self, slot: Slot, trajectory: Trajectory) -> Scored:
        config = self.config
        found = score(
            trajectory,
            slot.sample,
            RewardSettings(config.tool_gain, config.format_weight),
            self.approved.get(slot.sample.id, ()),
            config.box_overlap_weight,
            self.judge,
        )
        demonstration = trajectory.demonstration_id is not None
        decision = mask_decision(
            trajectory.episode.status, found is not None, demonstration, config.trajectory_mask
        )
        return Scored(slot, trajectory, found, decision)

    def score_all(
        self, slots: Sequence[Slot], trajectories: Sequence[Trajectory], problem: Callable[[str], None]
    ) -> list[Scored]:
        """One score each, in order. A judge is asked about all of them at once; `problem` hears why it said nothing."""
        scorer = self
        if self.config.judge is not None and self.judge is None:
            played = [
                (slot.sample, trajectory.episode)
                for slot, trajectory in zip(slots, trajectories, strict=True)
            ]
            server = self.config.judge
            decision = judged(played, JudgeServer(server), problem, server.answer_kinds)
            scorer = replace(self, judge=decision)
        return [scorer.score(slot, one) for slot, one in zip(slots, trajectories, strict=True)]


def compare(members: Sequence[Member], config: Config) -> list[GroupAdvantages]:
    """The members of a step, group by group in order, against each other."""
    size = config.num_generations
    groups = [members[at : at + size] for at in range(0, len(members), size)]
    return advantages(groups, config.scale_rewards, config.trajectory_mask.masked_in_baseline)
