"""Supervised steps on the corrected trajectories before GRPO, for the mode `warm_up`.

Every process does the same from the same seed, so that their weights stay equal without talking.
"""

import random
from collections.abc import Sequence
from typing import Any

import torch

from imagent_trainer.protocol.config import Config
from imagent_trainer.rollout.masks import MaskDecision
from imagent_trainer.rollout.trajectory import Trajectory
from imagent_trainer.train.grpo.batch import Pixels, Row, row_of, tensors_of
from imagent_trainer.train.grpo.plan import mixed
from imagent_trainer.train.grpo.player import Player
from imagent_trainer.train.grpo.reporter import Reporter
from imagent_trainer.train.grpo.trainer import check_gradients

KEEP = MaskDecision(False, None)


def supervised_loss(
    model: Any, rows: Sequence[Row], pad: int, image_pad: int, pixels: Pixels
) -> torch.Tensor:
    """Mean cross-entropy of the trained tokens, each with the weight of its turn's mark."""
    device = next(model.parameters()).device
    batch = tensors_of(rows, pad, device)
    ids = torch.cat([batch['prompt_ids'], batch['completion_ids']], dim=1)
    mask = torch.cat([batch['prompt_mask'], batch['completion_mask']], dim=1)
    given = dict(pixels.inputs(rows, ids, image_pad, model.dtype))
    given.pop('num_images', None)
    keep = batch['completion_ids'].shape[1]
    logits = model(
        input_ids=ids, attention_mask=mask, logits_to_keep=keep + 1, use_cache=False, **given
    ).logits[:, -keep - 1 : -1]
    logps = logits.float().log_softmax(-1).gather(-1, batch['completion_ids'][..., None])[..., 0]
    weights = torch.zeros_like(logps)
    for at, row in enumerate(rows):
        weights[at, : len(row.weights)] = torch.tensor(row.weights, device=device)
    weights = weights * batch['tool_mask']
    return -(logps * weights).sum() / weights.sum().clamp(min=1e-9)


def warm_up(
    config: Config,
    model: Any,
    player: Player,
    demonstrations: Sequence[tuple[Trajectory, Any]],
    pad: int,
    reporter: Reporter,
) -> None:
    """`demonstrations`: trajectories with their samples. Nothing happens where there is none."""
    settings, agent, pixels = config.demonstrations, player.agent, Pixels()
    rows = [
        row_of(
            trajectory,
            KEEP,
            player.images.of(sample),
            [str(path) for path in sample.images],
            config.step_mark_weights,
            agent.turn_end,
        )
        for trajectory, sample in demonstrations
    ]
    if not rows:
        return
    trained = [one for one in model.parameters() if one.requires_grad]
    optimizer = torch.optim.AdamW(
        trained,
        lr=settings.warm_up_learning_rate,
        betas=(config.adam_beta1, config.adam_beta2),
        weight_decay=config.weight_decay,
    )
    order = random.Random(mixed(config.seed, 'warm-up'))
    model.train()
    for step in range(1, settings.warm_up_steps + 1):
        reporter.phase('warm_up', 0, step - 1, settings.warm_up_steps)
        chosen = [order.choice(rows) for _ in range(settings.warm_up_batch_size)]
        total = 0.0
        size = config.per_device_train_batch_size
        for start in range(0, len(chosen), size):
            part = chosen[start : start + size]
            loss = supervised_loss(model, part, pad, agent.image_pad, pixels) * len(part) / len(chosen)
            loss.backward()
            total += float(loss.detach())
        check_gradients(model)
        torch.nn.utils.clip_grad_norm_(trained, config.max_grad_norm)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        reporter.event(
            'warm_up_step',
            step=step,
            total=settings.warm_up_steps,
            loss=total,
            learning_rate=settings.warm_up_learning_rate,
        )
