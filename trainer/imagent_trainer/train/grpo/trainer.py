"""TRL's GRPOTrainer with our rollouts: what a step is made of comes from us, what is done with it from TRL.

Overridden: `_generate_and_score_completions` (plays, scores, compares), `_prepare_inputs` (cuts a step into
micro-batches of like length, without a random order), `_compute_loss` (builds pixels late, cuts padding off), `log`
and what follows an optimiser step. Everything else, the loss types, KL, LoRA, clipping and processes, is TRL's.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from accelerate.utils import gather_object
from torch import Tensor
from trl.trainer.grpo_trainer import GRPOTrainer

from imagent_trainer.protocol.config import Config
from imagent_trainer.rewards.advantage import GroupAdvantages
from imagent_trainer.rollout.record import Verdict, rollout_json
from imagent_trainer.train.grpo.batch import Pixels, Row, empty_row, row_of, shaping, tensors_of, trimmed
from imagent_trainer.train.grpo.errors import RunError
from imagent_trainer.train.grpo.metrics import Facts, facts_of, judge_is_silent, step_metrics
from imagent_trainer.train.grpo.plan import Plan
from imagent_trainer.train.grpo.player import Player
from imagent_trainer.train.grpo.reporter import Reporter, memory
from imagent_trainer.train.grpo.scoring import Scored, Scorer, compare
from imagent_trainer.train.policy import Sampling

# Losses whose normaliser does not change when rows without gradient are left out of the forward pass.
SKIPPABLE = ('grpo', 'dr_grpo', 'dapo', 'cispo', 'sapo', 'luspo', 'vespo')
MOST_SILENT_STEPS = 3
AfterStep = Callable[[int], tuple[bool, float]]
"""Called after each optimiser step with its number. Says whether the training ends, and how long a save took."""


class AgentTrainer(GRPOTrainer):
    """`bind` gives it what plays and what is told, before `train()`."""

    run: Config
    player: Player
    plan: Plan
    scorer: Scorer
    reporter: Reporter
    after_step: AfterStep

    def bind(
        self, run: Config, player: Player, plan: Plan, scorer: Scorer, reporter: Reporter, after: AfterStep
    ) -> None:
        self.run, self.player, self.plan, self.scorer = run, player, plan, scorer
        self.reporter, self.after_step = reporter, after
        self.pixels = Pixels()
        self._figures: dict[str, Any] = {}
        self._seconds = {'rollout': 0.0, 'reward': 0.0, 'saving': 0.0}
        self._step_began = time.perf_counter()
        self._micro_batches: list[dict[str, Any]] = []
        self._demonstration_weights: dict[int, tuple[float, int]] = {}
        self._finished = -1
        self._silent_steps = 0
        self._shown: dict[str, Any] | None = None

    def load_weights(self, folder: Path) -> None:
        """Those of a checkpoint of step 0, after a warm-up: there is no optimiser to go on with yet."""
        self._load_from_checkpoint(str(folder))

    @property
    def pad(self) -> int:
        found: Any = self._tokenizer.pad_token_id
        return found

    @property
    def parts(self) -> int:
        """Micro-batches of a generation batch."""
        arguments: Any = self.args
        return arguments.steps_per_generation

    # -- what TRL asks for

    def _prepare_inputs(self, generation_batch: Any) -> Any:
        parts = self.parts
        if self._step % (parts * self.num_iterations) == 0 or not self._micro_batches:
            made = self._generate_and_score_completions(generation_batch)
            self._micro_batches = micro_batches(made, parts)
        return dict(self._micro_batches[self._step % parts])

    def _generate_and_score_completions(self, inputs: Any) -> dict[str, Any]:
        step = self.state.global_step + 1
        if not self._figures:
            self._step_began = time.perf_counter()
        scored = self._play(inputs, step)
        groups = compare(gather_object([one.member for one in scored]), self.run)
        local = self._local(groups, len(scored))
        batch = self.training_batch(scored, local)
        facts = self._facts(scored)
        self._listen_for_judge(facts)
        self._tell(scored, local, facts, groups, step)
        self.reporter.phase('update', step)
        return batch

    def _compute_loss(self, model: Any, inputs: Any) -> Any:
        rows = inputs.pop('rows')
        inputs = trimmed(inputs)
        ids = torch.cat([inputs['prompt_ids'], inputs['completion_ids']], dim=1)
        self._shown = inputs if 'unshaped' in inputs else None
        try:
            return super()._compute_loss(model, {**inputs, **self._pictures(rows, ids)})
        finally:
            self._shown = None

    def _get_per_token_logps_and_entropies(self, *args: Any, **kwargs: Any) -> Any:
        """Where rollouts are used several times, a demonstration's tokens weigh by their probability as it is now, and
        no clip holds them: nobody sampled them, so that there is no older agent to stay near to."""
        found = super()._get_per_token_logps_and_entropies(*args, **kwargs)
        if self._shown is not None:
            now, shown = found[0].detach(), self._shown['shown']
            self._shown['old_per_token_logps'][shown] = now[shown]
            weights = shaping(now[shown].exp(), self.run.demonstrations.shaping)
            self._shown['advantages'][shown] = self._shown['unshaped'][shown] * weights
        return found

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """One event a step, with our figures and TRL's."""
        metrics = {name: values for name, values in self._metrics['train'].items() if values}
        known = {name: sum(values) / len(values) for name, values in metrics.items()}
        self._metrics['train'].clear()
        # HF keeps every line for its own report, which is not read here.
        self.state.log_history.clear()
        if 'loss' not in logs:
            return
        step, now = self.state.global_step, time.perf_counter()
        spent = self._seconds
        total = now - self._step_began + spent['saving']
        update = total - spent['rollout'] - spent['reward'] - spent['saving']
        played = self._figures.get('rollouts', 0)
        self.reporter.event(
            'step_finished',
            step=step,
            metrics={
                **self._figures,
                'loss': logs['loss'],
                'grad_norm': logs.get('grad_norm'),
                'learning_rate': logs.get('learning_rate'),
                'kl': known.get('kl'),
                'clip_ratio_low': known.get('clip_ratio/low_mean'),
                'clip_ratio_high': known.get('clip_ratio/high_mean', known.get('cispo_clip_ratio')),
                'rollouts_per_second': played / spent['rollout'] if spent['rollout'] else None,
                'seconds': {'total': total, **spent, 'update': update},
                'memory': memory(self.accelerator.device),
            },
        )
        self._seconds = dict.fromkeys(spent, 0.0)

    def _maybe_log_save_evaluate(self, *args: Any, **kwargs: Any) -> None:
        super()._maybe_log_save_evaluate(*args, **kwargs)
        # It is called again at the end of the data.
        if self.state.global_step == self._finished:
            return
        self._finished = self.state.global_step
        ends, self._seconds['saving'] = self.after_step(self._finished)
        if ends:
            self.control.should_training_stop = True
        self._step_began = time.perf_counter()

    # -- the parts of a step

    def _play(self, inputs: Sequence[Mapping[str, Any]], step: int) -> list[Scored]:
        """This process's share of the step, scored."""
        first = self.accelerator.process_index * len(inputs)
        slots = [
            self.plan.slot(step, int(row['row']), (first + at) % self.run.num_generations)
            for at, row in enumerate(inputs)
        ]
        self.reporter.phase('rollout', step, 0, len(slots))
        started = time.perf_counter()
        trajectories = self.player.play(
            slots,
            Sampling(self.run.temperature, self.run.top_p),
            lambda done, total: self.reporter.phase('rollout', step, done, total),
        )
        played = time.perf_counter()
        self.reporter.phase('reward', step)
        scored = self.scorer.score_all(
            slots, trajectories, lambda text: self.reporter.warn('judge_unreachable', text, step)
        )
        self._seconds['rollout'] += played - started
        self._seconds['reward'] += time.perf_counter() - played
        return scored

    def _local(self, groups: Sequence[GroupAdvantages], count: int) -> list[float]:
        """The advantages of this process's members."""
        everyone = [value for group in groups for value in group.advantages]
        first = self.accelerator.process_index * count
        return everyone[first : first + count]

    def _rows(self, scored: Sequence[Scored]) -> list[Row]:
        filler, marks = self.player.agent.turn_end, self.run.step_mark_weights
        found = []
        for one in scored:
            images, keys = self.player.images.of(one.slot.sample), list(map(str, one.slot.sample.images))
            found.append(row_of(one.trajectory, one.decision, images, keys, marks, filler))
        return found

    @property
    def _skips(self) -> bool:
        """Whether a row of advantage 0 may be left out of the forward pass: nothing else reads its tokens."""
        return (
            self.beta == 0
            and self.entropy_coef == 0
            and self.top_entropy_quantile == 1
            and self.loss_type in SKIPPABLE
        )

    @staticmethod
    def _carries(one: Scored, advantage: float) -> bool:
        return advantage != 0 and not one.decision.dropped

    def training_batch(self, scored: Sequence[Scored], advantages: Sequence[float]) -> dict[str, Any]:
        """What TRL's loss takes, for this process's members with their advantages."""
        rows = self._rows(scored)
        device = self.accelerator.device
        agent = self.player.agent
        trained = torch.tensor(sum(sum(row.mask) for row in rows), device=device)
        filler = empty_row(agent.turn_end)
        # Dropped rows and, where nothing else reads them, rows without advantage need no forward pass.
        chosen = [
            row if self._carries(one, value) or not (self._skips or one.decision.dropped) else filler
            for row, one, value in zip(rows, scored, advantages, strict=True)
        ]
        batch: dict[str, Any] = {**tensors_of(chosen, self.pad, device), 'rows': chosen}
        weights = torch.ones(batch['completion_ids'].shape, device=device)
        for at, row in enumerate(chosen):
            weights[at, : len(row.weights)] = torch.tensor(row.weights, device=device)
        plain = torch.tensor(advantages, device=device)[:, None] * weights
        shown = self._shape(weights, batch, chosen, scored)
        batch['advantages'] = torch.tensor(advantages, device=device)[:, None] * weights
        total: Any = self.accelerator.gather(trained)
        batch['num_items_in_batch'] = total.sum()
        parts = self.parts
        if (self.args.gradient_accumulation_steps or 1) % (parts * self.num_iterations):
            batch['old_per_token_logps'] = self._logps(self.model, batch, list(range(len(chosen))))
            if shown:
                places = torch.zeros(len(chosen), dtype=torch.bool, device=device)
                places[shown] = True
                batch.update(shown=places, unshaped=plain)
        if self.beta != 0:
            batch['ref_per_token_logps'] = self._reference(batch)
        return batch

    def _shape(
        self, weights: Tensor, batch: dict[str, Any], rows: Sequence[Row], scored: Sequence[Scored]
    ) -> list[int]:
        """Demonstrations were not sampled by this agent: each token weighs f'(p) p by its own probability. Returns
        their places."""
        shaped = [
            at
            for at, one in enumerate(scored)
            if one.trajectory.demonstration_id is not None and any(rows[at].mask)
        ]
        self._demonstration_weights = {}
        if not shaped:
            return []
        logps = self._logps(self.model, batch, shaped)
        for at, line in zip(shaped, logps, strict=True):
            found = shaping(line.exp(), self.run.demonstrations.shaping)
            weights[at] *= found
            mask = batch['tool_mask'][at].bool()
            self._demonstration_weights[at] = (float(found[mask].sum()), int(mask.sum()))
        return shaped

    @torch.no_grad()
    def _logps(self, model: Any, batch: dict[str, Any], chosen: list[int]) -> Tensor:
        """Log-probabilities [chosen, completion] under a model as it is, at the run's temperature."""
        size = self.args.per_device_train_batch_size
        width = batch['completion_ids'].shape[1]
        found = torch.zeros((len(chosen), width), device=self.accelerator.device)
        for start in range(0, len(chosen), size):
            part = chosen[start : start + size]
            keys = ('prompt_ids', 'prompt_mask', 'completion_ids', 'completion_mask')
            cut = trimmed({key: batch[key][part] for key in keys})
            ids = torch.cat([cut['prompt_ids'], cut['completion_ids']], dim=1)
            mask = torch.cat([cut['prompt_mask'], cut['completion_mask']], dim=1)
            keep = cut['completion_ids'].shape[1]
            rows = [batch['rows'][at] for at in part]
            logps, _, _ = self._get_per_token_logps_and_entropies(
                model, ids, mask, keep, **self._pictures(rows, ids)
            )
            found[start : start + len(part), :keep] = logps
        return found

    def _reference(self, batch: dict[str, Any]) -> Tensor:
        """Under the agent as it was before the run: a model of its own, or this one without its adapter."""
        everyone = list(range(len(batch['rows'])))
        if self.ref_model is not None:
            return self._logps(self.ref_model, batch, everyone)
        with self.accelerator.unwrap_model(self.model).disable_adapter():
            return self._logps(self.model, batch, everyone)

    def _pictures(self, rows: Sequence[Row], ids: Tensor) -> Mapping[str, Any]:
        dtype = self.player.agent.model.dtype
        return self.pixels.inputs(rows, ids, self.player.agent.image_pad, dtype)

    def _facts(self, scored: Sequence[Scored]) -> list[Facts]:
        found = []
        for at, one in enumerate(scored):
            facts = facts_of(one.trajectory, one.slot.sample, one.decision, one.score)
            total, count = self._demonstration_weights.get(at, (0.0, 0))
            found.append(replace(facts, weight_sum=total, weight_count=count))
        return gather_object(found)

    def _listen_for_judge(self, facts: Sequence[Facts]) -> None:
        """Without it only what the rules find right is scored: that teaches nothing, and costs as much."""
        judge = self.run.judge
        silent = None if judge is None else judge_is_silent(facts, judge.answer_kinds)
        if silent is None:
            return
        self._silent_steps = self._silent_steps + 1 if silent else 0
        if judge is not None and self._silent_steps >= MOST_SILENT_STEPS:
            raise RunError(
                'judge_unreachable',
                f'The judge has said nothing in {self._silent_steps} steps. Start the server at '
                f'{judge.base_url} with the model {judge.model}, and resume the run.',
            )

    def _tell(
        self,
        scored: Sequence[Scored],
        advantages: Sequence[float],
        facts: list[Facts],
        groups: Sequence[GroupAdvantages],
        step: int,
    ) -> None:
        pixels = self.player.settings.pixels
        records = gather_object(
            [
                rollout_json(one.trajectory, one.slot.place, verdict_of(one, value), pixels)
                for one, value in zip(scored, advantages, strict=True)
            ]
        )
        self._figures = step_metrics(facts, groups)
        name, count, size = self.reporter.lines(self.reporter.rollout_file(step), records)
        self.reporter.event('rollouts', step=step, file=name, count=count, bytes=size)
        for one in scored:
            if one.trajectory.error is not None:
                self.reporter.warn('rollout_failed', one.trajectory.error, step)


