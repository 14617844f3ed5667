"""`python -m imagent_trainer rollout --model DIR --samples FILE --out FILE.jsonl [--limit N] [--no-tools]`.

Plays samples with the PyTorch agent; one JSON line an episode:
{id, kind, status, answer, token_ids, turns: [{text, token_ids}], views, correct, flags}.
"""

import argparse
import json
import sys
import time
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import torch

from imagent_trainer.data.samples import Sample, SampleError, read_samples
from imagent_trainer.protocol.agent_folder import AgentSettings, read_agent_settings
from imagent_trainer.rollout.loop import EpisodeInput, EpisodeSettings, run_episode
from imagent_trainer.rollout.views import open_canonical
from imagent_trainer.train.policy import LoadedAgent, Sampling, TorchPolicy, load_agent


def play_sample(
    agent: LoadedAgent, settings: AgentSettings, sample: Sample, tools: bool, sampling: Sampling
) -> dict[str, Any]:
    """One episode as the line that is written."""
    asked = EpisodeInput([open_canonical(path) for path in sample.images], sample.question, sample.choices)
    how = EpisodeSettings(tools, settings.limits, settings.pixels)
    episode = run_episode(TorchPolicy(agent, sampling), asked, how)
    correct = episode.answer is not None and sample.is_right(episode.answer)
    return {
        'id': sample.id,
        'kind': sample.kind,
        **episode.to_json(),
        'correct': correct,
        'flags': episode.flags(tools),
    }


def play_file(options: argparse.Namespace) -> tuple[int, int, float]:
    """Plays the samples and writes the lines. Returns (episodes, right ones, seconds)."""
    agent = load_agent(options.model)
    settings = read_agent_settings(options.model)
    temperature = settings.temperature if options.temperature is None else options.temperature
    sampling = Sampling(temperature, seed=options.seed)
    started, right, count = time.perf_counter(), 0, 0
    with options.out.open('w', encoding='utf-8') as out:
        for count, sample in enumerate(islice(read_samples(options.samples), options.limit), 1):
            seeded = replace(sampling, seed=sampling.seed + count)
            line = play_sample(agent, settings, sample, not options.no_tools, seeded)
            right += line['correct']
            out.write(json.dumps(line, ensure_ascii=False) + '\n')
    return count, right, time.perf_counter() - started


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog='imagent_trainer rollout', description=__doc__)
    parser.add_argument('--model', type=Path, required=True)
    parser.add_argument('--samples', type=Path, required=True)
    parser.add_argument('--out', type=Path, required=True)
    parser.add_argument('--limit', type=int, default=None)
    parser.add_argument('--no-tools', action='store_true')
    parser.add_argument('--temperature', type=float, default=None, help='default: what the agent folder says')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--threads', type=int, default=1)
    options = parser.parse_args(argv)
    torch.set_num_threads(options.threads)
    try:
        count, right, seconds = play_file(options)
    except (SampleError, OSError, ValueError) as error:
        print(f'The rollout failed: {error}', file=sys.stderr)
        return 1
    share = right / count if count else 0.0
    print(f'{count} episodes, {share:.3f} right, {count / seconds:.2f} episodes a second')
    return 0
