"""The exported files say what PyTorch says, and files that do not are never left behind."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.torch

DEMO = Path(__file__).resolve().parents[2] / 'assets' / 'demo-agent'

TOLERANCE = 1e-3
# Merged cells. A window is 4x4 cells: below it, at it, beside it, and several with rests.
GRIDS = [(1, 1), (1, 7), (4, 4), (5, 3), (4, 8), (6, 9), (12, 2), (13, 11)]


@pytest.fixture(scope='module')
def parts(tiny_agent: Path):
    from imagent_trainer.export.parity import load_reference
    from imagent_trainer.export.runtime import Sessions
    from imagent_trainer.export.weights import load_source

    return load_reference(tiny_agent), load_source(tiny_agent), Sessions(tiny_agent / 'onnx')


@pytest.fixture
def one_context(monkeypatch: pytest.MonkeyPatch) -> None:
    """An export checks itself on one context: what follows is about the files, and parity has tests of its own."""
    from imagent_trainer.export import parity

    monkeypatch.setattr(parity, 'CONTEXTS', 1)


@pytest.mark.parametrize('seed', range(20))
def test_logits_equal_pytorch_on_multi_image_multi_turn_contexts(parts, seed: int) -> None:
    from imagent_trainer.export.context import ImagePart, random_context
    from imagent_trainer.export.parity import measure, text_ids

    model, source, sessions = parts
    context = random_context(seed, text_ids(model), source.vision.patch_values)
    assert len(context.turns) >= 2
    assert any(isinstance(part, ImagePart) for part in context.parts)
    found = measure(model, sessions, source, context)
    assert found.logits <= TOLERANCE
    assert found.cached <= TOLERANCE
    assert found.features <= TOLERANCE


@pytest.mark.skipif(not (DEMO / 'onnx').is_dir(), reason='assets/demo-agent is not there yet')
def test_the_demo_agent_equals_pytorch_on_twenty_episodes() -> None:
    from imagent_trainer.export.episodes import episode_contexts
    from imagent_trainer.export.parity import load_reference, measure
    from imagent_trainer.export.runtime import Sessions
    from imagent_trainer.export.weights import load_source

    model, source, sessions = load_reference(DEMO), load_source(DEMO), Sessions(DEMO / 'onnx')
    contexts = episode_contexts(DEMO, 20)
    assert all(len(context.turns) >= 3 for context in contexts)
    assert max(measure(model, sessions, source, context).worst for context in contexts) <= TOLERANCE


def test_the_contexts_do_not_agree_by_being_flat(parts) -> None:
    from imagent_trainer.export.context import random_context
    from imagent_trainer.export.parity import reference_logits, text_ids

    model, source, _ = parts
    logits = reference_logits(model, random_context(0, text_ids(model), source.vision.patch_values))
    assert np.ptp(logits) > 1
    assert np.abs(logits[1:] - logits[:-1]).max() > 0.5


@pytest.mark.parametrize('grid', GRIDS, ids=lambda grid: f'{grid[0]}x{grid[1]}')
def test_features_equal_pytorch_at_every_window_rest(parts, grid: tuple[int, int]) -> None:
    from imagent_trainer.export.context import ImagePart
    from imagent_trainer.export.parity import reference_features

    model, source, sessions = parts
    rows, columns = grid
    values = (
        np.random.default_rng(rows * 100 + columns)
        .standard_normal((rows * columns * 4, 1176))
        .astype(np.float32)
    )
    image = ImagePart(values, (1, rows * 2, columns * 2))
    found = sessions.image(values, np.array([image.grid]))
    assert found.shape == (rows * columns, source.text.hidden)
    assert np.abs(found - reference_features(model, image)).max() <= TOLERANCE


def test_several_images_and_frames_in_one_call_do_not_see_each_other(parts) -> None:
    import torch

    model, _, sessions = parts
    grids = np.array([[1, 8, 8], [1, 2, 14], [2, 6, 10], [1, 8, 8]])
    values = (
        np.random.default_rng(5).standard_normal((int(grids.prod(axis=1).sum()), 1176)).astype(np.float32)
    )
    with torch.no_grad():
        wanted = model.model.visual(
            torch.from_numpy(values), grid_thw=torch.from_numpy(grids)
        ).pooler_output.numpy()
    assert np.abs(sessions.image(values, grids) - wanted).max() <= TOLERANCE
    alone = sessions.image(values[:64], grids[:1])
    assert np.abs(alone - wanted[:16]).max() <= TOLERANCE


@pytest.mark.parametrize('rows,columns', [(4, 4), (5, 3), (9, 6), (8, 8), (1, 13), (11, 10)])
def test_windows_group_the_patches_that_transformers_groups(rows: int, columns: int) -> None:
    """The published tower reorders patches into windows; ours only asks who shares one."""
    import torch
    from transformers.vision_utils import get_vision_window_index

    grid = torch.tensor([[1, rows * 2, columns * 2]])
    index, borders = get_vision_window_index(grid, spatial_merge_size=2, window_size=112, patch_size=14)
    theirs = set()
    for start, end in zip((borders // 4).tolist()[:-1], (borders // 4).tolist()[1:], strict=True):
        theirs.add(frozenset(index[start:end].tolist()))
    ours: dict[tuple[int, int], set[int]] = {}
    for cell in range(rows * columns):
        ours.setdefault((cell // columns // 4, cell % columns // 4), set()).add(cell)
    assert theirs - {frozenset()} == {frozenset(cells) for cells in ours.values()}


def test_keep_chooses_the_last_places_and_zero_all(parts) -> None:
    from imagent_trainer.export.runtime import DeltaDecoder, MergedDecoder

    _, source, sessions = parts
    embeds = sessions.text(list(range(5)))
    rows = [list(range(5))] * 3
    for kind in (DeltaDecoder, MergedDecoder):
        everything = kind(sessions, source.text).append(embeds, rows, 0)
        assert everything.shape == (5, source.text.vocabulary)
        for keep in (1, 3):
            assert np.allclose(
                kind(sessions, source.text).append(embeds, rows, keep), everything[-keep:], atol=1e-5
            )


def test_the_files_have_the_published_names_and_tensors(tiny_agent: Path) -> None:
    from imagent_trainer.export.runtime import open_session

    folder = tiny_agent / 'onnx'
    assert sorted(path.name for path in folder.iterdir()) == [
        'decoder.onnx_data', 'decoder_delta.onnx', 'decoder_model_merged.onnx', 'embed_tokens.onnx',
        'vision_encoder.onnx',
    ]  # fmt: skip
    names = {path.stem: open_session(path) for path in folder.glob('*.onnx')}

    def inputs(name: str) -> list[str]:
        return [value.name for value in names[name].get_inputs()]

    def outputs(name: str) -> list[str]:
        return [value.name for value in names[name].get_outputs()]

    assert (inputs('vision_encoder'), outputs('vision_encoder')) == (
        ['pixel_values', 'image_grid_thw'],
        ['image_features'],
    )
    assert (inputs('embed_tokens'), outputs('embed_tokens')) == (['input_ids'], ['inputs_embeds'])
    kinds = [(layer, kind) for layer in range(4) for kind in ('key', 'value')]
    assert inputs('decoder_model_merged') == [
        'inputs_embeds', 'attention_mask', 'position_ids',
        *(f'past_key_values.{layer}.{kind}' for layer, kind in kinds), 'num_logits_to_keep',
    ]  # fmt: skip
    assert outputs('decoder_model_merged') == [
        'logits',
        *(f'present.{layer}.{kind}' for layer, kind in kinds),
    ]
    assert inputs('decoder_delta') == [
        'inputs_embeds', 'position_ids', 'attention_bias',
        *(f'past.{layer}.{kind}' for layer, kind in kinds), 'num_logits_to_keep',
    ]  # fmt: skip
    assert outputs('decoder_delta') == ['logits', 'new']


def test_both_decoders_share_their_weights_as_half_floats(tiny_agent: Path) -> None:
    import onnx

    folder = tiny_agent / 'onnx'
    assert (folder / 'decoder.onnx_data').stat().st_size < 0.6 * (
        tiny_agent / 'model.safetensors'
    ).stat().st_size
    for name in ('decoder_delta', 'decoder_model_merged'):
        assert (folder / f'{name}.onnx').stat().st_size < 60_000
        model = onnx.load(str(folder / f'{name}.onnx'), load_external_data=False)
        large = [tensor for tensor in model.graph.initializer if tensor.HasField('data_location')]
        assert {tensor.data_type for tensor in large if tensor.data_location == 1} == {
            onnx.TensorProto.FLOAT16
        }


@pytest.mark.usefixtures('one_context')
def test_the_same_folder_gives_the_same_bytes(tiny_agent: Path, tmp_path: Path) -> None:
    from imagent_trainer.export.cli import write_onnx

    write_onnx(tiny_agent, tmp_path)
    for path in (tiny_agent / 'onnx').iterdir():
        assert path.read_bytes() == (tmp_path / path.name).read_bytes(), path.name


def copy_of(folder: Path, target: Path) -> Path:
    shutil.copytree(folder, target, ignore=shutil.ignore_patterns('onnx'))
    return target


@pytest.mark.usefixtures('one_context')
def test_weights_that_half_floats_cannot_hold_stay_whole(tiny_agent: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    from imagent_trainer.export.cli import export

    folder = copy_of(tiny_agent, tmp_path / 'model')
    weights = {name: tensor.float() for name, tensor in load_file(folder / 'model.safetensors').items()}
    name = next(name for name in weights if name.endswith('layers.0.mlp.down_proj.weight'))
    weights[name] = weights[name] + 1e-5
    save_file(weights, folder / 'model.safetensors', metadata={'format': 'pt'})
    assert export(folder).worst <= 1e-4
    assert (folder / 'onnx' / 'decoder.onnx_data').stat().st_size > (
        tiny_agent / 'onnx' / 'decoder.onnx_data'
    ).stat().st_size


@pytest.mark.usefixtures('one_context')
def test_an_export_that_differs_is_not_published(
    tiny_agent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from imagent_trainer.export import cli, decoder

    folder = copy_of(tiny_agent, tmp_path / 'model')
    (folder / 'onnx').mkdir()
    (folder / 'onnx' / 'mark').write_text('old')
    monkeypatch.setattr(decoder, 'MASKED', 0.0)
    assert cli.main(['--model', str(folder)]) == 1
    assert 'differ from PyTorch' in capsys.readouterr().err
    assert [path.name for path in (folder / 'onnx').iterdir()] == ['mark']
    assert not [path for path in folder.iterdir() if path.name.startswith('.')]


@pytest.mark.usefixtures('one_context')
def test_an_export_says_which_form_its_files_have(tiny_agent: Path, tmp_path: Path) -> None:
    from imagent_trainer.export.cli import main

    folder = copy_of(tiny_agent, tmp_path / 'model')
    before = json.loads((folder / 'imagent.json').read_text())
    (folder / 'imagent.json').write_text(json.dumps(before | {'format': 1}))
    assert main(['--model', str(folder), '--out', str(tmp_path / 'out')]) == 0
    assert json.loads((tmp_path / 'out' / 'imagent.json').read_text()) == before
    assert json.loads((folder / 'imagent.json').read_text())['format'] == 1
    assert main(['--model', str(folder)]) == 0
    assert json.loads((folder / 'imagent.json').read_text()) == before


@pytest.mark.usefixtures('one_context')
def test_an_export_elsewhere_is_a_whole_folder(tiny_agent: Path, tmp_path: Path) -> None:
    from imagent_trainer.export.cli import main

    out = tmp_path / 'out'
    assert main(['--model', str(tiny_agent), '--out', str(out)]) == 0
    assert {'config.json', 'tokenizer.json', 'model.safetensors', 'onnx', 'imagent.json'} <= {
        path.name for path in out.iterdir()
    }


@pytest.mark.parametrize(
    'spoil,message',
    [
        (lambda folder: (folder / 'config.json').unlink(), 'config.json'),
        (lambda folder: (folder / 'config.json').write_text('{'), 'config.json'),
        (lambda folder: (folder / 'config.json').write_text('{"model_type": "llama"}'), 'llama'),
        (lambda folder: (folder / 'model.safetensors').unlink(), 'model.safetensors'),
        (lambda folder: (folder / 'model.safetensors').write_bytes(b'\x00' * 40), 'model.safetensors'),
        (lambda folder: change_text(folder, num_hidden_layers=9), 'layers.4'),
        (lambda folder: change_text(folder, rope_parameters={'mrope_section': [1, 1, 1]}), 'mrope_section'),
    ],
    ids=[
        'no config',
        'broken config',
        'another model',
        'no weights',
        'broken weights',
        'missing layers',
        'sections',
    ],
)
def test_a_folder_that_cannot_be_exported_says_why(
    tiny_agent: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], spoil, message: str
) -> None:
    from imagent_trainer.export.cli import main

    folder = copy_of(tiny_agent, tmp_path / 'model')
    spoil(folder)
    assert main(['--model', str(folder)]) == 1
    said = capsys.readouterr().err
    assert message in said
    assert not (folder / 'onnx').exists()


def change_text(folder: Path, **changes: object) -> None:
    path = folder / 'config.json'
    config = json.loads(path.read_text())
    config['text_config'] |= changes
    path.write_text(json.dumps(config))
