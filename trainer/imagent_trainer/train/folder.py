"""Writes the trained agent as a model folder: the published layout plus imagent.json."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer

from ..protocol.agent_folder import FORMAT
from ..rollout.limits import Limits
from .tokenizer import save_tokenizer, special_ids

PIXELS = 12_544
WORLDS = (
    'Knows only its own world: coloured circles, squares, triangles and stars on a plain ground, each with a fine '
    'pattern (plain, horizontal, vertical, diagonal, checks) that shows only in a crop.'
)


def round_to_half(model: Any) -> None:
    """Every weight becomes a value that 16 bits hold, so that all files and runtimes agree."""
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(p.half().float())


def write_folder(model: Any, tokenizer: Tokenizer, out: Path, lineage: dict[str, Any]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    round_to_half(model)
    model.config.architectures = ['Qwen2_5_VLForConditionalGeneration']
    model.config.dtype = torch.float16
    model.config.save_pretrained(out)
    tied = {'lm_head.weight'}
    weights = {k: v.half().contiguous() for k, v in model.state_dict().items() if k not in tied}
    save_file(weights, str(out / 'model.safetensors'), metadata={'format': 'pt'})
    (out / 'model.safetensors').chmod(0o644)
    save_tokenizer(tokenizer, out)
    ids = special_ids(tokenizer)
    _write(
        out / 'generation_config.json',
        {
            'bos_token_id': ids['<|endoftext|>'],
            'eos_token_id': [ids['<|im_end|>'], ids['<|endoftext|>']],
            'pad_token_id': ids['<|endoftext|>'],
            'do_sample': False,
        },
    )
    _write(
        out / 'preprocessor_config.json',
        {
            'image_processor_type': 'Qwen2VLImageProcessor',
            'processor_class': 'Qwen2_5_VLProcessor',
            'min_pixels': PIXELS,
            'max_pixels': PIXELS,
            'patch_size': 14,
            'temporal_patch_size': 2,
            'merge_size': 2,
            'image_mean': [0.48145466, 0.4578275, 0.40821073],
            'image_std': [0.26862954, 0.26130258, 0.27577711],
        },
    )
    limits = Limits()
    _write(
        out / 'imagent.json',
        {
            'format': FORMAT,
            'name': 'Demo agent',
            'description': 'A small Qwen2.5-VL that looks before it answers. It ships with IMAgent Studio.',
            'decoder': 'delta',
            'min_pixels': PIXELS,
            'max_pixels': PIXELS,
            'crop_min_pixels': PIXELS,
            'limits': {name: getattr(limits, name) for name in limits.__dataclass_fields__},
            'sampling': {'temperature': 0},
            'worlds': WORLDS,
            'lineage': lineage,
        },
    )


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + '\n', encoding='utf-8')
