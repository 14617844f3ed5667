"""GRPO on reviewed data: own rollouts, TRL's loss, a run folder around it."""
