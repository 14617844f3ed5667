"""A folder is replaced whole or not at all."""

from pathlib import Path

import pytest

from imagent_trainer.protocol.publish import replaced_folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_appears_with_its_files(tmp_path: Path) -> None:
    with replaced_folder(tmp_path / 'deep' / 'model') as folder:
        (folder / 'a').write_text('1')
        assert not (tmp_path / 'deep' / 'model').exists()
    assert (tmp_path / 'deep' / 'model' / 'a').read_text() == '1'
    assert names(tmp_path / 'deep') == ['model']


def test_an_old_folder_gives_way_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / 'model').mkdir()
    (tmp_path / 'model' / 'old').write_text('1')
    with replaced_folder(tmp_path / 'model') as folder:
        (folder / 'new').write_text('2')
        assert names(tmp_path / 'model') == ['old']
    assert names(tmp_path / 'model') == ['new']
    assert names(tmp_path) == ['model']


def test_an_error_leaves_the_old_folder_as_it_was(tmp_path: Path) -> None:
    (tmp_path / 'model').mkdir()
    (tmp_path / 'model' / 'old').write_text('1')
    with pytest.raises(RuntimeError), replaced_folder(tmp_path / 'model') as folder:
        (folder / 'new').write_text('2')
        raise RuntimeError
    assert names(tmp_path / 'model') == ['old']
    assert names(tmp_path) == ['model']
