"""Whole runs on small folders: what they write, that they go on as if nothing had happened, and how they fail."""

import errno
import json
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from grpo_runs import DEMO_AGENT, LIVELY, config, events, of_type, write_run
from imagent_trainer.data.samples import KINDS
from imagent_trainer.protocol import schema
from imagent_trainer.protocol.checkpoints import MANIFEST, newest_whole
from imagent_trainer.protocol.process import FolderLock
from imagent_trainer.protocol.run_folder import RunFolder
from imagent_trainer.train.grpo import run as command
from imagent_trainer.train.grpo.errors import explain
from imagent_trainer.train.grpo.reporter import Reporter
from imagent_trainer.train.grpo.session import Session, StopFlag
from imagent_trainer.train.grpo.trainer import AgentTrainer, check_gradients

pytestmark = pytest.mark.torch

CURVE = Path(__file__).resolve().parents[1] / 'fixtures' / 'training' / 'curve.json'


@pytest.fixture(autouse=True)
def own_signals() -> Iterator[None]:
    """A run listens to SIGTERM and SIGINT; the tests should not go on doing so."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def train(folder: Path, **given: Any) -> int:
    return command.run_first(RunFolder(folder), **given)


def say(folder: Path, word: str) -> None:
    (folder / 'control.json').write_text(json.dumps({'command': word, 'at': 0}))


def figures(folder: Path) -> list[dict[str, float]]:
    """What a step came to, without times and memory."""
    names = ('reward', 'accuracy', 'tool_rate', 'completion_tokens', 'entropy', 'loss', 'grad_norm')
    return [{name: event['metrics'][name] for name in names} for event in of_type(folder, 'step_finished')]


def adapter(folder: Path) -> dict[str, torch.Tensor]:
    found = newest_whole(folder / 'checkpoints')
    assert found is not None
    return load_file(found.folder / 'adapter_model.safetensors')


def alike(first: Path, second: Path, tolerance: float = 1e-5) -> None:
    one, other = adapter(first), adapter(second)
    assert one.keys() == other.keys()
    assert any(value.abs().max() > 0 for name, value in one.items() if 'lora_B' in name)
    for name, value in one.items():
        assert torch.allclose(value, other[name], rtol=1e-3, atol=tolerance), name


def failure(folder: Path) -> dict[str, Any]:
    (found,) = of_type(folder, 'failed')
    return found


@pytest.fixture(scope='module')
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three lively steps with demonstrations and an evaluation."""
    folder = write_run(
        tmp_path_factory.mktemp('finished') / 'run',
        shown=True,
        max_steps=3,
        evaluation_every=2,
        evaluation_samples=2,
        demonstrations={'mode': 'off_policy'},
        **LIVELY,
    )
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    assert train(folder) == 0
    for number, handler in before.items():
        signal.signal(number, handler)
    return folder


