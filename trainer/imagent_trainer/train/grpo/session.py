"""A run from its first step to its last: what is done between steps. Evaluations, checkpoints, pause and stop."""

import signal
import time
from collections.abc import Callable, Sequence
from typing import Any

from accelerate.utils import broadcast_object_list, gather_object

from imagent_trainer.data.samples import Sample
from imagent_trainer.protocol.config import Config
from imagent_trainer.protocol.run_folder import RunFolder
from imagent_trainer.rollout.record import Place, rollout_json
from imagent_trainer.train.grpo.metrics import evaluation_metrics, facts_of
from imagent_trainer.train.grpo.plan import Slot
from imagent_trainer.train.grpo.player import Player
from imagent_trainer.train.grpo.reporter import Reporter
from imagent_trainer.train.grpo.saving import Saver
from imagent_trainer.train.grpo.scoring import Scorer
from imagent_trainer.train.grpo.trainer import AgentTrainer, verdict_of
from imagent_trainer.train.policy import Sampling

LOOK_SECONDS = 0.25


class StopFlag:
    """SIGTERM and SIGINT mean what `stop` in control.json means: end the step, save, end."""

    def __init__(self) -> None:
        self.set = False

    def listen(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._hear)

    def _hear(self, *_: Any) -> None:
        self.set = True


class Session:
    def __init__(
        self,
        config: Config,
        folder: RunFolder,
        trainer: AgentTrainer,
        player: Player,
        scorer: Scorer,
        saver: Saver,
        reporter: Reporter,
        validation: Sequence[Sample],
        stop: StopFlag,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._config, self._folder, self._trainer = config, folder, trainer
        self._player, self._scorer, self._saver, self._reporter = player, scorer, saver, reporter
        self._validation = validation[: config.evaluation_samples]
        self._stop, self._sleep = stop, sleep
        self._accuracy: float | None = None
        self._evaluated = -1
        self.stopped = False

    def begin(self, step: int) -> None:
        """How good the agent is before the first step, to compare with."""
        if step == 0 and self._config.evaluation_every > 0:
            self.evaluate(0)

    def after_step(self, step: int) -> tuple[bool, float]:
        """Whether the training ends, and how many seconds a checkpoint took."""
        config = self._config
        last = step >= config.max_steps
        # Rollouts that are used several times are not kept: a run goes on where new ones are made.
        between = step % config.num_iterations == 0
        self.stopped = between and not last and self._told_to_stop(step)
        every = config.evaluation_every
        if every > 0 and (last or step % every == 0):
            self.evaluate(step)
        started = time.perf_counter()
        if last or self.stopped or (between and step % config.save_every == 0):
            self._reporter.phase('saving', step)
            self._saver.save(self._trainer, self._accuracy if self._evaluated == step else None)
        return self.stopped, time.perf_counter() - started

    def _told_to_stop(self, step: int) -> bool:
        """Waits while the host wants a pause. All processes hear what the first one heard."""
        while True:
            heard: list[Any] = [self._heard()]
            broadcast_object_list(heard)
            if heard[0] == 'stop':
                self._reporter.phase('stopping', step)
                return True
            if heard[0] != 'pause':
                return False
            self._reporter.phase('paused', step)
            self._sleep(LOOK_SECONDS)

    def _heard(self) -> str | None:
        return 'stop' if self._stop.set else self._folder.read_command()

    def evaluate(self, step: int) -> None:
        """Greedy, the samples shared out between the processes."""
        if not self._validation or self._evaluated == step:
            return
        started, accelerator = time.perf_counter(), self._trainer.accelerator
        chosen = list(enumerate(self._validation))[accelerator.process_index :: accelerator.num_processes]
        slots = [Slot(Place(step, at, 0), sample, 0, None) for at, sample in chosen]

        def note(done: int, total: int) -> None:
            self._reporter.phase('evaluation', step, done, total)

        self._reporter.phase('evaluation', step, 0, len(slots))
        played = self._player.play(slots, Sampling(0.0), note)
        scored = self._scorer.score_all(
            slots, played, lambda text: self._reporter.warn('judge_unreachable', text, step)
        )
        pixels = self._player.settings.pixels
        records = gather_object(
            [rollout_json(one.trajectory, one.slot.place, verdict_of(one, 0.0), pixels) for one in scored]
        )
        facts = gather_object(
            [facts_of(one.trajectory, one.slot.sample, one.decision, one.score) for one in scored]
        )
        metrics = evaluation_metrics(facts, time.perf_counter() - started)
        records.sort(key=lambda record: record['group'])
        name, _, _ = self._reporter.lines(self._reporter.evaluation_file(step), records)
        self._reporter.event('evaluation', step=step, metrics=metrics, file=name)
        self._accuracy, self._evaluated = metrics['accuracy'], step
