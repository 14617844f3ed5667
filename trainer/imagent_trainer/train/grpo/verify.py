"""`python -m imagent_trainer verify MODEL OUT --samples FILE [FILE..] [--limit 20]`: greedy episodes with PyTorch.

The app plays the same samples with its own engine and compares: the same tokens mean that the export is the agent.
OUT is a folder. `episodes.jsonl` in it has a line an episode, as the command `rollout` writes them, with what was
asked: {question, choices, images: absolute paths, drawn}. Where the files have fewer samples than the limit, the
rest is drawn: questions of the procedural world, under OUT/drawn.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

import torch

from imagent_trainer.data.samples import Sample, SampleError, read_samples
from imagent_trainer.protocol.agent_folder import AgentSettings, read_agent_settings
from imagent_trainer.protocol.files import replace_file, to_line
from imagent_trainer.train.policy import LoadedAgent, Sampling, load_agent
from imagent_trainer.train.rollout_cli import play_sample
from imagent_trainer.world.write import write_world

EPISODES = 'episodes.jsonl'
# Text seeds of its own: no such question is trained on, and none belongs to a figure.
DRAWN_SEED = 1_100_000


def samples_to_play(files: Sequence[Path], limit: int, out: Path) -> Iterator[tuple[Sample, bool]]:
    """`limit` samples, each with whether it was drawn."""
    given = list(islice(chain.from_iterable(map(read_samples, files)), limit))
    yield from ((sample, False) for sample in given)
    missing = limit - len(given)
    if missing > 0:
        drawn = read_samples(write_world(DRAWN_SEED, missing, out / 'drawn'))
        yield from ((sample, True) for sample in drawn)


def line_of(agent: LoadedAgent, settings: AgentSettings, sample: Sample, drawn: bool) -> dict[str, Any]:
    asked = {'question': sample.question, 'choices': sample.choices, 'drawn': drawn}
    images = [str(path) for path in sample.images]
    return {**play_sample(agent, settings, sample, True, Sampling()), **asked, 'images': images}


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog='imagent_trainer verify', description=__doc__)
    parser.add_argument('model', type=Path)
    parser.add_argument('out', type=Path)
    parser.add_argument('--samples', type=Path, nargs='*', default=[])
    parser.add_argument('--limit', type=int, default=20)
    parser.add_argument('--threads', type=int, default=1)
    options = parser.parse_args(argv)
    torch.set_num_threads(options.threads)
    try:
        agent, settings = load_agent(options.model), read_agent_settings(options.model)

        options.out.mkdir(parents=True, exist_ok=True)
        played = samples_to_play(options.samples, options.limit, options.out)
        lines = [line_of(agent, settings, sample, drawn) for sample, drawn in played]
        replace_file(options.out / EPISODES, b''.join(map(to_line, lines)))
    except (SampleError, OSError, ValueError) as error:
        print(f'The check failed: {error}', file=sys.stderr)
        return 1
    right = sum(line['correct'] for line in lines)
    drawn = sum(line['drawn'] for line in lines)
    print(
        json.dumps(
            {'episodes': len(lines), 'right': right, 'drawn': drawn, 'folder': str(options.out.resolve())}
        )
    )
    return 0
