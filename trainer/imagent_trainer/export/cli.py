"""`python -m imagent_trainer export --model DIR [--out DIR]`."""

import argparse
import shutil
import sys
from pathlib import Path

from imagent_trainer.export.decoder import build_decoder_delta, build_decoder_merged, build_embed_tokens
from imagent_trainer.export.files import write_graphs
from imagent_trainer.export.parity import Differences, check
from imagent_trainer.export.vision import build_vision_encoder
from imagent_trainer.export.weights import ExportError, load_source
from imagent_trainer.protocol.agent_folder import set_format
from imagent_trainer.protocol.publish import replaced_folder

COPIED = ('*.json', '*.safetensors', '*.txt', '*.jinja', '*.md')


def write_onnx(model: Path, folder: Path) -> Differences:
    """Writes the four graphs of a model folder into `folder` and compares them with PyTorch."""
    source = load_source(model)
    try:
        alone = {'vision_encoder': build_vision_encoder(source), 'embed_tokens': build_embed_tokens(source)}
        sharing = {
            'decoder_model_merged': build_decoder_merged(source),
            'decoder_delta': build_decoder_delta(source),
        }
    except KeyError as error:
        raise ExportError(f'the weights have no {error.args[0]}, which config.json asks for') from error
    write_graphs(folder, alone, sharing)
    return check(model, folder, source)


def export(model: Path, out: Path | None = None) -> Differences:
    """Exports a folder: into its own `onnx/`, or to `out` together with its other files. All or nothing."""
    if out is None or out.resolve() == model.resolve():
        with replaced_folder(model / 'onnx') as folder:
            worst = write_onnx(model, folder)
        # Last: a folder that still says the older number is run by its published decoder, which is there by now.
        set_format(model)
        return worst
    with replaced_folder(out) as folder:
        for pattern in COPIED:
            for path in sorted(model.glob(pattern)):
                shutil.copyfile(path, folder / path.name)
        set_format(folder)
        (folder / 'onnx').mkdir()
        return write_onnx(model, folder / 'onnx')


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog='imagent_trainer export', description=__doc__)
    parser.add_argument(
        '--model', type=Path, required=True, help='folder with config.json and model.safetensors'
    )
    parser.add_argument('--out', type=Path, help='where to write the whole folder; default: MODEL/onnx')
    options = parser.parse_args(argv)
    try:
        worst = export(options.model, options.out)
    except ExportError as error:
        print(f'The export failed: {error}', file=sys.stderr)
        return 1
    target = options.out or options.model
    print(
        f'Exported to {target / "onnx"}. Largest differences from PyTorch: features {worst.features:.1e}, '
        f'logits {worst.logits:.1e}, cached against recomputed {worst.cached:.1e}.'
    )
    return 0
