"""`python -m imagent_trainer world`: makes a set of images with questions."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from .questions import KINDS
from .write import IMAGE_OPTIONS, write_world

SPLITS = ('train', 'validation', 'test')


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog='world', description='Make images with questions of the demo world.'
    )
    parser.add_argument('--seed', type=int, required=True, help='the same seed gives the same files')
    amount = parser.add_mutually_exclusive_group(required=True)
    amount.add_argument('--count', type=int, help='number of questions')
    amount.add_argument(
        '--splits', help='numbers of questions by split, in this order: train=48,validation=16,test=60'
    )
    parser.add_argument(
        '--out', type=Path, required=True, help='folder to write images/ and samples.jsonl to'
    )
    parser.add_argument(
        '--kinds',
        default=','.join(KINDS),
        help=f'comma-separated, of {", ".join(KINDS)} (default: all in turn)',
    )
    parser.add_argument('--split', default='test', choices=SPLITS, help='with --count')
    parser.add_argument(
        '--format', default='png', choices=tuple(IMAGE_OPTIONS), help='of the images; lossless'
    )
    args = parser.parse_args(argv)
    kinds = [kind.strip() for kind in args.kinds.split(',') if kind.strip()]
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown or not kinds:
        parser.error(f'unknown kinds {unknown}; there are {", ".join(KINDS)}')
    try:
        splits = [args.split] * args.count if args.splits is None else read_splits(args.splits)
    except ValueError as error:
        parser.error(str(error))
    if not splits:
        parser.error('at least one question')
    file = write_world(args.seed, len(splits), args.out, kinds, splits, args.format)
    print(json.dumps({'samples': str(file), 'count': len(splits), 'seed': args.seed}))
    return 0


def read_splits(text: str) -> list[str]:
    """The split of each question of `train=2,test=1`. ValueError where it says something else."""
    found: list[str] = []
    for part in text.split(','):
        split, _, number = part.strip().partition('=')
        if split not in SPLITS or not number.isdecimal():
            raise ValueError(f'--splits takes {", ".join(f"{one}=N" for one in SPLITS)}, not {part!r}')
        found += [split] * int(number)
    return found
