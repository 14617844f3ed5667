"""`python -m imagent_trainer beginner --model DIR --out DIR`: packs the weak agent that ships beside the demo agent.

What ships is small: the vision tower, the tokenizer and every shape are the demo agent's own, so there are only the
differences of the weights (model.safetensors, 16-bit words, modulo 2^16, low bytes before high ones, deflated), and
where each word goes in the ONNX files. The host puts the folder together at a first start (main/services/demo) and
compares the digests; so does `unpacked_weights` here.
"""

import argparse
import hashlib
import json
import sys
import tempfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from safetensors import safe_open

from imagent_trainer.export.cli import export
from imagent_trainer.train.weak import Weakening
from imagent_trainer.train.weaken_cli import CHECK_COUNT, make_weak

SEED = 1
DELTA = 'weights.delta'
ABOUT = 'beginner.json'
WEIGHTS = 'model.safetensors'
ONNX = (
    'onnx/embed_tokens.onnx',
    'onnx/decoder.onnx_data',
    'onnx/decoder_delta.onnx',
    'onnx/decoder_model_merged.onnx',
)
PREFIX = 'model.language_model.'


class PackError(Exception):
    """The agent's files are not laid out as those of the demo agent."""


def body_of(data: bytes) -> int:
    """Where the tensors of a safetensors file begin."""
    return 8 + int.from_bytes(data[:8], 'little')


def words(data: bytes, start: int) -> np.ndarray:
    return np.frombuffer(data, '<u2', offset=start)


def delta_of(base: bytes, changed: bytes) -> bytes:
    start = body_of(base)
    if base[:start] != changed[:start] or len(base) != len(changed):
        raise PackError('the two files of weights are not laid out alike')
    difference = words(changed, start) - words(base, start)
    low, high = (difference & 0xFF).astype(np.uint8), (difference >> 8).astype(np.uint8)
    return zlib.compress(low.tobytes() + high.tobytes(), 9)


def unpacked_weights(base: bytes, delta: bytes) -> bytes:
    """What `delta_of` was made of, from the demo agent's weights."""
    start = body_of(base)
    planes = np.frombuffer(zlib.decompress(delta), np.uint8).astype(np.uint16)
    low, high = np.split(planes, 2)
    return base[:start] + (words(base, start) + (low | (high << 8))).astype('<u2').tobytes()


