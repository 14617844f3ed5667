"""The files of a run folder, without torch: schemas, configuration, events, checkpoints, lock and heartbeat."""

import dataclasses
import errno
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from imagent_trainer.protocol import schema
from imagent_trainer.protocol.checkpoints import MANIFEST, newest_whole, thin, whole, write_checkpoint
from imagent_trainer.protocol.config import Config, Lora, gradient_accumulation_steps, read_config
from imagent_trainer.protocol.events import EventWriter
from imagent_trainer.protocol.files import finite, rename, replace_file, to_line
from imagent_trainer.protocol.process import AlreadyRunningError, FolderLock, Heartbeat, identity
from imagent_trainer.protocol.run_folder import RunFolder, read_demonstrations
from imagent_trainer.rollout.masks import DEFAULT_STATUSES
from imagent_trainer.rollout.status import STATUSES

SMALLEST = {'format': 1, 'run_id': 'run_0123456789abcdef', 'created_at': 0, 'agent_folder': '/agents/demo'}


def config(**knobs: Any) -> Config:
    return read_config({**SMALLEST, **knobs})


class TestConfig:
    def test_the_names_are_those_of_the_schema(self) -> None:
        properties = schema.schema('config')['properties']
        assert [field.name for field in dataclasses.fields(Config)] == list(properties)
        assert {field.name for field in dataclasses.fields(Lora)} == set(properties['lora']['properties'])

    def test_every_knob_has_a_default(self) -> None:
        found = config()
        assert (found.num_generations, found.loss_type, found.beta) == (8, 'dapo', 0)
        assert tuple(found.trajectory_mask.statuses) == DEFAULT_STATUSES
        assert found.judge is None

    def test_the_statuses_are_ours(self) -> None:
        items = schema.schema('config')['properties']['trajectory_mask']['properties']['statuses']['items']
        assert items['enum'] == list(STATUSES)

    def test_what_is_set_is_kept(self) -> None:
        found = config(
            lora={'rank': 4}, limits={'max_calls': 2}, judge={'base_url': 'http://x/v1', 'model': 'm'}
        )
        assert (found.lora.rank, found.lora.alpha) == (4, 32)
        assert found.judge is not None
        assert found.judge.timeout_seconds == 30

    @pytest.mark.parametrize(
        ('knobs', 'message'),
        [
            ({'num_generations': 1}, 'num_generations'),
            ({'learning_rate': float('nan')}, 'learning_rate'),
            ({'lora': {'rank': 2.5}}, 'lora.rank must be integer'),
            ({'trajectory_mask': {'statuses': ['bored']}}, r'statuses\[0\]'),
            ({'run_id': '../run'}, 'run_id'),
            ({'with_tools': 1}, 'with_tools must be boolean'),
            ({'per_device_train_batch_size': 5}, 'multiple of'),
            ({'num_generations': 2, 'demonstrations': {'per_group': 2}}, 'per_group'),
        ],
    )
    def test_what_does_not_fit_is_refused_by_name(self, knobs: dict[str, Any], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            config(**knobs)

    def test_a_step_is_cut_into_micro_batches(self) -> None:
        found = config(prompts_per_step=4, num_generations=8, per_device_train_batch_size=2, num_processes=2)
        assert gradient_accumulation_steps(found) == 8

    def test_a_schema_keyword_that_is_not_known_is_an_error(self) -> None:
        with pytest.raises(schema.SchemaError, match='multipleOf'):
            schema.fit({'multipleOf': 3}, 3, 'x')


class TestEvents:
    def events(self, path: Path) -> list[dict[str, Any]]:
        return [json.loads(line) for line in path.read_bytes().splitlines()]

    def test_events_are_numbered_over_restarts(self, tmp_path: Path) -> None:
        path = tmp_path / 'events.jsonl'
        for attempt in (1, 2):
            writer = EventWriter(path)
            assert writer.attempts == attempt - 1
            writer.write('run_started', attempt=attempt)
            writer.write('phase', step=0, phase='loading', done=None, total=None)
            writer.close()
        assert [event['seq'] for event in self.events(path)] == [1, 2, 3, 4]

    def test_half_a_line_of_a_crash_stays_a_line_of_its_own(self, tmp_path: Path) -> None:
        path = tmp_path / 'events.jsonl'
        writer = EventWriter(path)
        writer.write('warning', step=None, code='other', message='x')
        writer.close()
        with path.open('ab') as file:
            file.write(b'{"type":"step_fin')
        writer = EventWriter(path)
        writer.write('warning', step=None, code='other', message='y')
        writer.close()
        lines = path.read_bytes().split(b'\n')
        assert [json.loads(lines[0])['seq'], json.loads(lines[2])['seq']] == [1, 2]
        assert lines[1] == b'{"type":"step_fin'

    def test_what_is_not_finite_is_null_and_said(self, tmp_path: Path) -> None:
        path = tmp_path / 'events.jsonl'
        writer = EventWriter(path)
        writer.write('warm_up_step', step=1, total=2, loss=float('nan'), learning_rate=float('inf'))
        writer.close()
        first, second = self.events(path)
        assert (first['loss'], first['learning_rate']) == (None, None)
        assert (second['code'], second['step']) == ('not_finite_metric', 1)
        for event in (first, second):
            schema.read('event', event)

    def test_a_part_of_a_line_on_a_full_disk_is_taken_back(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / 'events.jsonl'
        writer = EventWriter(path)
        writer.write('warning', step=None, code='other', message='kept')
        whole_line = path.read_bytes()
        real = writer._file

        class Halfway:
            calls = 0

            def write(self, content: bytes) -> int:
                Halfway.calls += 1
                if Halfway.calls == 1:
                    return real.write(content[:10])
                raise OSError(errno.ENOSPC, 'No space left on device')

            def __getattr__(self, name: str) -> Any:
                return getattr(real, name)

        monkeypatch.setattr(writer, '_file', Halfway())
        with pytest.raises(OSError, match='No space'):
            writer.write('warning', step=None, code='other', message='lost')
        assert path.read_bytes() == whole_line
        monkeypatch.setattr(writer, '_file', real)
        writer.write('warning', step=None, code='other', message='after')
        writer.close()
        assert [event['seq'] for event in self.events(path)] == [1, 2]

    def test_a_line_is_json_whatever_the_agent_wrote(self) -> None:
        line = to_line(finite({'text': 'a\nb\ud800', 'values': (1.0, float('-inf'))}))
        assert line.count(b'\n') == 1
        assert json.loads(line) == {'text': 'a\nb?', 'values': [1.0, None]}


def write_one(parent: Path, step: int, accuracy: float | None = None, **given: Any) -> Path:
    files = {
        name: (lambda path, name=name: path.write_text(f'{name} {step}')) for name in ('weights', 'optimizer')
    }
    about = {'run_id': SMALLEST['run_id'], 'kind': 'lora', 'accuracy': accuracy}
    return write_checkpoint(parent, step, files, about, **given).folder


class TestCheckpoints:
    def test_a_whole_one_is_found_and_its_manifest_fits_the_schema(self, tmp_path: Path) -> None:
        folder = write_one(tmp_path, 10, 0.5)
        schema.read('manifest', json.loads((folder / MANIFEST).read_text()))
        found = newest_whole(tmp_path)
        assert found is not None
        assert (found.step, found.accuracy, found.folder.name) == (10, 0.5, 'step-000010')

    @pytest.mark.parametrize('damage', ['cut', 'flip', 'missing', 'manifest'])
    def test_a_damaged_one_is_passed_over_and_named(self, tmp_path: Path, damage: str) -> None:
        write_one(tmp_path, 10)
        newer = write_one(tmp_path, 20)
        weights = newer / 'weights'
        match damage:
            case 'cut':
                weights.write_bytes(weights.read_bytes()[:-1])
            case 'flip':
                weights.write_bytes(b'X' + weights.read_bytes()[1:])
            case 'missing':
                weights.unlink()
            case _:
                (newer / MANIFEST).write_text('{"format": 1')
        broken: list[Path] = []
        found = newest_whole(tmp_path, broken.append)
        assert found is not None
        assert (found.step, broken) == (10, [newer])

    def test_a_manifest_can_not_name_a_file_elsewhere(self, tmp_path: Path) -> None:
        folder = write_one(tmp_path, 10)
        (tmp_path / 'weights').write_text('weights 10')
        manifest = json.loads((folder / MANIFEST).read_text())
        manifest['files'][0]['name'] = '../weights'
        (folder / MANIFEST).write_text(json.dumps(manifest))
        assert whole(folder) is None

    @pytest.mark.parametrize('file', ['weights', 'optimizer', MANIFEST])
    def test_a_full_disk_at_any_file_leaves_the_older_one(self, tmp_path: Path, file: str) -> None:
        write_one(tmp_path, 10)

        def full(name: str, write: Any) -> None:
            write()
            if name == file:
                raise OSError(errno.ENOSPC, 'No space left on device')

        with pytest.raises(OSError, match='No space'):
            write_one(tmp_path, 20, around=full)
        found = newest_whole(tmp_path)
        assert found is not None
        assert found.step == 10
        assert [path.name for path in tmp_path.iterdir()] == ['step-000010']

    def test_what_a_crash_left_is_cleared_by_the_next_save(self, tmp_path: Path) -> None:
        (tmp_path / '.unfinished-step-000010').mkdir()
        write_one(tmp_path, 20)
        assert [path.name for path in tmp_path.iterdir()] == ['step-000020']

    def test_the_oldest_go_but_the_best_one_stays(self, tmp_path: Path) -> None:
        for step, accuracy in ((1, 0.2), (2, 0.9), (3, 0.5), (4, None), (5, 0.4)):
            write_one(tmp_path, step, accuracy)
        gone: list[int] = []
        thin(tmp_path, 2, lambda step, _: gone.append(step))
        assert sorted(gone) == [1, 3]
        assert sorted(path.name for path in tmp_path.iterdir()) == [
            'step-000002',
            'step-000004',
            'step-000005',
        ]


class TestProcess:
    def test_a_folder_has_one_trainer(self, tmp_path: Path) -> None:
        path = tmp_path / 'trainer.lock'
        with FolderLock(path), pytest.raises(AlreadyRunningError), FolderLock(path):
            pass
        with FolderLock(path):
            pass

    def test_the_lock_ends_with_its_process_however_that_ends(self, tmp_path: Path) -> None:
        path = tmp_path / 'trainer.lock'
        program = (
            f'import sys, os, time; sys.path.insert(0, {str(Path(__file__).parents[2] / "trainer")!r})\n'
            'from pathlib import Path\n'
            'from imagent_trainer.protocol.process import FolderLock\n'
            f'lock = FolderLock(Path({str(path)!r})); lock.__enter__()\n'
            'print("held", flush=True); time.sleep(600)'
        )
        child = subprocess.Popen([sys.executable, '-c', program], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        assert child.stdout.readline() == 'held\n'
        with pytest.raises(AlreadyRunningError), FolderLock(path):
            pass
        child.kill()
        child.wait()
        child.stdout.close()
        with FolderLock(path):
            pass

    def test_a_heartbeat_says_who_it_is_and_goes_at_the_end(self, tmp_path: Path) -> None:
        import os

        path = tmp_path / 'heartbeat.json'
        with Heartbeat(path, attempt=3):
            found = schema.read('heartbeat', json.loads(path.read_text()))
            assert (found['pid'], found['attempt']) == (os.getpid(), 3)
            own = identity(os.getpid())
            assert (found['start_ticks'], found['boot_id']) == (own['start_ticks'], own['boot_id'])
            assert abs(found['started_at'] - own['started_at']) <= 2000
        assert not path.exists()

    @pytest.mark.skipif(sys.platform != 'linux', reason='only Linux has start ticks')
    def test_on_linux_it_names_the_process_exactly(self) -> None:
        import os

        found = identity(os.getpid())
        assert found['start_ticks'] > 0
        assert found['boot_id'].count('-') == 4


class TestSmallFiles:
    @pytest.mark.parametrize(
        ('system', 'failures', 'slept'), [('nt', 3, 3), ('nt', 10, None), ('posix', 1, None)]
    )
    def test_a_rename_is_tried_again_where_scanners_hold_files(
        self, monkeypatch: pytest.MonkeyPatch, system: str, failures: int, slept: int | None
    ) -> None:
        class Held:
            tries = 0

            def replace(self, new: object) -> None:
                Held.tries += 1
                if Held.tries <= failures:
                    raise PermissionError(13, 'held')

        old: Any = Held()
        waits: list[float] = []
        monkeypatch.setattr('imagent_trainer.protocol.files.os', SimpleNamespace(name=system))
        if slept is None:
            with pytest.raises(PermissionError):
                rename(old, old, waits.append)
        else:
            rename(old, old, waits.append)
            assert len(waits) == slept

    def test_a_file_is_replaced_or_stays(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / 'control.json'
        replace_file(path, b'old')

        def full(*_: Any) -> None:
            raise OSError(errno.ENOSPC, 'No space left on device')

        monkeypatch.setattr('os.fsync', full)
        with pytest.raises(OSError, match='No space'):
            replace_file(path, b'new')
        assert path.read_bytes() == b'old'
        assert [one.name for one in tmp_path.iterdir()] == ['control.json']

    @pytest.mark.parametrize(
        ('text', 'command'),
        [
            ('{"command": "stop", "at": 1}', 'stop'),
            ('{"command": "pause", "at": 1}', 'pause'),
            ('{"command": "dance", "at": 1}', None),
            ('{"comm', None),
            ('\xff', None),
        ],
    )
    def test_a_command_that_can_not_be_read_is_none(
        self, tmp_path: Path, text: str, command: str | None
    ) -> None:
        folder = RunFolder(tmp_path)
        assert folder.read_command() is None
        folder.control.write_text(text, encoding='latin-1')
        assert folder.read_command() == command

    def test_demonstrations_are_read_with_their_marks_and_boxes(self, tmp_path: Path) -> None:
        path = tmp_path / 'demonstrations.jsonl'
        row = {
            'id': 'd1',
            'sample_id': 's1',
            'turns': [{'text': 'a', 'mark': 'good'}, {'text': 'b'}],
            'approved_boxes': [{'image': 0, 'box': [1, 2, 3, 4]}],
        }
        path.write_text(json.dumps(row) + '\n\n', encoding='utf-8')
        (found,) = read_demonstrations(path)
        assert [turn.mark for turn in found.turns] == ['good', None]
        assert found.approved_boxes[0].box == (1, 2, 3, 4)
        path.write_text(json.dumps({**row, 'turns': []}), encoding='utf-8')
        with pytest.raises(ValueError, match='line 1'):
            list(read_demonstrations(path))
