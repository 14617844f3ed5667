"""Makes the trainer importable from a checkout and names the marks. No torch here: most tests run without it."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
for folder in (ROOT / 'trainer', ROOT / 'tests' / 'trainer'):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line('markers', 'torch: needs torch and transformers; slower')


@pytest.fixture(scope='session')
def tiny_agent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder with random weights and the demo agent's shape, exported. Made once."""
    from imagent_trainer.export.cli import write_onnx
    from tiny_agent import build_tiny_agent

    folder = build_tiny_agent(tmp_path_factory.mktemp('agent') / 'model')
    (folder / 'onnx').mkdir()
    write_onnx(folder, folder / 'onnx')
    return folder
