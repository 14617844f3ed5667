"""Rollouts of the trainer's own engine, as a step of GRPO plays them."""

import time

from imagent_trainer.rollout.loop import EpisodeInput, EpisodeSettings
from imagent_trainer.rollout.views import open_canonical
from imagent_trainer.train.policy import Sampling
from imagent_trainer.train.rollout_engine import (
    EngineSettings,
    RolloutEngine,
    RolloutPrompt,
)
from rollouts_common import finish, task_from_arguments


def main() -> None:
    task = task_from_arguments()
    rows = len(task.samples) * task.group
    agent = task.agent
    engine = RolloutEngine(
        agent.model, agent.tokenizer, agent.eos, EngineSettings(max_rows=rows)
    )
    how = EpisodeSettings(True, task.settings.limits, task.settings.pixels)
    seeds = [task.seed * 1000 + member for member in range(task.group)]
    started = time.perf_counter()
    prompts = [
        RolloutPrompt(
            EpisodeInput(
                [open_canonical(path) for path in sample.images],
                sample.question,
                sample.choices,
            ),
            seeds,
        )
        for sample in task.samples
    ]
    groups = engine.play(prompts, how, Sampling(1.0))
    seconds = time.perf_counter() - started
    rollouts = [rollout for group in groups for rollout in group]
    sampled = sum(sum(rollout.sampled) for rollout in rollouts)
    calls = sum(rollout.episode.calls for rollout in rollouts)
    finish(
        seconds,
        len(rollouts),
        sampled,
        calls,
        [rollout.episode.answer for rollout in rollouts],
        task,
    )


if __name__ == "__main__":
    main()
