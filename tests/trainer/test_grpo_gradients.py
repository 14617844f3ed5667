"""What carries loss and how much, on exact numbers: the real trainer against references written by hand."""

import dataclasses
import json
import math
import statistics
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from trl.trainer.grpo_config import GRPOConfig

from grpo_runs import ZOOM, answer, config, config_value, write_run
from imagent_trainer.data.samples import Sample, read_samples
from imagent_trainer.protocol.config import Config
from imagent_trainer.protocol.run_folder import (
    ApprovedBox,
    Demonstration,
    DemonstrationTurn,
    RunFolder,
)
from imagent_trainer.rewards.advantage import Member
from imagent_trainer.rollout.masks import MaskDecision
from imagent_trainer.rollout.preprocess import grid, patches
from imagent_trainer.rollout.record import Place
from imagent_trainer.rollout.trajectory import Mark
from imagent_trainer.rollout.views import render_view
from imagent_trainer.train.grpo.batch import Pixels, row_of, shaping
from imagent_trainer.train.grpo.build import build_trainer, episode_settings, load_agent, trl_arguments
from imagent_trainer.train.grpo.plan import Plan, Slot
from imagent_trainer.train.grpo.player import Images, Player
from imagent_trainer.train.grpo.reporter import Reporter
from imagent_trainer.train.grpo.scoring import Scored, Scorer, compare
from imagent_trainer.train.grpo.trainer import AgentTrainer, micro_batches
from imagent_trainer.train.grpo.warm_up import supervised_loss

pytestmark = pytest.mark.torch

TEXTS = [
    [ZOOM, answer('dots')],
    [answer('checks', 'It shows checks.')],
    [ZOOM, ZOOM, answer('plain')],
    ['<think>Hm.</think>\n<tool_call>\nno call\n</tool_call>', answer('dots')],
]
KEPT = MaskDecision(False, None)
DROPPED = MaskDecision(True, 'too_long')


class Bench:
    """A trainer with its data, and trajectories that say what the test wants."""

    def __init__(self, root: Path, **knobs: Any) -> None:
        settings = {'num_generations': 4, 'prompts_per_step': 1, 'per_device_train_batch_size': 4, **knobs}
        self.folder = RunFolder(write_run(root, **settings))
        self.config = config(**settings)
        torch.manual_seed(0)
        torch.set_num_threads(1)
        device, dtype = torch.device('cpu'), torch.float32
        agent = load_agent(self.config, dtype)
        self.trainer: AgentTrainer = build_trainer(self.config, self.folder, agent, device, dtype)
        self.player = Player(agent, episode_settings(self.config), Images())
        self.samples = list(read_samples(self.folder.train))
        self.scorer = Scorer(self.config, {})
        self.trainer.bind(
            self.config,
            self.player,
            Plan(self.config, self.samples, {}),
            self.scorer,
            Reporter(self.folder, None),
            lambda step: (False, 0.0),
        )
        self.model: Any = self.trainer.model

    def member(
        self,
        texts: Sequence[str],
        decision: MaskDecision = KEPT,
        demonstration: bool = False,
        marks: Sequence[Mark | None] = (),
    ) -> Scored:
        sample: Sample = self.samples[0]
        turns = tuple(
            DemonstrationTurn(text, marks[at] if at < len(marks) else None) for at, text in enumerate(texts)
        )
        one = Demonstration('d', sample.id, turns)
        trajectory = self.player.demonstrate(sample, one)
        if not demonstration:
            trajectory = replace(trajectory, demonstration_id=None)
        slot = Slot(Place(1, 0, 0), sample, 0, one if demonstration else None)
        return Scored(slot, trajectory, self.scorer.score(slot, trajectory).score, decision)

    def gradients(
        self, scored: Sequence[Scored], advantages: Sequence[float], parts: int = 1
    ) -> dict[str, Any]:
        """Of one step, in `parts` micro-batches, as the training loop accumulates them."""
        batch = self.trainer.training_batch(scored, advantages)
        self.trainer.current_gradient_accumulation_steps = parts
        arguments: Any = self.trainer.args
        arguments.steps_per_generation = parts
        self.model.zero_grad()
        self.model.train()
        for part in micro_batches(batch, parts):
            self.trainer.compute_loss(self.model, part).backward()
        self.trainer._metrics['train'].clear()
        return {
            name: one.grad.clone()
            for name, one in self.model.named_parameters()
            if one.requires_grad and one.grad is not None
        }

    def logps(self, scored: Scored) -> Any:
        """Log-probabilities of the whole context after its first token: alone, without padding, by transformers."""
        trajectory = scored.trajectory
        ids = torch.tensor([trajectory.token_ids])
        roots = self.player.images.of(scored.slot.sample)
        views = [
            render_view(
                trajectory.episode.views[one.view - 1],
                roots[trajectory.episode.views[one.view - 1].root_image],
            )
            for one in trajectory.segments
            if one.view is not None
        ]
        logits = (
            self.model(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                pixel_values=torch.cat([torch.from_numpy(patches(view)) for view in views]),
                image_grid_thw=torch.tensor([grid(view) for view in views]),
                mm_token_type_ids=(ids == trajectory.image_pad).long(),
            ).logits[0, :-1]
            / self.config.temperature
        )
        return logits.log_softmax(-1).gather(-1, ids[0, 1:, None])[:, 0]

    def reference(self, scored: Sequence[Scored], advantages: Sequence[float]) -> dict[str, Any]:
        """By hand: -sum of A log p over the sampled tokens of kept trajectories, over their number."""
        self.model.zero_grad()
        count = sum(sum(one.trajectory.sampled) for one in scored if not one.decision.dropped)
        for one, advantage in zip(scored, advantages, strict=True):
            if not one.decision.dropped:
                own = torch.tensor(one.trajectory.sampled[1:])
                (-(self.logps(one) * own).sum() * advantage / count).backward()
        return {
            name: one.grad.clone()
            for name, one in self.model.named_parameters()
            if one.requires_grad and one.grad is not None
        }