class TestWhatARunWrites:
    def test_every_event_fits_the_schema_and_they_come_in_order(self, finished: Path) -> None:
        found = events(finished)
        assert [event['seq'] for event in found] == list(range(1, len(found) + 1))
        steps = [event['step'] for event in found if event['type'] == 'step_finished']
        assert steps == [1, 2, 3]
        assert found[-1]['type'] == 'run_ended'
        assert (found[-1]['outcome'], found[-1]['checkpoint']) == ('finished', 'checkpoints/step-000003')
        assert [event['step'] for event in found if event['type'] == 'evaluation'] == [0, 2, 3]

    def test_every_rollout_of_a_step_is_in_its_file(self, finished: Path) -> None:
        told = of_type(finished, 'rollouts')
        assert [event['count'] for event in told] == [8, 8, 8]
        for event in told:
            path = finished / event['file']
            assert path.stat().st_size == event['bytes']
            lines = [schema.read('rollout', json.loads(line)) for line in path.read_text().splitlines()]
            assert [(line['group'], line['index']) for line in lines] == [
                (group, index) for group in range(2) for index in range(4)
            ]
            for line in lines:
                sampled = [one['tokens'] for one in line['segments'] if one['kind'] == 'turn']
                assert sampled == [len(turn['token_ids']) for turn in line['turns']]

    def test_the_advantages_are_those_of_the_rewards(self, finished: Path) -> None:
        lines = [
            json.loads(line) for line in (finished / 'rollouts/step-000001.jsonl').read_text().splitlines()
        ]
        for group in range(2):
            members = [line for line in lines if line['group'] == group]
            kept = [one['reward']['total'] for one in members if not one['mask']['dropped']]
            mean = sum(kept) / len(kept)
            for one in members:
                sign = 0 if one['mask']['dropped'] else one['reward']['total'] - mean
                assert (one['advantage'] > 1e-9) == (sign > 1e-9)
                assert (one['advantage'] < -1e-9) == (sign < -1e-9)

    def test_a_demonstration_is_a_member_of_its_group(self, finished: Path) -> None:
        lines = [
            json.loads(line) for line in (finished / 'rollouts/step-000001.jsonl').read_text().splitlines()
        ]
        shown = [line for line in lines if line['demonstration_id'] is not None]
        assert [line['index'] for line in shown] == [3, 3]
        for line in shown:
            assert line['correct'] is True
            assert line['turns'][0]['action']['kind'] == 'zoom_in'
            assert line['turns'][0]['logprobs'] is None
            assert line['views'][-1]['origin'] == 'zoom_in'
        metrics = of_type(finished, 'step_finished')[0]['metrics']
        assert (metrics['rollouts'], metrics['demonstrations']) == (6, 2)
        assert 0 < metrics['demonstration_weight'] <= 0.25

    def test_nothing_is_left_of_the_process(self, finished: Path) -> None:
        assert not (finished / 'heartbeat.json').exists()
        assert not list(finished.glob('.events*'))
        assert not list((finished / 'checkpoints').glob('.unfinished*'))


def test_the_same_seed_gives_the_committed_curve(finished: Path) -> None:
    """WRITE_CURVE=1 writes it anew, after a change that is meant to change it."""
    found = figures(finished)
    if os.environ.get('WRITE_CURVE'):
        CURVE.parent.mkdir(exist_ok=True)
        CURVE.write_text(json.dumps(found, indent=1) + '\n')
    committed = json.loads(CURVE.read_text())
    assert len(committed) == 3
    assert max(step['grad_norm'] for step in committed) > 0
    for step, known in zip(found, committed, strict=True):
        assert step == pytest.approx(known, rel=1e-2, abs=1e-4)


