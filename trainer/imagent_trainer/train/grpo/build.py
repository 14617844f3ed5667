"""From a configuration to a trainer: the agent in memory, its adapter, TRL's arguments, and the data."""

import logging
import platform
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast, Qwen2_5_VLForConditionalGeneration, TrainerCallback
from transformers.utils.logging import disable_progress_bar
from trl.trainer.grpo_config import GRPOConfig

from imagent_trainer.data.samples import Sample, SampleError, read_samples
from imagent_trainer.protocol.agent_folder import read_agent_settings
from imagent_trainer.protocol.config import Config, gradient_accumulation_steps
from imagent_trainer.protocol.run_folder import ApprovedBox, Demonstration, RunFolder, read_demonstrations
from imagent_trainer.rollout.loop import EpisodeSettings
from imagent_trainer.rollout.prompt import IM_END
from imagent_trainer.rollout.views import open_canonical
from imagent_trainer.train.grpo.errors import RunError
from imagent_trainer.train.grpo.player import Agent
from imagent_trainer.train.grpo.reporter import Reporter
from imagent_trainer.train.grpo.trainer import AgentTrainer, check_gradients
from imagent_trainer.train.policy import eos_ids

LANGUAGE = r'.*language_model\..*\.(q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj)'
VISION = r'.*visual\.(blocks\..*\.(qkv|proj|gate_proj|up_proj|down_proj)|merger\.mlp\.[02])'
PACKAGES = ('torch', 'transformers', 'trl', 'peft', 'accelerate')


@dataclass(frozen=True)
class Data:
    train: Sequence[Sample]
    validation: Sequence[Sample]
    demonstrations: Mapping[str, Sequence[Demonstration]]
    approved: Mapping[str, Sequence[ApprovedBox]]


def versions() -> dict[str, str]:
    return {'python': platform.python_version(), **{name: version(name) for name in PACKAGES}}


def readable(sample: Sample) -> str | None:
    """Why a sample can't be used; None when it can."""
    if not sample.answers:
        return 'it has no reference answer'
    for path in sample.images:
        try:
            open_canonical(path)
        except (OSError, ValueError) as error:
            return f'its image {path.name} cannot be read: {error}'
    return None


def usable(path: Path, reporter: Reporter) -> list[Sample]:
    """Samples that can be asked and scored; the others are named in warnings."""
    if not path.exists():
        return []
    found = []
    for sample in read_samples(path):
        reason = readable(sample)
        if reason is None:
            found.append(sample)
        else:
            reporter.warn('sample_left_out', f'Sample "{sample.id}" of {path.name} is left out: {reason}.')
    return found


def load_data(folder: RunFolder, reporter: Reporter) -> Data:
    """RunError where there is nothing to train on, or a file is not what it should be."""
    try:
        train, validation = usable(folder.train, reporter), usable(folder.validation, reporter)
        demonstrations = list(read_demonstrations(folder.demonstrations))
    except (SampleError, ValueError, OSError) as error:
        raise RunError('bad_data', str(error)) from error
    if not train:
        raise RunError(
            'bad_data',
            'There is no sample to train on: data/train.jsonl needs samples with answers and images.',
        )
    known = {sample.id for sample in train}
    by_sample: dict[str, list[Demonstration]] = defaultdict(list)
    approved: dict[str, list[ApprovedBox]] = defaultdict(list)
    for one in demonstrations:
        if one.sample_id in known:
            by_sample[one.sample_id].append(one)
            approved[one.sample_id] += one.approved_boxes
        else:
            text = f'Demonstration "{one.id}" is left out: its sample is not among the training samples.'
            reporter.warn('demonstration_left_out', text)
    return Data(train, validation, dict(by_sample), dict(approved))


def choose_device(config: Config) -> torch.device:
    """RunError for a device that is not there."""
    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    wanted = config.device
    if wanted == 'auto':
        wanted = 'cuda' if cuda else 'mps' if mps else 'cpu'
    if (wanted == 'cuda' and not cuda) or (wanted == 'mps' and not mps):
        raise RunError('device_unavailable', f'There is no {wanted} device here. Set device to auto or cpu.')
    return torch.device(wanted)


def choose_dtype(config: Config, device: torch.device) -> torch.dtype:
    if config.dtype == 'auto':
        half = device.type == 'cuda' and torch.cuda.is_bf16_supported()
        return torch.bfloat16 if half else torch.float32
    return torch.bfloat16 if config.dtype == 'bfloat16' else torch.float32


