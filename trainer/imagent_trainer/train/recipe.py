"""The recipe of the shipped agent: stages, steps, seeds and rates. One place, no other knobs.

Training seeds are integers from 1,000,000 on, fed to `random.Random` as they are; `world --seed N` seeds its
questions with the text "world:N:index:kind", so that no seed of a sample set can repeat a training scene.
"""

from dataclasses import dataclass, field

from .episodes import Noise

TOWER_SEED = 1_000_000
TOWER_STEPS = 1120
EPISODES = {'read': 0.2, 'compare': 0.25, 'which': 0.25, 'look_back': 0.3}


@dataclass(frozen=True)
class Stage:
    """`mix` weighs kinds of episodes and drills; `decay`: the share of steps at the end over which the rate falls."""

    name: str
    seed: int
    steps: int
    mix: dict[str, float]
    muon_lr: float
    adam_lr: float = 2e-3
    weight_decay: float = 0.01
    """of the matrices. Without it they grow until attention saturates and nothing new is learned."""
    decay: float = 0.0
    floor: float = 0.02
    batch: int = 24
    refresh: int = 8
    """steps between new shards of episodes"""
    aim_weight: float = 0.5
    """of the labels inside the language model"""
    noise: Noise = field(default_factory=Noise)


_LATE = {'drill': 0.25, 'blind': 0.15, **EPISODES}
STAGES = (
    Stage('easy', 2_000_000, 200, {'easy': 1.0}, muon_lr=0.01, weight_decay=1.0, batch=32, refresh=12),
    Stage(
        'drill',
        2_500_000,
        250,
        {'easy': 0.2, 'drill': 0.6, 'read': 0.2},
        muon_lr=0.01,
        weight_decay=1.0,
        batch=16,
        refresh=20,
    ),
    Stage('text', 2_700_000, 230, {'blind': 1.0}, muon_lr=0.005, weight_decay=2.0, batch=32, refresh=6),
    Stage(
        'settle',
        3_000_000,
        200,
        {'drill': 0.1, 'blind': 0.25, **EPISODES},
        muon_lr=0.005,
        weight_decay=1.5,
    ),
    Stage('grow', 3_200_000, 100, _LATE, muon_lr=0.005, weight_decay=0.2),
    Stage('finish', 3_400_000, 420, _LATE, muon_lr=0.004, adam_lr=1e-3, weight_decay=0.2, decay=1.0),
)