class TestGoingOn:
    def test_stopped_and_resumed_is_uninterrupted(self, finished: Path, tmp_path: Path) -> None:
        folder = tmp_path / 'run'
        shutil.copytree(
            finished, folder, ignore=shutil.ignore_patterns('events.jsonl', 'checkpoints', 'rollouts')
        )
        say(folder, 'stop')
        assert train(folder) == 0
        (ended,) = of_type(folder, 'run_ended')
        assert (ended['outcome'], ended['step']) == ('stopped', 1)
        (folder / 'control.json').unlink()
        assert train(folder) == 0
        assert [event['resumed_from'] for event in of_type(folder, 'run_started')] == [None, 1]
        assert [event['attempt'] for event in of_type(folder, 'run_started')] == [1, 2]
        for step, known in zip(figures(folder), figures(finished), strict=True):
            assert step == pytest.approx(known, rel=1e-4, abs=1e-6)
        alike(folder, finished)

    def test_one_micro_batch_or_many_give_one_curve(self, finished: Path, tmp_path: Path) -> None:
        """The same step of eight rollouts as two micro-batches of four, and as eight of one."""
        folder = tmp_path / 'run'
        shutil.copytree(
            finished, folder, ignore=shutil.ignore_patterns('events.jsonl', 'checkpoints', 'rollouts')
        )
        whole = json.loads((folder / 'config.json').read_text())
        (folder / 'config.json').write_text(json.dumps({**whole, 'per_device_train_batch_size': 1}))
        assert train(folder) == 0
        accumulated = [
            of_type(one, 'run_started')[0]['gradient_accumulation_steps'] for one in (finished, folder)
        ]
        assert accumulated == [2, 8]
        for step, known in zip(figures(folder), figures(finished), strict=True):
            assert step == pytest.approx(known, rel=1e-3, abs=1e-5)
        alike(folder, finished, tolerance=1e-4)

    def test_a_broken_checkpoint_is_passed_over(self, finished: Path, tmp_path: Path) -> None:
        folder = tmp_path / 'run'
        shutil.copytree(finished, folder)
        (folder / 'checkpoints' / 'step-000003' / MANIFEST).unlink()
        assert train(folder) == 0
        assert of_type(folder, 'run_started')[-1]['resumed_from'] == 2
        assert [event['code'] for event in of_type(folder, 'warning')] == ['checkpoint_broken']
        alike(folder, finished)

    def test_a_finished_run_stays_finished(self, finished: Path, tmp_path: Path) -> None:
        folder = tmp_path / 'run'
        shutil.copytree(finished, folder)
        assert train(folder) == 0
        assert len(of_type(folder, 'step_finished')) == 3
        assert of_type(folder, 'run_ended')[-1]['outcome'] == 'finished'

    def test_a_pause_waits_at_the_end_of_a_step(self, tmp_path: Path) -> None:
        """The clock is the test's: it says `resume` while the run waits."""
        slept: list[float] = []

        def sleep(seconds: float) -> None:
            slept.append(seconds)
            if len(slept) == 3:
                say(tmp_path, 'resume')

        nothing: Any = None
        told: list[str] = []
        reporter: Any = Reporter(RunFolder(tmp_path), None)
        reporter.phase = lambda phase, step: told.append(phase)
        session = Session(
            config(save_every=5),
            RunFolder(tmp_path),
            nothing,
            nothing,
            nothing,
            nothing,
            reporter,
            [],
            StopFlag(),
            sleep,
        )
        say(tmp_path, 'pause')
        ends, _ = session.after_step(1)
        assert not ends
        assert len(slept) == 3
        assert told[:3] == ['paused'] * 3


