"""`python -m imagent_trainer pretrain`: the demo agent from nothing, in the stages of recipe.py."""

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from ..world.write import question_of
from . import checkpoint, tower
from .evaluate import play, summary
from .folder import write_folder
from .language import make_aim_heads, train_stage
from .model import make_model
from .optim import Pair
from .recipe import STAGES, TOWER_SEED, TOWER_STEPS
from .run import Run, line_logger
from .tokenizer import build_tokenizer, special_ids
from .tower import make_heads

DEFAULT_OUT = Path(__file__).parents[3] / '.cache' / 'pretrain'


CLOSED_LOOP_SEED = 991
CLOSED_LOOP_COUNT = 200
TOWER = -1
"""The tower's number among the stages."""


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog='pretrain', description='Train the demo agent on the world.')
    parser.add_argument(
        '--out', type=Path, default=DEFAULT_OUT, help='folder of checkpoints (default %(default)s)'
    )
    parser.add_argument(
        '--minutes', type=float, default=float('inf'), help='stop after so long; resume later'
    )
    parser.add_argument('--seed', type=int, default=0, help='added to every seed of the recipe')
    parser.add_argument('--resume', action='store_true', help='go on from the last checkpoint in the folder')
    parser.add_argument('--threads', type=int, default=2)
    args = parser.parse_args(argv)
    torch.set_num_threads(args.threads)
    args.out.mkdir(parents=True, exist_ok=True)
    saved = checkpoint.load(args.out / 'run.pt') if args.resume else None
    before = saved['seconds'] if saved else 0.0
    start = time.monotonic()
    tokenizer = build_tokenizer()
    model = make_model(tokenizer.get_vocab_size(), special_ids(tokenizer), args.seed)
    run = Run(
        model,
        make_aim_heads(),
        args.out,
        line_logger(args.out / 'curve.jsonl'),
        lambda: before + time.monotonic() - start,
        before + 60 * args.minutes,
        args.seed,
    )
    if saved:
        model.load_state_dict(saved['model'])
        if saved.get('aims'):
            run.aims.load_state_dict(saved['aims'])
    if not saved or saved['stage'] == TOWER:
        if not train_tower(run, saved):
            return 0
        saved = None
    if train_language(run, saved):
        evaluate(run)
        write_folder(model, tokenizer, args.out / 'agent', lineage(args.seed))
        print(f'The agent is in {args.out / "agent"}. Write its ONNX files with the export command.')
    return 0


def lineage(seed: int) -> dict[str, Any]:
    return {'parent': None, 'recipe': 'trainer/imagent_trainer/train/recipe.py', 'seed': seed}


def evaluate(run: Run) -> None:
    """Whole greedy episodes on questions that are never trained on, with and without tools."""
    tokenizer = build_tokenizer()
    questions = [question_of(CLOSED_LOOP_SEED, index) for index in range(CLOSED_LOOP_COUNT)]
    for tools in (True, False):
        run.note('closed_loop', 0, tools=tools, **summary(play(run.model, tokenizer, questions, tools)))


def train_tower(run: Run, saved: dict[str, Any] | None) -> bool:
    """Stage 1, from where `saved` left off; False when the time was up first."""
    heads = make_heads()
    if saved:
        heads.load_state_dict(saved['heads'])

    def save(step: int, optimiser: Pair) -> None:
        state = {**_state(run, TOWER, step, optimiser), 'heads': heads.state_dict()}
        checkpoint.save(run.out / 'run.pt', state)

    first, state = (saved['step'], saved['optimiser']) if saved else (0, None)
    done = tower.train(run, heads, TOWER_SEED + run.seed, TOWER_STEPS, first, state, save)
    if done:
        checkpoint.save(run.out / 'run.pt', _state(run, 0, 0, None))
    return done


def _state(run: Run, stage: int, step: int, optimiser: Pair | None) -> dict[str, Any]:
    return {
        'model': run.model.state_dict(),
        'aims': run.aims.state_dict(),
        'optimiser': optimiser.state() if optimiser else None,
        'stage': stage,
        'step': step,
        'seconds': run.spent(),
    }


def train_language(run: Run, saved: dict[str, Any] | None) -> bool:
    """The stages after the tower, from where `saved` left off; False when the time was up first."""
    first_stage, first_step = (saved['stage'], saved['step']) if saved else (0, 0)
    state = saved['optimiser'] if saved else None
    for index, stage in list(enumerate(STAGES))[first_stage:]:
        first = first_step if index == first_stage else 0
        for p in run.model.model.visual.parameters():
            p.requires_grad_(False)
        named = [(n, p) for n, p in run.model.named_parameters() if p.requires_grad]
        named += [(f'head.{n}', p) for n, p in run.aims.named_parameters()]
        optimiser = Pair(named, stage.muon_lr, stage.adam_lr, decay=stage.weight_decay)
        if state is not None:
            optimiser.load(state)

        def save(step: int, index: int = index, optimiser: Pair = optimiser) -> None:
            checkpoint.save(run.out / 'run.pt', _state(run, index, step, optimiser))

        seeded = replace(stage, seed=stage.seed + run.seed)
        if not train_stage(run, seeded, optimiser, first, save):
            return False
        state = optimiser.state()
        checkpoint.save(run.out / 'run.pt', _state(run, index + 1, 0, optimiser))
    return True