@pytest.fixture(scope='module')
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """LoRA on both, so that gradients of the tower are looked at too."""
    return Bench(tmp_path_factory.mktemp('bench') / 'run', lora={'rank': 4, 'vision_tower': True})


def same(first: dict[str, Any], second: dict[str, Any]) -> None:
    assert first.keys() == second.keys()
    assert any(one.abs().max() > 1e-4 for one in first.values())
    for name, one in first.items():
        assert torch.allclose(one, second[name], rtol=1e-3, atol=1e-6), name


def nothing(gradients: dict[str, Any]) -> bool:
    return all(not one.any() for one in gradients.values())


def test_the_gradient_is_that_of_the_formula(bench: Bench) -> None:
    scored = [bench.member(texts) for texts in TEXTS]
    advantages = [1.5, -0.5, 0.25, -1.25]
    same(bench.gradients(scored, advantages), bench.reference(scored, advantages))


def test_tokens_that_the_agent_did_not_sample_have_no_gradient_at_all(bench: Bench) -> None:
    member = bench.member(TEXTS[2])
    kept: list[Any] = []

    def keep(module: Any, given: Any, logits: Any) -> None:
        logits.retain_grad()
        kept.append(logits)

    handle = bench.player.agent.model.lm_head.register_forward_hook(keep)
    bench.gradients([member], [1.0])
    handle.remove()
    # Logits at a position say the next token; the last positions of the context are those that were kept.
    (logits,) = kept
    gradient = logits.grad[0, :-1].abs().sum(-1)
    sampled = torch.tensor(member.trajectory.sampled[-len(gradient) :])
    assert len(sampled) > sampled.sum() > 20
    assert not gradient[~sampled].any()
    assert (gradient[sampled] > 0).float().mean() > 0.9


def test_a_dropped_trajectory_has_no_gradient(bench: Bench) -> None:
    dropped = bench.member(TEXTS[0], DROPPED)
    assert nothing(bench.gradients([dropped, dropped], [3.0, -3.0]))
    kept = [bench.member(texts) for texts in TEXTS[1:3]]
    same(bench.gradients([*kept, dropped], [1.0, -1.0, 5.0]), bench.gradients(kept, [1.0, -1.0]))


