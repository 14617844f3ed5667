"""Forward passes over transformers' own modules, written for training on a CPU.

All views are 112x112, so a tower's attention is one dense batch instead of a loop over images, and the two equal
frames of a patch are folded into one. `tests/trainer/test_pretrain.py` holds them to transformers' results.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from .model import GRID, PATCH

MEAN = torch.tensor([0.48145466, 0.4578275, 0.40821073])
STD = torch.tensor([0.26862954, 0.26130258, 0.27577711])
_PIXELS = PATCH * PATCH


def to_patches(view: np.ndarray) -> np.ndarray:
    """uint8 [112,112,3] to uint8 [64,588]: patches in merge-block order, each channel-first."""
    g = GRID // 2
    a = view.transpose(2, 0, 1).reshape(3, g, 2, PATCH, g, 2, PATCH)
    return np.ascontiguousarray(a.transpose(1, 4, 2, 5, 0, 3, 6).reshape(GRID * GRID, 3 * _PIXELS))


def normalise(patches: Tensor) -> Tensor:
    """uint8 [n,64,588] to float32, as the image processor does: (x / 255 - mean) / std."""
    mean, std = MEAN.repeat_interleave(_PIXELS), STD.repeat_interleave(_PIXELS)
    return patches.float().mul_(1 / (255 * std)).sub_(mean / std)


def _vision_positions() -> tuple[Tensor, Tensor]:
    h, w = torch.meshgrid(torch.arange(GRID), torch.arange(GRID), indexing='ij')

    def order(t: Tensor) -> Tensor:
        return t.reshape(GRID // 2, 2, GRID // 2, 2).permute(0, 2, 1, 3).reshape(-1)

    return order(h), order(w)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    a, b = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-b, a), dim=-1) * sin


def _mlp(module: Any, x: Tensor) -> Tensor:
    return module.down_proj(functional.silu(module.gate_proj(x)) * module.up_proj(x))


def _norm(module: Any, x: Tensor) -> Tensor:
    return functional.rms_norm(x, (x.shape[-1],), module.weight, module.variance_epsilon)


def vision(visual: Any, patches: Tensor) -> Tensor:
    """Features [n,16,hidden] of normalised patches [n,64,588]."""
    weight = visual.patch_embed.proj.weight.sum(dim=2).flatten(1)
    x = functional.linear(patches, weight)
    n, length, width = x.shape
    heads = visual.config.num_heads
    inverse = visual.rotary_pos_emb.inv_freq
    h, w = _vision_positions()
    angle = torch.cat((h[:, None] * inverse, w[:, None] * inverse), dim=-1)
    angle = torch.cat((angle, angle), dim=-1)
    cos, sin = angle.cos()[:, None], angle.sin()[:, None]
    for block in visual.blocks:
        qkv = block.attn.qkv(_norm(block.norm1, x)).view(n, length, 3 * heads, width // heads)
        q, k, v = qkv.split(heads, dim=2)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        mixed = functional.scaled_dot_product_attention(
            q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)
        )
        x = x + block.attn.proj(mixed.transpose(1, 2).reshape(n, length, width))
        x = x + _mlp(block.mlp, _norm(block.norm2, x))
    merged = _norm(visual.merger.ln_q, x).reshape(n, length // 4, 4 * width)
    return visual.merger.mlp(merged)


def text_angles(language_model: Any, positions: Tensor) -> tuple[Tensor, Tensor]:
    """cos and sin [batch,1,length,head_dim] of m-rope positions [3,batch,length]."""
    rotary = language_model.rotary_emb
    angle = positions[..., None].float() * rotary.inv_freq
    parts = [part[i % 3] for i, part in enumerate(angle.split(rotary.mrope_section, dim=-1))]
    merged = torch.cat([*parts, *parts], dim=-1)[:, None]
    return merged.cos(), merged.sin()


def _project(layer: Any, x: Tensor, cos: Tensor, sin: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    attention = layer.self_attn
    n, length, _ = x.shape
    shape = (n, length, -1, attention.head_dim)
    h = _norm(layer.input_layernorm, x)
    q = rotate(attention.q_proj(h).view(shape).transpose(1, 2), cos, sin)
    k = rotate(attention.k_proj(h).view(shape).transpose(1, 2), cos, sin)
    return q, k, attention.v_proj(h).view(shape).transpose(1, 2)


def _finish(layer: Any, x: Tensor, mixed: Tensor) -> Tensor:
    n, length, _ = x.shape
    x = x + layer.self_attn.o_proj(mixed.transpose(1, 2).reshape(n, length, -1))
    return x + _mlp(layer.mlp, _norm(layer.post_attention_layernorm, x))


def decoder(language_model: Any, embeds: Tensor, positions: Tensor) -> tuple[Tensor, list[Tensor]]:
    """Hidden states [batch,length,hidden] and what each layer put out; causal, padded on the right."""
    cos, sin = text_angles(language_model, positions)
    x = embeds
    layers = []
    for layer in language_model.layers:
        q, k, v = _project(layer, x, cos, sin)
        groups = q.shape[1] // k.shape[1]
        k, v = k.repeat_interleave(groups, dim=1), v.repeat_interleave(groups, dim=1)
        x = _finish(layer, x, functional.scaled_dot_product_attention(q, k, v, is_causal=True))
        layers.append(x)
    return _norm(language_model.norm, x), layers


class StepCache:
    """Keys and values of rows that advance one token at a time, each at its own length."""

    def __init__(self, language_model: Any, rows: int, capacity: int):
        config = language_model.config
        head_dim = language_model.layers[0].self_attn.head_dim
        shape = (config.num_hidden_layers, rows, config.num_key_value_heads, capacity, head_dim)
        self.keys, self.values = torch.zeros(shape), torch.zeros(shape)
        self.lengths = torch.zeros(rows, dtype=torch.long)


def decoder_step(
    language_model: Any, cache: StepCache, rows: Tensor, embeds: Tensor, positions: Tensor
) -> Tensor:
    """Hidden states [rows,hidden] after one more token in each of `rows`; positions [3,rows]."""
    cos, sin = text_angles(language_model, positions[..., None])
    at = cache.lengths[rows]
    longest = int(at.max()) + 1
    allowed = (torch.arange(longest) <= at[:, None])[:, None, None]
    x = embeds[:, None]
    for index, layer in enumerate(language_model.layers):
        q, k, v = _project(layer, x, cos, sin)
        cache.keys[index, rows, :, at] = k[:, :, 0]
        cache.values[index, rows, :, at] = v[:, :, 0]
        keys, values = cache.keys[index, rows, :, :longest], cache.values[index, rows, :, :longest]
        groups = q.shape[1] // k.shape[1]
        keys, values = keys.repeat_interleave(groups, dim=1), values.repeat_interleave(groups, dim=1)
        x = _finish(layer, x, functional.scaled_dot_product_attention(q, keys, values, attn_mask=allowed))
    cache.lengths[rows] += 1
    return _norm(language_model.norm, x)[:, 0]