class TestFailing:
    def test_a_full_disk_at_any_file_of_a_checkpoint_ends_it_with_the_one_before(
        self, tmp_path: Path
    ) -> None:
        """Each attempt fails at another file of the second checkpoint, until there is space again."""
        folder = write_run(tmp_path / 'run')
        files: list[str] = []
        seen: list[str] = []

        def full(name: str, write: Any) -> None:
            write()
            if newest_whole(folder / 'checkpoints') is None:
                files.append(name)
            elif name not in seen:
                seen.append(name)
                raise OSError(errno.ENOSPC, 'No space left on device')

        for attempt in range(1, 7):
            assert train(folder, around=full) == 1
            found = of_type(folder, 'failed')[-1]
            assert (found['code'], found['checkpoint']) == ('disk_full', 'checkpoints/step-000001')
            assert (found['step'], len(seen)) == (2, attempt)
            assert 'Free some space' in found['message']
            assert [path.name for path in (folder / 'checkpoints').iterdir()] == ['step-000001']
        assert seen == files
        assert {'adapter_model.safetensors', 'optimizer.pt', 'scheduler.pt', MANIFEST} <= set(seen)
        assert train(folder, around=full) == 0
        assert of_type(folder, 'run_ended')[-1]['outcome'] == 'finished'

    def test_a_disk_that_is_nearly_full_is_said_before_each_checkpoint(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = write_run(tmp_path / 'run')
        nearly = SimpleNamespace(free=100_000)
        monkeypatch.setattr('imagent_trainer.train.grpo.saving.shutil.disk_usage', lambda _: nearly)
        assert train(folder) == 0
        found = [event for event in of_type(folder, 'warning') if event['code'] == 'low_disk']
        assert [event['step'] for event in found] == [1, 2]
        assert 'Free some space' in found[0]['message']

    @pytest.mark.parametrize(
        ('error', 'code'),
        [
            (torch.OutOfMemoryError('CUDA out of memory'), 'gpu_out_of_memory'),
            (MemoryError(), 'out_of_memory'),
            (ValueError('what?'), 'internal'),
        ],
    )
    def test_a_fault_in_a_step_keeps_the_last_checkpoint(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str
    ) -> None:
        folder = write_run(tmp_path / 'run')
        real = AgentTrainer.training_step

        def step(self: Any, *args: Any) -> Any:
            if self.state.global_step == 1:
                raise error
            return real(self, *args)

        monkeypatch.setattr(AgentTrainer, 'training_step', step)
        assert train(folder) == 1
        found = failure(folder)
        assert (found['code'], found['checkpoint']) == (code, 'checkpoints/step-000001')

    @pytest.mark.parametrize(
        ('error', 'code'),
        [
            (RuntimeError('CUDA error: out of memory\nCompile with TORCH_USE_CUDA_DSA'), 'gpu_out_of_memory'),
            (RuntimeError('CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling'), 'gpu_out_of_memory'),
            (RuntimeError('MPS backend out of memory (MPS allocated: 9 GB)'), 'gpu_out_of_memory'),
            (RuntimeError('[enforce fail] DefaultCPUAllocator: not enough memory: you'), 'out_of_memory'),
            (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), 'out_of_memory'),
            (OSError(errno.ENOMEM, 'Cannot allocate memory'), 'out_of_memory'),
            (OSError(errno.ENOSPC, 'No space left on device'), 'disk_full'),
            (RuntimeError('[enforce fail] PytorchStreamWriter failed: No space left on device'), 'disk_full'),
            (RuntimeError('CUDA error: device-side assert triggered'), 'internal'),
        ],
    )
    def test_faults_are_told_by_the_words_of_the_libraries(self, error: Exception, code: str) -> None:
        assert explain(error)[0] == code
        wrapped = ValueError('it did not work')
        wrapped.__cause__ = error
        assert explain(wrapped)[0] == code

    def test_a_gradient_that_is_not_a_number_ends_it_before_it_reaches_the_weights(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = write_run(tmp_path / 'run', **LIVELY)
        real = AgentTrainer.training_step

        def step(self: Any, model: Any, *args: Any) -> Any:
            loss = real(self, model, *args)
            if self.state.global_step == 1:
                next(one for one in model.parameters() if one.grad is not None).grad.fill_(float('inf'))
            return loss

        monkeypatch.setattr(AgentTrainer, 'training_step', step)
        assert train(folder) == 1
        found = failure(folder)
        assert (found['code'], found['checkpoint']) == ('not_finite', 'checkpoints/step-000001')
        assert 'learning_rate' in found['message']
        assert all(one.isfinite().all() for one in adapter(folder).values())

    def test_an_agent_that_is_not_a_number_ends_it(self, tmp_path: Path) -> None:
        agent = tmp_path / 'agent'
        shutil.copytree(DEMO_AGENT, agent, ignore=shutil.ignore_patterns('onnx'))
        weights = load_file(agent / 'model.safetensors')
        weights['model.language_model.norm.weight'][0] = float('nan')
        save_file(weights, agent / 'model.safetensors', {'format': 'pt'})
        folder = write_run(tmp_path / 'run', agent)
        assert train(folder) == 1
        assert failure(folder)['code'] == 'not_finite'
        assert 'learning_rate' in failure(folder)['message']

    def test_a_gradient_that_is_not_a_number_never_reaches_the_weights(self) -> None:
        model = torch.nn.Linear(2, 1)
        check_gradients(model)
        model(torch.tensor([[1.0, float('inf')]])).sum().backward()
        with pytest.raises(Exception, match='not a number') as caught:
            check_gradients(model)
        assert explain(caught.value)[0] == 'not_finite'

    def test_a_judge_that_stays_silent_ends_it(self, tmp_path: Path) -> None:
        """Its answers would be needed: nothing listens at port 9."""
        judge = {'base_url': 'http://127.0.0.1:9/v1', 'model': 'm', 'timeout_seconds': 1, 'max_retries': 0}
        judge['answer_kinds'] = list(KINDS)
        folder = write_run(tmp_path / 'run', judge=judge, **{**LIVELY, 'max_steps': 9, 'temperature': 2.0})
        assert train(folder) == 1
        assert failure(folder)['code'] == 'judge_unreachable'
        assert '127.0.0.1:9' in failure(folder)['message']
        masked = [event['metrics']['masked_by'] for event in of_type(folder, 'step_finished')]
        assert any('unscored' in causes for causes in masked)
        assert 'judge_unreachable' in {event['code'] for event in of_type(folder, 'warning')}

    @pytest.mark.parametrize(
        ('damage', 'code'),
        [
            (lambda folder: (folder / 'config.json').write_text('{"format": 1}'), 'bad_config'),
            (lambda folder: (folder / 'config.json').unlink(), 'bad_config'),
            (lambda folder: (folder / 'data/train.jsonl').write_text('{"question": 1}\n'), 'bad_data'),
            (lambda folder: (folder / 'data/train.jsonl').write_text(''), 'bad_data'),
            (lambda folder: shutil.rmtree(folder / 'data/images'), 'bad_data'),
        ],
    )
    def test_what_can_not_be_read_is_said(self, tmp_path: Path, damage: Any, code: str) -> None:
        folder = write_run(tmp_path / 'run')
        damage(folder)
        assert train(folder) == 1
        assert failure(folder)['code'] == code

    def test_an_agent_folder_that_is_none_is_said(self, tmp_path: Path) -> None:
        (tmp_path / 'agent').mkdir()
        folder = write_run(tmp_path / 'run', tmp_path / 'agent')
        assert train(folder) == 1
        assert failure(folder)['code'] == 'bad_agent'

    def test_a_second_trainer_leaves_the_first_alone(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        folder = write_run(tmp_path / 'run')
        with FolderLock(folder / 'trainer.lock'):
            assert command.main([str(folder)]) == 3
        assert 'Another trainer' in capsys.readouterr().err
        assert not (folder / 'events.jsonl').exists()


class TestDemonstrations:
    def test_the_warm_up_is_before_grpo_and_kept(self, tmp_path: Path) -> None:
        mode = {'mode': 'warm_up', 'warm_up_steps': 6, 'warm_up_batch_size': 4, 'warm_up_learning_rate': 3e-3}
        folder = write_run(tmp_path / 'run', shown=True, max_steps=1, demonstrations=mode)
        assert train(folder) == 0
        losses = [event['loss'] for event in of_type(folder, 'warm_up_step')]
        assert len(losses) == 6
        assert losses[-1] < losses[0] / 2
        assert [event['step'] for event in of_type(folder, 'checkpoint_saved')] == [0, 1]
        # Going on does not warm up again.
        shutil.rmtree(folder / 'checkpoints' / 'step-000001')
        assert train(folder) == 0
        assert len(of_type(folder, 'warm_up_step')) == 6
        assert of_type(folder, 'run_started')[-1]['resumed_from'] == 0

    def test_one_that_leads_nowhere_is_left_out(self, tmp_path: Path) -> None:
        folder = write_run(tmp_path / 'run', shown=True, max_steps=1, demonstrations={'mode': 'off_policy'})
        path = folder / 'data' / 'demonstrations.jsonl'
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        rows[0]['turns'] = rows[0]['turns'][:1]
        rows[1]['sample_id'] = 'elsewhere'
        path.write_text('\n'.join(map(json.dumps, rows)))
        assert train(folder) == 0
        left_out = [
            one['message'] for one in of_type(folder, 'warning') if one['code'] == 'demonstration_left_out'
        ]
        assert len(left_out) == 2
        assert any('no_answer' in message for message in left_out)
        assert of_type(folder, 'run_started')[0]['samples']['demonstrations'] == 2
