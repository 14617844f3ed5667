"""`python -m imagent_trainer world`: makes a set of images with questions."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from .questions import KINDS
from .write import write_world


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog='world', description='Make images with questions of the demo world.'
    )
    parser.add_argument('--seed', type=int, required=True, help='the same seed gives the same files')
    parser.add_argument('--count', type=int, required=True, help='number of questions')
    parser.add_argument(
        '--out', type=Path, required=True, help='folder to write images/ and samples.jsonl to'
    )
    parser.add_argument(
        '--kinds',
        default=','.join(KINDS),
        help=f'comma-separated, of {", ".join(KINDS)} (default: all in turn)',
    )
    parser.add_argument('--split', default='test', choices=('train', 'validation', 'test'))
    args = parser.parse_args(argv)
    kinds = [kind.strip() for kind in args.kinds.split(',') if kind.strip()]
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown or not kinds:
        parser.error(f'unknown kinds {unknown}; there are {", ".join(KINDS)}')
    if args.count < 1:
        parser.error('--count must be at least 1')
    file = write_world(args.seed, args.count, args.out, kinds, args.split)
    print(json.dumps({'samples': str(file), 'count': args.count, 'seed': args.seed}))
    return 0
