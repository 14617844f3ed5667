"""Muon for the weight matrices (orthogonalised momentum; Jordan et al., 2024), AdamW for everything else."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn


def _orthogonal(update: Tensor, steps: int = 5) -> Tensor:
    a, b, c = 3.4445, -4.7750, 2.0315
    x = update / (update.norm() + 1e-7)
    tall = x.shape[0] > x.shape[1]
    if tall:
        x = x.T
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if tall else x


class Muon(torch.optim.Optimizer):
    def __init__(self, params: Iterable[nn.Parameter], lr: float, momentum: float = 0.95, decay: float = 0.0):
        super().__init__(list(params), {'lr': lr, 'momentum': momentum, 'decay': decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for p in group['params']:
                if p.grad is None:
                    continue
                state = self.state[p]
                if 'buffer' not in state:
                    state['buffer'] = torch.zeros_like(p)
                state['buffer'].lerp_(p.grad, 1 - group['momentum'])
                update = p.grad.lerp(state['buffer'], group['momentum']).flatten(1)
                update = _orthogonal(update).view_as(p)
                scale = 0.2 * max(p.shape[0], p[0].numel()) ** 0.5
                p.mul_(1 - group['lr'] * group['decay'])
                p.add_(update, alpha=-group['lr'] * scale)


class Pair:
    """Both optimisers behind one step, one schedule and one state."""

    def __init__(
        self, named: Iterable[tuple[str, nn.Parameter]], muon_lr: float, adam_lr: float, decay: float
    ):
        matrices, rest = [], []
        for name, p in named:
            (matrices if p.ndim >= 2 and 'embed_tokens' not in name and 'head' not in name else rest).append(
                p
            )
        self.parts: list[tuple[torch.optim.Optimizer, float]] = [
            (torch.optim.AdamW(rest, lr=adam_lr, betas=(0.9, 0.95), weight_decay=0.01), adam_lr)
        ]
        if matrices:
            self.parts.append((Muon(matrices, lr=muon_lr, decay=decay), muon_lr))
        self.params = matrices + rest

    def step(self, factor: float) -> None:
        nn.utils.clip_grad_norm_(self.params, 1.0)
        for part, lr in self.parts:
            for group in part.param_groups:
                group['lr'] = lr * factor
            part.step()
            part.zero_grad(set_to_none=True)

    def state(self) -> list[dict]:
        return [part.state_dict() for part, _ in self.parts]

    def load(self, states: list[dict]) -> None:
        """Takes over the momenta; the rates and the decay stay those of this pair."""
        for (part, _), state in zip(self.parts, states, strict=True):
            kept = [{k: v for k, v in group.items() if k != 'params'} for group in part.param_groups]
            part.load_state_dict(state)
            for group, settings in zip(part.param_groups, kept, strict=True):
                group.update(settings)