def offsets(path: Path) -> dict[str, tuple[int, list[int]]]:
    """First word of each tensor behind the header, with its shape."""
    data = path.read_bytes()
    header = json.loads(data[8 : body_of(data)])
    return {
        name: (about['data_offsets'][0] // 2, about['shape'])
        for name, about in header.items()
        if name != '__metadata__'
    }


def sources_of(name: str) -> list[str]:
    """The tensors that an ONNX tensor is made of, beside each other in its last dimension."""
    if name == 'lm_head.weight':
        # Tied: it is the table of the embeddings.
        return ['embed_tokens.weight']
    stem, _, kind = name.rpartition('.')
    if stem.endswith('self_attn.qkv'):
        return [f'{stem.removesuffix("qkv")}{one}_proj.{kind}' for one in 'qkv']
    return [name]


def pieces_of(model: Path) -> list[dict[str, Any]]:
    """Where the words of the language model stand in the ONNX files. PackError where that can't be told."""
    places = offsets(model / WEIGHTS)
    with safe_open(str(model / WEIGHTS), framework='pt') as file:
        tensors = {name: file.get_tensor(name) for name in places if name.startswith(PREFIX)}
    found: list[dict[str, Any]] = []
    for name in ONNX:
        data = (model / name).read_bytes()
        graph = model / (name if name.endswith('.onnx') else 'onnx/decoder_delta.onnx')
        for tensor in onnx.load(str(graph), load_external_data=False).graph.initializer:
            if tensor.data_type != onnx.TensorProto.FLOAT16:
                continue
            outside = {entry.key: entry.value for entry in tensor.external_data}
            if bool(outside) != name.endswith('_data'):
                continue
            at = int(outside['offset']) if outside else data.find(tensor.raw_data)
            found += pieces(name, at, tensor, places, tensors, data)
    return found


def pieces(
    file: str,
    at: int,
    tensor: onnx.TensorProto,
    places: dict[str, tuple[int, list[int]]],
    tensors: dict[str, torch.Tensor],
    data: bytes,
) -> list[dict[str, Any]]:
    """One a source. Each is checked against the file: what the exporter does to a weight is its own matter."""
    names = [PREFIX + one for one in sources_of(tensor.name.removeprefix('text.'))]
    width = tensor.dims[-1]
    found: list[dict[str, Any]] = []
    column = 0
    for name in names:
        if name not in tensors:
            raise PackError(f'{tensor.name} of {file} is made of a tensor that is not there: {name}')
        rows, columns, turned = stands_at(tensors[name], data, at + 2 * column, width)
        if rows == 0:
            raise PackError(f'{name} does not stand in {file} as it is')
        found.append(
            {
                'file': file,
                'at': at + 2 * column,
                'stride': width,
                'rows': rows,
                'columns': columns,
                'from': places[name][0],
                'turned': turned,
            }
        )
        column += columns
    return found


def stands_at(tensor: torch.Tensor, data: bytes, at: int, width: int) -> tuple[int, int, bool]:
    """Rows and columns in which a tensor stands in a file, and whether it is turned; no rows where it does not."""
    for turned in (False, True) if tensor.dim() == 2 else (False,):
        shown = tensor.t() if turned else tensor.reshape(-1, tensor.shape[-1])
        rows, columns = shown.shape
        want = shown.contiguous().view(torch.int16).numpy()
        starts = [at + 2 * row * width for row in range(rows)]
        if all(data[start : start + 2 * columns] == want[row].tobytes() for row, start in enumerate(starts)):
            return rows, columns, turned
    return 0, 0, False


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def pack(demo: Path, weak: Path, out: Path, report: dict[str, Any]) -> None:
    base, changed = (demo / WEIGHTS).read_bytes(), (weak / WEIGHTS).read_bytes()
    delta = delta_of(base, changed)
    if unpacked_weights(base, delta) != changed:
        raise PackError('the differences do not give the weights again')
    out.mkdir(parents=True, exist_ok=True)
    (out / DELTA).write_bytes(delta)
    files = (WEIGHTS, *ONNX)
    about = {
        'format': 1,
        'made_by': f'npm run -s trainer -- beginner --seed {report["seed"]}',
        'seed': report['seed'],
        'check': report['check'],
        'base_sha256': digest(base),
        'sha256': {name: digest((weak / name).read_bytes()) for name in files},
        'pieces': pieces_of(weak),
    }
    lines = json.dumps(about, indent=1, ensure_ascii=False)
    (out / ABOUT).write_text(lines + '\n', encoding='utf-8')


def main(argv: list[str]) -> int:
    assets = Path(__file__).resolve().parents[3] / 'assets'
    parser = argparse.ArgumentParser(prog='imagent_trainer beginner', description=__doc__)
    parser.add_argument('--model', type=Path, default=assets / 'demo-agent', help='the shipped demo agent')
    parser.add_argument('--out', type=Path, default=assets / 'beginner')
    parser.add_argument('--seed', type=int, default=SEED)
    parser.add_argument('--weak', type=Path, help='an agent that `weaken` and `export` have made already')
    options = parser.parse_args(argv)
    torch.set_num_threads(1)
    try:
        with tempfile.TemporaryDirectory() as scratch:
            weak = options.weak or Path(scratch) / 'weak'
            if options.weak is None:
                make_weak(options.model, weak, options.seed, Weakening(), CHECK_COUNT)
                export(weak)
            report = json.loads((weak / 'weak.json').read_text(encoding='utf-8'))
            pack(options.model, weak, options.out, report)
    except (OSError, ValueError, PackError) as error:
        print(f'The beginner was not packed: {error}', file=sys.stderr)
        return 1
    print(json.dumps({'out': str(options.out), 'check': report['check']}))
    return 0
