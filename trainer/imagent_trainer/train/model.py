"""The demo agent's configuration: the Qwen2.5-VL architecture at 2.6 million parameters."""

import torch
from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

HIDDEN = 192
PATCH = 14
GRID = 8
"""Patches along a side of a 112 px view."""
TOKENS = 16
"""Merged tokens of a 112 px view."""


def make_config(vocab_size: int, ids: dict[str, int]) -> Qwen2_5_VLConfig:
    """`ids` maps the special tokens' text to their ids."""
    return Qwen2_5_VLConfig(
        text_config={
            'vocab_size': vocab_size,
            'hidden_size': HIDDEN,
            'intermediate_size': 384,
            'num_hidden_layers': 4,
            'num_attention_heads': 6,
            'num_key_value_heads': 2,
            'max_position_embeddings': 8192,
            'rms_norm_eps': 1e-6,
            'rope_parameters': {
                'rope_type': 'default',
                'type': 'default',
                'mrope_section': [4, 6, 6],
                'rope_theta': 1_000_000.0,
            },
            'tie_word_embeddings': True,
            'bos_token_id': ids['<|endoftext|>'],
            'eos_token_id': ids['<|im_end|>'],
            'pad_token_id': ids['<|endoftext|>'],
        },
        vision_config={
            'depth': 4,
            'hidden_size': 128,
            'intermediate_size': 256,
            'num_heads': 4,
            'out_hidden_size': HIDDEN,
            'patch_size': PATCH,
            'spatial_patch_size': PATCH,
            'spatial_merge_size': 2,
            'temporal_patch_size': 2,
            'window_size': 112,
            'fullatt_block_indexes': [1, 3],
            'tokens_per_second': 2,
        },
        image_token_id=ids['<|image_pad|>'],
        video_token_id=ids['<|video_pad|>'],
        vision_start_token_id=ids['<|vision_start|>'],
        vision_end_token_id=ids['<|vision_end|>'],
        tie_word_embeddings=True,
    )


def make_model(vocab_size: int, ids: dict[str, int], seed: int) -> Qwen2_5_VLForConditionalGeneration:
    torch.manual_seed(seed)
    return Qwen2_5_VLForConditionalGeneration(make_config(vocab_size, ids))
