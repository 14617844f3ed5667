"""`python -m imagent_trainer learn --seeds 0,1,2 --out DIR`: the weak base, GRPO, and what came of it."""

from imagent_trainer.train.experiments.experiment_cli import learn as main

__all__ = ['main']
