"""An agent in PyTorch for the episode loop: own decoding, one key/value cache kept over all turns.

The reference that the app's engine is compared with, token for token.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from tokenizers import Tokenizer
from torch import Tensor
from transformers import DynamicCache, Qwen2_5_VLForConditionalGeneration

from imagent_trainer.rollout.loop import Generated
from imagent_trainer.rollout.positions import Run, TextRun, image_run, run_positions
from imagent_trainer.rollout.preprocess import grid, patches
from imagent_trainer.rollout.prompt import IM_END, NEVER_SAMPLED, STOP_STRINGS
from imagent_trainer.rollout.views import View


@dataclass(frozen=True)
class Sampling:
    """Temperature 0 is greedy, and then the rest has no effect."""

    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0


@dataclass(frozen=True)
class LoadedAgent:
    """A model folder in memory, in float32."""

    model: Qwen2_5_VLForConditionalGeneration
    tokenizer: Tokenizer
    eos: frozenset[int]
    turn_end: int
    image_pad: int
    banned: Tensor


def eos_ids(folder: Path) -> list[int]:
    path = folder / 'generation_config.json'
    value: Any = json.loads(path.read_text()).get('eos_token_id') if path.exists() else None
    return value if isinstance(value, list) else [] if value is None else [value]


def load_agent(folder: Path) -> LoadedAgent:
    """Reads a folder as transformers writes it. Raises what transformers raises when it is not one."""
    model = Qwen2_5_VLForConditionalGeneration.from_pretrained(
        folder, dtype=torch.float32, local_files_only=True
    ).eval()
    tokenizer = Tokenizer.from_file(str(folder / 'tokenizer.json'))
    eos, turn_end = eos_of(model, tokenizer, frozenset(eos_ids(folder)))
    return LoadedAgent(
        model=model,
        tokenizer=tokenizer,
        eos=eos,
        turn_end=turn_end,
        image_pad=model.config.image_token_id,
        banned=banned_tokens(tokenizer, model.config.get_text_config().vocab_size),
    )


def eos_of(model: Any, tokenizer: Tokenizer, eos: frozenset[int] | None = None) -> tuple[frozenset[int], int]:
    """(ids that end a turn, the id of <|im_end|>). Without `eos`: what the model's generation settings say."""
    turn_end = tokenizer.token_to_id(IM_END)
    if turn_end is None:
        raise ValueError(f'tokenizer.json has no {IM_END}')
    if eos is None:
        found = model.generation_config.eos_token_id
        eos = frozenset(found if isinstance(found, list) else [] if found is None else [found])
    return eos | {turn_end}, turn_end


def banned_tokens(tokenizer: Tokenizer, vocab_size: int) -> Tensor:
    """bool [vocabulary]: tokens that are never sampled."""
    banned = torch.zeros(vocab_size, dtype=torch.bool)
    ids = [tokenizer.token_to_id(token) for token in NEVER_SAMPLED]
    banned[[index for index in ids if index is not None]] = True
    # Rows beyond the vocabulary are padding.
    banned[max(tokenizer.get_vocab().values()) + 1 :] = True
    return banned


class TorchPolicy:
    """One episode's context. Appended tokens wait until logits are asked for, and then run in one go."""

    def __init__(self, agent: LoadedAgent, sampling: Sampling | None = None) -> None:
        self._agent = agent
        self._sampling = sampling or Sampling()
        self._generator = torch.Generator().manual_seed(self._sampling.seed)
        self._cache = DynamicCache()
        self._next_position = 0
        self._waiting: list[tuple[Tensor, Run]] = []
        self._ids: list[int] = []

    @property
    def context_ids(self) -> list[int]:
        return self._ids

    def append_text(self, text: str) -> None:
        self._append_ids(self._agent.tokenizer.encode(text, add_special_tokens=False).ids)

    @torch.no_grad()
    def append_image(self, view: View, pixels: Image.Image) -> None:
        values = torch.from_numpy(patches(pixels))
        features = self._agent.model.model.visual(values, grid_thw=torch.tensor([grid(pixels)])).pooler_output
        self._waiting.append((features, image_run(view)))
        self._ids += [self._agent.image_pad] * len(features)

    @torch.no_grad()
    def _append_ids(self, ids: list[int]) -> None:
        if ids:
            embeds = self._agent.model.get_input_embeddings()(torch.tensor(ids))
            self._waiting.append((embeds, TextRun(len(ids))))
            self._ids += ids

    @torch.no_grad()
    def next_logits(self) -> Tensor:
        """Logits [vocabulary] after the whole context; runs what waits."""
        embeds = torch.cat([rows for rows, _ in self._waiting])[None]
        positions, self._next_position = run_positions([run for _, run in self._waiting], self._next_position)
        self._waiting = []
        hidden = self._agent.model.model.language_model(
            inputs_embeds=embeds,
            position_ids=torch.tensor(positions)[:, None],
            past_key_values=self._cache,
            use_cache=True,
        ).last_hidden_state
        return self._agent.model.lm_head(hidden[0, -1])

    def _pick(self, logits: Tensor) -> int:
        allowed = logits.masked_fill(self._agent.banned, float('-inf'))
        sampling = self._sampling
        if sampling.temperature == 0:
            return int(allowed.argmax())
        shares = torch.softmax(allowed / sampling.temperature, dim=-1)
        ordered, order = shares.sort(descending=True)
        # The smallest head that holds top_p of the probability, never empty.
        ordered[ordered.cumsum(0) - ordered >= sampling.top_p] = 0
        return int(order[torch.multinomial(ordered, 1, generator=self._generator)])

    def generate(self, max_tokens: int) -> Generated:
        agent = self._agent
        sampled: list[int] = []
        text = ''
        while len(sampled) < max_tokens:
            token = self._pick(self.next_logits())
            sampled.append(token)
            self._append_ids([token])
            if token in agent.eos:
                return Generated(text, sampled, 'eos', token == agent.turn_end)
            before, text = len(text), agent.tokenizer.decode(sampled, skip_special_tokens=False)
            if any(text.find(stop, max(0, before - len(stop) + 1)) >= 0 for stop in STOP_STRINGS):
                return Generated(text, sampled, 'stop_string', False)
        return Generated(text, sampled, 'max_tokens', False)
