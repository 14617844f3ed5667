"""Does the export say what PyTorch says? Features, logits of whole contexts, and cached against recomputed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import Qwen2_5_VLForConditionalGeneration

from imagent_trainer.export.context import Context, ImagePart, Part, TextPart, positions_of
from imagent_trainer.export.episodes import episode_contexts
from imagent_trainer.export.runtime import DeltaDecoder, MergedDecoder, Sessions
from imagent_trainer.export.weights import ExportError, Source

Array = np.ndarray[Any, Any]
TOLERANCE = 1e-3
CONTEXTS = 4
SINGLE_STEPS = 16
# Parameters. In float64 a billion take 8 GB.
DOUBLE_LIMIT = 1_000_000_000


@dataclass(frozen=True)
class Differences:
    """Largest absolute differences seen."""

    features: float
    logits: float
    cached: float

    @property
    def worst(self) -> float:
        return max(self.features, self.logits, self.cached)


def load_reference(folder: Path) -> Qwen2_5_VLForConditionalGeneration:
    """The PyTorch model as its folder says, in float64 where it fits.

    Two float32 programs differ by the rounding of both: with trained weights PyTorch's own is already 1e-3 away
    from the exact logits in places. Against float64 only the rounding of the export counts.
    """
    model = Qwen2_5_VLForConditionalGeneration.from_pretrained(
        folder, dtype=torch.float32, attn_implementation='eager', local_files_only=True
    )
    small = sum(parameter.numel() for parameter in model.parameters()) < DOUBLE_LIMIT
    return (model.double() if small else model).eval()


def text_ids(model: Qwen2_5_VLForConditionalGeneration) -> list[int]:
    """Ids that stand for text only."""
    config = model.config
    kept_back = {
        config.image_token_id,
        config.video_token_id,
        config.vision_start_token_id,
        config.vision_end_token_id,
    }
    return [index for index in range(config.get_text_config().vocab_size) if index not in kept_back]


@torch.no_grad()
def reference_features(model: Qwen2_5_VLForConditionalGeneration, image: ImagePart) -> Array:
    pixels = torch.from_numpy(image.pixel_values).to(model.dtype)
    found = model.model.visual(pixels, grid_thw=torch.tensor([image.grid]))
    return found.pooler_output.numpy()


@torch.no_grad()
def reference_logits(model: Qwen2_5_VLForConditionalGeneration, context: Context) -> Array:
    """Logits of every place, computed by transformers from ids and pixels alone (its own positions and merging)."""
    pad = model.config.image_token_id
    ids = torch.tensor([context.token_ids(pad)])
    images = [part for part in context.parts if isinstance(part, ImagePart)]
    model.model.rope_deltas = None
    found = model(
        input_ids=ids,
        attention_mask=torch.ones_like(ids),
        mm_token_type_ids=(ids == pad).int(),
        pixel_values=torch.from_numpy(np.concatenate([image.pixel_values for image in images])).to(
            model.dtype
        ),
        image_grid_thw=torch.tensor([image.grid for image in images]),
    )
    return found.logits[0].numpy()


def embeds_of(sessions: Sessions, parts: list[Part]) -> Array:
    """inputs_embeds [s, hidden] of parts, images one by one."""
    return np.concatenate(
        [
            sessions.text(part.ids)
            if isinstance(part, TextPart)
            else sessions.image(part.pixel_values, np.array([part.grid]))
            for part in parts
        ]
    )


def append_turns(decoder: MergedDecoder | DeltaDecoder, sessions: Sessions, context: Context) -> Array:
    """Logits of every place, turn by turn on one cache; the end of the last turn token by token, as sampling does."""
    found, start = [], 0
    for index, turn in enumerate(context.turns):
        embeds = embeds_of(sessions, turn)
        positions, start = positions_of(turn, start)
        single = SINGLE_STEPS if index == len(context.turns) - 1 else 0
        whole = max(0, len(embeds) - single)
        steps = [slice(0, whole)] if whole else []
        for step in [*steps, *(slice(at, at + 1) for at in range(whole, len(embeds)))]:
            found.append(decoder.append(embeds[step], [row[step] for row in positions], 0))
    return np.concatenate(found)


def append_whole(decoder: MergedDecoder | DeltaDecoder, sessions: Sessions, context: Context) -> Array:
    """Logits of every place of the context, in one run on an empty cache."""
    positions, _ = positions_of(context.parts)
    return decoder.append(embeds_of(sessions, context.parts), positions, 0)


def measure(
    model: Qwen2_5_VLForConditionalGeneration, sessions: Sessions, source: Source, context: Context
) -> Differences:
    """Compares one context: both decoders, whole and turn by turn."""
    image_error = max(
        float(
            np.abs(
                reference_features(model, part) - sessions.image(part.pixel_values, np.array([part.grid]))
            ).max()
        )
        for part in context.parts
        if isinstance(part, ImagePart)
    )
    wanted = reference_logits(model, context)
    logit_error = cached_error = 0.0
    for kind in (MergedDecoder, DeltaDecoder):
        whole = append_whole(kind(sessions, source.text), sessions, context)
        turns = append_turns(kind(sessions, source.text), sessions, context)
        logit_error = max(
            logit_error, float(np.abs(whole - wanted).max()), float(np.abs(turns - wanted).max())
        )
        cached_error = max(cached_error, float(np.abs(whole - turns).max()))
    return Differences(image_error, logit_error, cached_error)


def check(model_folder: Path, onnx_folder: Path, source: Source) -> Differences:
    """The worst differences over some contexts. ExportError when any is over 1e-3."""
    model = load_reference(model_folder)
    sessions = Sessions(onnx_folder)
    contexts = episode_contexts(model_folder, CONTEXTS)
    found = [measure(model, sessions, source, context) for context in contexts]
    worst = Differences(
        max(one.features for one in found), max(one.logits for one in found), max(one.cached for one in found)
    )
    if not worst.worst <= TOLERANCE:
        raise ExportError(f'the exported files differ from PyTorch by more than {TOLERANCE}: {worst}')
    return worst
