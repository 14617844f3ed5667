"""What the trainer may import: no torch outside train/ and export/, no database anywhere."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / 'trainer' / 'imagent_trainer'
TORCH_FREE = ('protocol', 'data', 'world', 'rewards', 'rollout')
HEAVY = ('torch', 'transformers', 'onnx', 'onnxruntime', 'safetensors', 'tokenizers')
DATABASES = ('sqlite3', 'dbm', 'sqlalchemy', 'apsw')

BLOCKED_IMPORT = """
import importlib, pkgutil, sys
sys.path.insert(0, {root!r})
for name in {heavy!r}:
    sys.modules[name] = None
count = 0
for layer in {layers!r}:
    package = importlib.import_module('imagent_trainer.' + layer)
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):
        importlib.import_module(module.name)
        count += 1
print(count)
"""


def imported(source: str) -> set[str]:
    """Top-level names of every import in a module, those inside functions too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split('.')[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.split('.')[0])
    return names


def run_blocked(layers: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    program = BLOCKED_IMPORT.format(root=str(PACKAGE.parent), heavy=HEAVY, layers=layers)
    return subprocess.run([sys.executable, '-c', program], capture_output=True, text=True, check=False)


def test_the_torch_free_layers_import_with_torch_blocked() -> None:
    done = run_blocked(TORCH_FREE)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 15


def test_the_block_would_notice_torch() -> None:
    done = run_blocked(('export',))
    assert done.returncode != 0
    assert 'torch' in done.stderr or 'onnx' in done.stderr


@pytest.mark.parametrize('layer', TORCH_FREE)
def test_no_torch_free_file_imports_a_heavy_library_even_late(layer: str) -> None:
    files = sorted((PACKAGE / layer).rglob('*.py'))
    assert files
    assert not [file.name for file in files if imported(file.read_text()) & set(HEAVY)]


def test_the_trainer_never_opens_a_database() -> None:
    files = sorted(PACKAGE.rglob('*.py'))
    assert len(files) > 25
    assert not [file.name for file in files if imported(file.read_text()) & set(DATABASES)]


@pytest.mark.parametrize(
    'source',
    ['import sqlite3', 'def late():\n    import sqlite3.dbapi2 as db', 'from sqlite3 import connect'],
)
def test_the_database_check_would_notice_one(source: str) -> None:
    assert imported(source) & set(DATABASES)


def test_no_file_is_longer_than_500_lines() -> None:
    files = [*PACKAGE.rglob('*.py'), *Path(__file__).parent.rglob('*.py')]
    assert not [file.name for file in files if len(file.read_text().splitlines()) > 500]
