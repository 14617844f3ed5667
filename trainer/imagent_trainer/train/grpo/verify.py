"""`python -m imagent_trainer verify MODEL SAMPLES OUT.jsonl [--limit 20]`: greedy episodes with PyTorch, one a line.

The app plays the same samples with its own engine and compares: the same tokens mean that the export is the agent.
The lines are those of the command `rollout`.
"""

import argparse
import json
import sys
from itertools import islice
from pathlib import Path

import torch

from imagent_trainer.data.samples import SampleError, read_samples
from imagent_trainer.protocol.agent_folder import read_agent_settings
from imagent_trainer.protocol.files import replace_file, to_line
from imagent_trainer.train.policy import Sampling, load_agent
from imagent_trainer.train.rollout_cli import play_sample


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog='imagent_trainer verify', description=__doc__)
    parser.add_argument('model', type=Path)
    parser.add_argument('samples', type=Path)
    parser.add_argument('out', type=Path)
    parser.add_argument('--limit', type=int, default=20)
    parser.add_argument('--threads', type=int, default=1)
    options = parser.parse_args(argv)
    torch.set_num_threads(options.threads)
    try:
        agent, settings = load_agent(options.model), read_agent_settings(options.model)
        samples = islice(read_samples(options.samples), options.limit)
        lines = [play_sample(agent, settings, sample, True, Sampling()) for sample in samples]
        replace_file(options.out, b''.join(map(to_line, lines)))
    except (SampleError, OSError, ValueError) as error:
        print(f'The check failed: {error}', file=sys.stderr)
        return 1
    right = sum(line['correct'] for line in lines)
    print(json.dumps({'episodes': len(lines), 'right': right, 'file': str(options.out.resolve())}))
    return 0
