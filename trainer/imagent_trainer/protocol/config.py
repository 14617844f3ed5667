"""config.json of a run folder as values. Names, ranges and defaults are those of the schema; a test compares them."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from imagent_trainer.protocol.schema import read
from imagent_trainer.rewards.advantage import ScaleRewards
from imagent_trainer.rewards.answer_check import AnswerKind
from imagent_trainer.rollout.limits import Limits
from imagent_trainer.rollout.masks import MaskSettings

DemonstrationMode = Literal['off_policy', 'warm_up', 'none']


@dataclass(frozen=True)
class Lora:
    enabled: bool
    rank: int
    alpha: float
    dropout: float
    vision_tower: bool


@dataclass(frozen=True)
class Demonstrations:
    mode: DemonstrationMode
    per_group: int
    shaping: float
    warm_up_steps: int
    warm_up_learning_rate: float
    warm_up_batch_size: int


@dataclass(frozen=True)
class StepMarkWeights:
    good: float
    bad: float


@dataclass(frozen=True)
class Judge:
    base_url: str
    model: str
    answer_kinds: tuple[AnswerKind, ...]
    timeout_seconds: float
    max_retries: int
    api_key_env: str | None


def judge_of(found: Mapping[str, Any]) -> Judge:
    return Judge(**{**found, 'answer_kinds': tuple(found['answer_kinds'])})


@dataclass(frozen=True)
class Config:
    """One run. What TRL has is named as in TRL."""

    format: int
    run_id: str
    created_at: float
    agent_folder: str
    lineage: Mapping[str, str | None]
    max_steps: int
    prompts_per_step: int
    num_generations: int
    seed: int
    learning_rate: float
    lr_scheduler_type: str
    warmup_steps: int
    weight_decay: float
    adam_beta1: float
    adam_beta2: float
    adam_epsilon: float
    max_grad_norm: float
    num_iterations: int
    per_device_train_batch_size: int
    temperature: float
    top_p: float
    with_tools: bool
    limits: Mapping[str, int | None]
    tool_gain: float
    format_weight: float
    box_overlap_weight: float
    judge: Judge | None
    trajectory_mask: MaskSettings
    demonstrations: Demonstrations
    step_mark_weights: StepMarkWeights
    loss_type: str
    beta: float
    epsilon: float
    epsilon_high: float | None
    delta: float | None
    importance_sampling_level: str
    scale_rewards: ScaleRewards
    entropy_coef: float
    top_entropy_quantile: float
    use_bias_correction_kl: bool
    sapo_temperature_neg: float
    sapo_temperature_pos: float
    vespo_k_pos: float
    vespo_lambda_pos: float
    vespo_k_neg: float
    vespo_lambda_neg: float
    lora: Lora
    device: str
    dtype: str
    num_processes: int
    threads: int | None
    rollout_batch_size: int | None
    gradient_checkpointing: bool
    save_every: int
    keep_checkpoints: int
    evaluation_every: int
    evaluation_samples: int

    @property
    def rollouts_per_step(self) -> int:
        return self.prompts_per_step * self.num_generations

    def episode_limits(self, agent: Limits) -> Limits:
        """The agent's own limits, with those of the run in their place."""
        own = {field.name: getattr(agent, field.name) for field in fields(Limits)}
        return Limits(**{name: own[name] if value is None else value for name, value in self.limits.items()})


def read_config(value: Any) -> Config:
    """SchemaError (a ValueError) where the value is no configuration or does not add up."""
    found: dict[str, Any] = read('config', value)
    mask, judge = found['trajectory_mask'], found['judge']
    config = Config(
        **{
            **found,
            'lora': Lora(**found['lora']),
            'demonstrations': Demonstrations(**found['demonstrations']),
            'step_mark_weights': StepMarkWeights(**found['step_mark_weights']),
            'judge': None if judge is None else judge_of(judge),
            'trajectory_mask': MaskSettings(tuple(mask['statuses']), mask['masked_in_baseline']),
        }
    )
    check_sizes(config)
    return config


def check_sizes(config: Config) -> None:
    """Whether a step divides into processes and micro-batches."""
    together = config.num_processes * config.per_device_train_batch_size
    if config.rollouts_per_step % together:
        raise ValueError(
            f'prompts_per_step x num_generations ({config.rollouts_per_step}) must be a multiple of '
            f'num_processes x per_device_train_batch_size ({together}). Change one of them.'
        )
    if config.demonstrations.per_group >= config.num_generations:
        raise ValueError(
            'demonstrations.per_group must be smaller than num_generations: a group needs rollouts too.'
        )


def gradient_accumulation_steps(config: Config) -> int:
    return config.rollouts_per_step // (config.num_processes * config.per_device_train_batch_size)