def load_agent(config: Config, dtype: torch.dtype) -> Agent:
    """The model to train. With all weights trained they are kept in float32, whatever the arithmetic is done in."""
    folder = Path(config.agent_folder)
    kept = dtype if config.lora.enabled else torch.float32
    disable_progress_bar()
    try:
        model = Qwen2_5_VLForConditionalGeneration.from_pretrained(folder, dtype=kept, local_files_only=True)
        tokenizer = Tokenizer.from_file(str(folder / 'tokenizer.json'))
    except Exception as error:  # whatever the libraries raise for a broken folder
        raise RunError('bad_agent', f'The agent folder {folder} cannot be loaded: {error}') from error
    turn_end = tokenizer.token_to_id(IM_END)
    if turn_end is None:
        raise RunError('bad_agent', f"The agent's tokenizer.json has no {IM_END}.")
    eos = frozenset([*eos_ids(folder), turn_end])
    return Agent(model, tokenizer, eos, model.config.image_token_id, turn_end)


def episode_settings(config: Config) -> EpisodeSettings:
    try:
        agent = read_agent_settings(Path(config.agent_folder))
    except (OSError, ValueError) as error:
        raise RunError('bad_agent', f'The agent folder cannot be read: {error}') from error
    return EpisodeSettings(config.with_tools, config.episode_limits(agent.limits), agent.pixels)


def pad_tokenizer(agent: Agent) -> PreTrainedTokenizerFast:
    """What TRL needs of a tokenizer: the ids of padding and of the end."""
    end = agent.tokenizer.id_to_token(agent.turn_end)
    pad = '<|endoftext|>' if agent.tokenizer.token_to_id('<|endoftext|>') is not None else end
    return PreTrainedTokenizerFast(tokenizer_object=agent.tokenizer, eos_token=end, pad_token=pad)


def lora_config(config: Config) -> LoraConfig | None:
    lora = config.lora
    if not lora.enabled:
        return None
    modules = f'({LANGUAGE}|{VISION})' if lora.vision_tower else LANGUAGE
    return LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,  # type: ignore[arg-type]
        lora_dropout=lora.dropout,
        target_modules=modules,
        task_type='CAUSAL_LM',
    )


def trl_arguments(config: Config, folder: RunFolder, device: torch.device, dtype: torch.dtype) -> GRPOConfig:
    """TRL's own names take TRL's own values. A step's rollouts are made in one go, whatever the micro-batch is."""
    accumulation = gradient_accumulation_steps(config)
    passed = (
        'learning_rate',
        'lr_scheduler_type',
        'warmup_steps',
        'weight_decay',
        'adam_beta1',
        'adam_beta2',
        'adam_epsilon',
        'max_grad_norm',
        'num_iterations',
        'num_generations',
        'per_device_train_batch_size',
        'temperature',
        'top_p',
        'loss_type',
        'beta',
        'epsilon',
        'epsilon_high',
        'delta',
        'importance_sampling_level',
        'scale_rewards',
        'entropy_coef',
        'top_entropy_quantile',
        'use_bias_correction_kl',
        'sapo_temperature_neg',
        'sapo_temperature_pos',
        'vespo_k_pos',
        'vespo_lambda_pos',
        'vespo_k_neg',
        'vespo_lambda_neg',
        'gradient_checkpointing',
        'max_steps',
        'seed',
    )
    limits = episode_settings(config).limits
    return GRPOConfig(
        output_dir=str(folder.checkpoints),
        gradient_accumulation_steps=accumulation,
        steps_per_generation=accumulation,
        max_completion_length=limits.max_episode_tokens,
        shuffle_dataset=False,
        use_cpu=device.type == 'cpu',
        bf16=dtype == torch.bfloat16,
        optim='adamw_torch',
        save_strategy='no',
        logging_steps=1,
        logging_nan_inf_filter=False,
        report_to='none',
        disable_tqdm=True,
        log_level='error',
        dataloader_num_workers=0,
        **{name: getattr(config, name) for name in passed},
    )


def schedule(config: Config) -> Dataset:
    """One row a question of the run, in order; the plan says which sample that is."""
    generations = -(-config.max_steps // config.num_iterations)
    count = generations * config.prompts_per_step
    return Dataset.from_dict({'prompt': [''] * count, 'row': list(range(count))})


def no_reward(**_: Any) -> list[float | None]:
    """TRL asks for a reward function; ours are called by our own scorer."""
    return []


class FiniteGradients(TrainerCallback):
    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        check_gradients(given['model'])


def build_trainer(
    config: Config, folder: RunFolder, agent: Agent, device: torch.device, dtype: torch.dtype
) -> AgentTrainer:
    """Seeded, so that the adapter begins alike in every run and every process."""
    logging.getLogger('transformers').setLevel(logging.ERROR)
    torch.manual_seed(config.seed)
    trainer = AgentTrainer(
        model=agent.model,
        reward_funcs=[no_reward],
        args=trl_arguments(config, folder, device, dtype),
        train_dataset=schedule(config),
        processing_class=pad_tokenizer(agent),
        peft_config=lora_config(config),
        callbacks=[FiniteGradients()],
    )
    # Prints every line of the log otherwise.
    from transformers.trainer_callback import PrinterCallback

    trainer.remove_callback(PrinterCallback)
    return trainer