def test_a_group_with_equal_rewards_changes_nothing(bench: Bench) -> None:
    scored = [bench.member(TEXTS[1]) for _ in range(3)]
    assert nothing(bench.gradients(scored, [0.0, 0.0, 0.0]))


def test_eight_micro_batches_of_one_are_one_of_eight(bench: Bench) -> None:
    scored = [bench.member(texts) for texts in [*TEXTS, *TEXTS]]
    advantages = [1.0, -1.0, 0.5, -0.5, 2.0, 0.0, -2.0, 0.25]
    same(bench.gradients(scored, advantages, 1), bench.gradients(scored, advantages, 8))


# Of every knob that TRL has by the same name: a value that is not its default.
TRL_KNOBS: dict[str, Any] = {
    'max_steps': 3,
    'seed': 7,
    'learning_rate': 2e-5,
    'lr_scheduler_type': 'cosine',
    'warmup_steps': 2,
    'weight_decay': 0.1,
    'adam_beta1': 0.8,
    'adam_beta2': 0.99,
    'adam_epsilon': 1e-6,
    'max_grad_norm': 0.5,
    'num_iterations': 2,
    'num_generations': 6,
    'per_device_train_batch_size': 3,
    'temperature': 0.9,
    'top_p': 0.95,
    'loss_type': 'sapo',
    'beta': 0.01,
    'epsilon': 0.1,
    'epsilon_high': 0.28,
    'delta': 4.0,
    'importance_sampling_level': 'sequence',
    'scale_rewards': 'batch',
    'entropy_coef': 0.01,
    'top_entropy_quantile': 0.5,
    'gradient_checkpointing': True,
    'use_bias_correction_kl': False,
    'sapo_temperature_neg': 1.1,
    'sapo_temperature_pos': 0.9,
    'vespo_k_pos': 2.5,
    'vespo_lambda_pos': 3.5,
    'vespo_k_neg': 2.5,
    'vespo_lambda_neg': 2.5,
}


def test_every_knob_that_trl_has_reaches_it_under_its_own_name(tmp_path: Path) -> None:
    ours = {field.name for field in dataclasses.fields(Config)}
    assert TRL_KNOBS.keys() == ours & {field.name for field in dataclasses.fields(GRPOConfig)}
    defaults = config_value()
    folder = RunFolder(write_run(tmp_path / 'run'))
    for name, value in TRL_KNOBS.items():
        assert defaults.get(name) != value, name
    found = trl_arguments(config(**TRL_KNOBS), folder, torch.device('cpu'), torch.float32)
    assert {name: getattr(found, name) for name in TRL_KNOBS} == TRL_KNOBS


def test_members_are_compared_as_the_configuration_says() -> None:
    members = [Member(1.0, False), Member(0.0, False), Member(5.0, True), Member(3.0, False)]

    def first(**knobs: Any) -> float:
        groups = compare(members, config(num_generations=2, per_device_train_batch_size=2, **knobs))
        assert len(groups) == 2
        return groups[0].advantages[0]

    pair, everyone = math.sqrt(0.5), statistics.stdev([1.0, 0.0, 3.0])
    assert first() == pytest.approx(0.5 / (pair + 1e-4))
    assert first(scale_rewards='none') == 0.5
    assert first(scale_rewards='batch') == pytest.approx(0.5 / (everyone + 1e-4))
    masked = {'trajectory_mask': {'masked_in_baseline': True}}
    everyone = statistics.stdev([1.0, 0.0, 5.0, 3.0])
    assert first(scale_rewards='batch', **masked) == pytest.approx(0.5 / (everyone + 1e-4))


def test_a_crop_on_an_approved_box_is_worth_its_weight(tmp_path: Path) -> None:
    """The crop of TEXTS[0], and a box that holds a quarter of it."""
    bench = Bench(tmp_path / 'run', box_overlap_weight=0.5)
    plain = bench.member(TEXTS[0])
    (crop,) = [view for view in plain.trajectory.episode.views if view.origin == 'zoom_in']
    left, top, right, bottom = crop.root_box
    quarter = ApprovedBox(crop.root_image, (left, top, (left + right) / 2, (top + bottom) / 2))
    scorer = Scorer(bench.config, {plain.slot.sample.id: (quarter,)})
    found = scorer.score(plain.slot, plain.trajectory).score
    assert plain.score is not None
    assert found is not None
    assert (plain.score.box_overlap, found.box_overlap) == (None, pytest.approx(0.25))
    assert found.total == pytest.approx(plain.score.total + 0.5 * 0.25)
    off = Scorer(replace(bench.config, box_overlap_weight=0.0), scorer.approved)
    alone = off.score(plain.slot, plain.trajectory).score
    assert alone is not None
    assert (alone.total, alone.box_overlap) == (plain.score.total, pytest.approx(0.25))


