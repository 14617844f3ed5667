"""The configuration and the weights of a Qwen2.5-VL folder, under one set of names."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

Array = np.ndarray[Any, Any]


def inverse_frequencies(theta: float, size: int) -> Array:
    """1 / theta^(2i / size), float32, by the very operations of the reference: a last bit grows with the position."""
    return (1.0 / (theta ** (torch.arange(0, size, 2, dtype=torch.float) / size))).numpy()


class ExportError(Exception):
    """The folder cannot be exported; the message says what is wrong with it."""


@dataclass(frozen=True)
class TextShape:
    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    theta: float
    epsilon: float
    sections: tuple[int, ...]
    vocabulary: int


@dataclass(frozen=True)
class VisionShape:
    depth: int
    hidden: int
    heads: int
    patch_values: int
    merge: int
    window_cells: int
    full_blocks: frozenset[int]


@dataclass(frozen=True)
class Source:
    """What the graphs are built from. Weights: float32 [out, in], named `visual.*`, `text.*` and `lm_head.weight`."""

    text: TextShape
    vision: VisionShape
    weights: Mapping[str, Array]


def read_json(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding='utf-8'))
    except (OSError, ValueError) as error:
        raise ExportError(f'{path.name} cannot be read: {error}') from error


def text_shape(config: dict[str, Any]) -> TextShape:
    """Sizes of the decoder. Published folders keep them at the top, newer ones under `text_config`."""
    text = config.get('text_config') or config
    rope = text.get('rope_parameters') or text.get('rope_scaling') or {}
    if rope.get('rope_type', rope.get('type', 'default')) not in ('default', 'mrope'):
        raise ExportError(f'config.json: rope type "{rope.get("rope_type")}" is not supported')
    if text.get('use_sliding_window'):
        raise ExportError('config.json: sliding windows in the decoder are not supported')
    heads = text['num_attention_heads']
    head_dim = text['hidden_size'] // heads
    sections = tuple(rope.get('mrope_section', (16, 24, 24)))
    if sum(sections) * 2 != head_dim:
        raise ExportError(f'config.json: mrope_section {list(sections)} does not add up to {head_dim // 2}')
    return TextShape(
        layers=text['num_hidden_layers'],
        hidden=text['hidden_size'],
        heads=heads,
        kv_heads=text.get('num_key_value_heads') or heads,
        head_dim=head_dim,
        theta=float(rope.get('rope_theta') or text.get('rope_theta') or 1_000_000.0),
        epsilon=float(text.get('rms_norm_eps', 1e-6)),
        sections=sections,
        vocabulary=text['vocab_size'],
    )


def vision_shape(config: dict[str, Any]) -> VisionShape:
    """Sizes of the vision tower."""
    vision = config['vision_config']
    patch = vision.get('patch_size', 14)
    merge = vision.get('spatial_merge_size', 2)
    channels = vision.get('in_channels', vision.get('in_chans', 3))
    return VisionShape(
        depth=vision['depth'],
        hidden=vision['hidden_size'],
        heads=vision['num_heads'],
        patch_values=channels * vision.get('temporal_patch_size', 2) * patch * patch,
        merge=merge,
        window_cells=vision.get('window_size', 112) // merge // patch,
        full_blocks=frozenset(vision.get('fullatt_block_indexes', (7, 15, 23, 31))),
    )


def plain_name(name: str) -> str:
    """One name for a weight, whatever release of the library wrote the file."""
    for prefix, plain in (
        ('model.visual.', 'visual.'),
        ('model.language_model.', 'text.'),
        ('language_model.model.', 'text.'),
        ('model.', 'text.'),
    ):
        if name.startswith(prefix):
            return plain + name[len(prefix) :]
    return name


def load_weights(folder: Path) -> dict[str, Array]:
    """Every tensor as float32 under its plain name."""
    index = folder / 'model.safetensors.index.json'
    names = sorted(set(read_json(index)['weight_map'].values())) if index.exists() else ['model.safetensors']
    weights: dict[str, Array] = {}
    for name in names:
        path = folder / name
        if path.parent != folder or not path.is_file():
            raise ExportError(f'{name} is missing')
        try:
            tensors = load_file(path)
        except SafetensorError as error:
            raise ExportError(f'{name} cannot be read: {error}') from error
        weights |= {plain_name(key): tensor.to(torch.float32).numpy() for key, tensor in tensors.items()}
    weights.setdefault('lm_head.weight', weights['text.embed_tokens.weight'])
    return weights


def load_source(folder: Path) -> Source:
    """Reads config.json and the safetensors of a folder. ExportError when it is not a Qwen2.5-VL."""
    config = read_json(folder / 'config.json')
    if config.get('model_type') != 'qwen2_5_vl':
        raise ExportError(f'config.json: model_type is "{config.get("model_type")}", not "qwen2_5_vl"')
    try:
        return Source(text_shape(config), vision_shape(config), load_weights(folder))
    except KeyError as error:
        raise ExportError(f'{error.args[0]} is missing') from error
