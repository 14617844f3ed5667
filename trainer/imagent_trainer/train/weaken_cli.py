"""`python -m imagent_trainer weaken --model DIR --out DIR --seed N`: an agent that is weak on purpose.

It writes a model folder and, beside the weights, weak.json: its figures on 300 questions that nothing is trained on.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import torch

from imagent_trainer.protocol.agent_folder import read_agent_settings
from imagent_trainer.protocol.publish import replaced_folder
from imagent_trainer.train.folder import write_folder
from imagent_trainer.train.greedy import figures, play_world
from imagent_trainer.train.policy import load_agent
from imagent_trainer.train.weak import Weakening, weaken

CHECK_SEED = 880_000
CHECK_COUNT = 300


def make_weak(
    model_folder: Path, out: Path, seed: int, how: Weakening, check: int = CHECK_COUNT
) -> dict[str, Any]:
    """Writes the folder and returns what weak.json holds."""
    started = time.perf_counter()
    agent = load_agent(model_folder)
    settings = read_agent_settings(model_folder)

    def log(step: int, loss: float) -> None:
        if step % 20 == 19:
            print(json.dumps({'step': step + 1, 'loss': round(loss, 4)}), flush=True)

    weaken(agent.model, agent.tokenizer, seed, how, log)
    trained = round(time.perf_counter() - started, 1)
    lineage = {'parent': model_folder.name, 'recipe': 'trainer/imagent_trainer/train/weak.py', 'seed': seed}
    with replaced_folder(out) as fresh:
        write_folder(agent.model, agent.tokenizer, fresh, lineage)
        rows = play_world(agent, settings, CHECK_SEED + seed, check) if check else []
        report = {'seed': seed, 'training_seconds': trained, 'check': figures(rows)}
        (fresh / 'weak.json').write_text(json.dumps(report, indent=2) + '\n', encoding='utf-8')
    return report


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog='imagent_trainer weaken', description=__doc__)
    parser.add_argument('--model', type=Path, required=True, help='the shipped demo agent')
    parser.add_argument('--out', type=Path, required=True)
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--steps', type=int, default=Weakening.steps)
    parser.add_argument(
        '--check', type=int, default=CHECK_COUNT, help='questions played at the end (0: none)'
    )
    parser.add_argument('--threads', type=int, default=1)
    options = parser.parse_args(argv)
    torch.set_num_threads(options.threads)
    try:
        how = Weakening(steps=options.steps)
        report = make_weak(options.model, options.out, options.seed, how, options.check)
    except (OSError, ValueError) as error:
        print(f'The weak agent was not made: {error}', file=sys.stderr)
        return 1
    print(json.dumps(report))
    return 0
