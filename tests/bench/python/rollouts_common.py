"""What both sides of the comparison share: the questions, and the figures that are printed."""

import argparse
import json
import resource
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from imagent_trainer.data.samples import Sample, read_samples
from imagent_trainer.protocol.agent_folder import AgentSettings, read_agent_settings
from imagent_trainer.train.policy import LoadedAgent, load_agent

MAX_SAMPLED = 2048
"""Tokens of an episode after its prompt. TRL has one limit, for all turns together; it never binds here."""


@dataclass(frozen=True)
class Task:
    agent: LoadedAgent
    settings: AgentSettings
    samples: list[Sample]
    group: int
    seed: int


def task_from_arguments() -> Task:
    parser = argparse.ArgumentParser()
    parser.add_argument("--agent", type=Path, required=True)
    parser.add_argument("--samples", type=Path, required=True)
    parser.add_argument("--prompts", type=int, default=8)
    parser.add_argument("--group", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    samples = list(read_samples(options.samples))[: options.prompts]
    return Task(
        load_agent(options.agent),
        read_agent_settings(options.agent),
        samples,
        options.group,
        options.seed,
    )


def finish(
    seconds: float,
    rollouts: int,
    sampled: int,
    calls: int,
    answers: list[str | None],
    task: Task,
) -> None:
    """Prints the one JSON object that the bench reads."""
    members = [sample for sample in task.samples for _ in range(task.group)]
    right = [
        answer is not None and sample.is_right(answer)
        for sample, answer in zip(members, answers, strict=True)
    ]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (
        1 if sys.platform == "darwin" else 1024
    )
    figures: dict[str, Any] = {
        "rollouts_per_second": rollouts / seconds,
        "sampled_tokens": sampled / rollouts,
        "calls": calls / rollouts,
        "accuracy": sum(right) / len(right),
        "peak_bytes": peak,
    }
    print(json.dumps(figures))