@pytest.mark.parametrize('loss', ['grpo', 'dr_grpo', 'dapo', 'cispo', 'sapo'])
def test_rows_without_advantage_may_be_left_out(
    bench: Bench, loss: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It saves their forward pass, and must not change what the others get."""
    scored = [bench.member(texts) for texts in TEXTS]
    monkeypatch.setattr(bench.trainer, 'loss_type', loss)
    advantages = [1.0, 0.0, -1.0, 0.0]
    left_out = bench.gradients(scored, advantages)
    monkeypatch.setattr('imagent_trainer.train.grpo.trainer.SKIPPABLE', ())
    same(left_out, bench.gradients(scored, advantages))


def test_a_demonstrations_tokens_weigh_what_the_formula_says(bench: Bench) -> None:
    member = bench.member(TEXTS[0], demonstration=True)
    batch = bench.trainer.training_batch([member], [2.0])
    start = member.trajectory.prompt_length
    own = torch.tensor(member.trajectory.sampled[start:])
    with torch.no_grad():
        p = bench.logps(member)[start - 1 :].exp()
    expected = 2.0 * 0.1 * p / (p + 0.1) ** 2
    assert torch.allclose(batch['advantages'][0][own], expected[own], rtol=1e-3, atol=1e-6)
    assert batch['advantages'][0][own].std() > 0.01


def test_a_demonstration_that_is_used_again_weighs_by_what_the_agent_is_now_and_is_not_clipped(
    tmp_path: Path,
) -> None:
    """After the agent has moved far: a rollout's tokens meet the clip, a demonstration's do not."""
    bench = Bench(tmp_path / 'run', num_iterations=2, temperature=1.0)
    members = [bench.member(TEXTS[0], demonstration=True), bench.member(TEXTS[1])]
    batch = bench.trainer.training_batch(members, [2.0, 0.0])
    before = batch['old_per_token_logps'].clone()
    with torch.no_grad():
        for name, one in bench.model.named_parameters():
            if 'lora_B' in name:
                one.add_(0.02)
    bench.trainer.current_gradient_accumulation_steps = 1
    bench.model.zero_grad()
    (part,) = micro_batches(batch, 1)
    bench.trainer.compute_loss(bench.model, part).backward()
    found = {name: one.grad.clone() for name, one in bench.model.named_parameters() if one.grad is not None}
    bench.model.zero_grad()
    shown = members[0].trajectory
    count = sum(sum(one.trajectory.sampled) for one in members)
    logps = bench.logps(members[0])
    own = torch.tensor(shown.sampled[1:])
    now = logps.detach()[shown.prompt_length - 1 :]
    moved = (now - before[0, : len(now)])[torch.tensor(shown.sampled[shown.prompt_length :])]
    assert (moved.exp() > 1.2).any()
    weights = shaping(logps.detach().exp(), 0.1)
    (-(2.0 * weights * logps * own).sum() / count).backward()
    same(found, {name: one.grad for name, one in bench.model.named_parameters() if one.grad is not None})


def test_the_shape_of_a_weight_is_luffys() -> None:
    found = shaping(torch.tensor([0.0, 0.1, 1.0]), 0.1)
    assert found.tolist() == pytest.approx([0.0, 0.25, 0.1 / 1.21])


def test_the_warm_up_imitates_what_was_written_and_nothing_else(tmp_path: Path) -> None:
    """By hand: the mean of -log p over the sampled tokens, each with the weight of its turn's mark."""
    bench = Bench(tmp_path / 'run', temperature=1.0, step_mark_weights={'good': 2.0, 'bad': 0.0})
    members = [bench.member(TEXTS[2], marks=['good', 'bad', None]), bench.member(TEXTS[0])]
    roots = bench.player.images.of(bench.samples[0])
    keys = list(map(str, bench.samples[0].images))
    agent, marks = bench.player.agent, bench.config.step_mark_weights
    rows = [row_of(one.trajectory, KEPT, roots, keys, marks, agent.turn_end) for one in members]
    with torch.no_grad():
        found = supervised_loss(bench.model, rows, bench.trainer.pad, agent.image_pad, Pixels())
        total, weight = 0.0, 0.0
        for one, row in zip(members, rows, strict=True):
            start = one.trajectory.prompt_length
            own = torch.tensor(one.trajectory.sampled[start:]) * torch.tensor(row.weights)
            total -= float((bench.logps(one)[start - 1 :] * own).sum())
            weight += float(own.sum())
    assert float(found) == pytest.approx(total / weight, rel=1e-4)


def test_marked_turns_weigh_what_they_are_told_to(tmp_path: Path) -> None:
    bench = Bench(tmp_path / 'run', step_mark_weights={'good': 2.0, 'bad': 0.0})
    marked = bench.member(TEXTS[2], marks=['good', 'bad', None])
    batch = bench.trainer.training_batch([marked], [1.0])
    start = marked.trajectory.prompt_length
    expected: list[float] = []
    for segment in marked.trajectory.segments:
        if segment.kind != 'prompt':
            weight = {0: 2.0, 1: 0.0, 2: 1.0}[segment.turn or 0] if segment.kind == 'turn' else 1.0
            expected += [weight] * segment.tokens
    assert batch['advantages'][0].tolist() == expected
    assert len(expected) == len(marked.trajectory.token_ids) - start


def test_the_reference_is_the_agent_as_it_was(tmp_path: Path) -> None:
    """At the first step the adapter does nothing yet, so that the distance is 0; after a change it is not."""
    bench = Bench(tmp_path / 'run', beta=0.1)
    scored = [bench.member(texts) for texts in TEXTS[:2]]
    batch = bench.trainer.training_batch(scored, [1.0, -1.0])
    everyone = list(range(len(scored)))
    now = bench.trainer._logps(bench.model, batch, everyone)
    assert torch.allclose(batch['ref_per_token_logps'], now, atol=1e-6)
    with torch.no_grad():
        for name, one in bench.model.named_parameters():
            if 'lora_B' in name:
                one.add_(0.05)
    again = bench.trainer.training_batch(scored, [1.0, -1.0])
    assert torch.allclose(again['ref_per_token_logps'], batch['ref_per_token_logps'], atol=1e-6)
    assert not torch.allclose(bench.trainer._logps(bench.model, again, everyone), now, atol=1e-3)
    # The distance pulls on rollouts without advantage too, and on dropped ones it does not.
    assert not nothing(bench.gradients(scored, [0.0, 0.0]))
    dropped = [replace(one, decision=DROPPED) for one in scored]
    assert nothing(bench.gradients(dropped, [1.0, -1.0]))


def trained(bench: Bench) -> set[str]:
    parts = {'visual': 'tower', 'language_model': 'language', 'lm_head': 'head'}
    names = [name for name, one in bench.model.named_parameters() if one.requires_grad]
    return {part for name in names for key, part in parts.items() if key in name}


def test_lora_is_where_it_was_asked_for(bench: Bench, tmp_path: Path) -> None:
    assert trained(bench) == {'tower', 'language'}
    assert trained(Bench(tmp_path / 'language')) == {'language'}
    full = Bench(tmp_path / 'full', lora={'enabled': False})
    assert trained(full) >= {'tower', 'language'}
    assert all(one.requires_grad for one in full.model.parameters())


def test_the_steps_rollouts_are_one_generation_batch(bench: Bench) -> None:
    """Whatever the micro-batch: so nothing is played with weights that have changed since."""
    arguments = json.loads(bench.trainer.args.to_json_string())
    assert arguments['num_generations'] * bench.config.prompts_per_step == (
        arguments['per_device_train_batch_size'] * arguments['gradient_accumulation_steps']
    )