def verdict_of(one: Scored, advantage: float) -> Verdict:
    found = one.score
    return Verdict(
        None if found is None else found.correct,
        None if found is None else found.to_json(),
        advantage,
        one.decision,
    )


def micro_batches(batch: dict[str, Any], parts: int) -> list[dict[str, Any]]:
    """The rows of a step in `parts` parts of like length: padding costs, and the order does not matter."""
    rows: list[Row] = batch['rows']
    order = sorted(range(len(rows)), key=lambda at: (rows[at].length, at))
    size = len(rows) // parts
    found = []
    for part in range(parts):
        chosen = order[part * size : (part + 1) * size]
        found.append(
            {
                name: [value[at] for at in chosen]
                if isinstance(value, list)
                else value[chosen]
                if value.dim() > 0
                else value
                for name, value in batch.items()
            }
        )
    return found


def check_gradients(model: Any) -> None:
    """Before the optimiser step: what is not a number must not reach the weights."""
    gradients = [one.grad for one in model.parameters() if one.grad is not None]
    norms = [torch.linalg.vector_norm(one) for one in gradients]
    if norms and not bool(torch.stack(norms).isfinite().all()):
        raise RunError(
            'not_finite',
            'The gradient is not a number. Go on from the last checkpoint with a lower learning_rate or '
            'max_grad_norm; on a GPU try dtype float32.',
        )
