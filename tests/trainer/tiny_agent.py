"""A Qwen2.5-VL folder with random weights and the demo agent's shape: whole and loadable, it knows nothing.

.venv/bin/python tests/trainer/tiny_agent.py DIR [SEED]   writes one, with its ONNX files
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / 'trainer'))

SPECIAL = (
    '<|endoftext|>',
    '<|im_start|>',
    '<|im_end|>',
    '<|vision_start|>',
    '<|vision_end|>',
    '<|vision_pad|>',
    '<|image_pad|>',
    '<|video_pad|>',
)
TAGS = (
    '<tool_call>',
    '</tool_call>',
    '<think>',
    '</think>',
    '<answer>',
    '</answer>',
    '<tool_response>',
    '</tool_response>',
)


def write_tokenizer(folder: Path) -> dict[str, int]:
    """Bytes, the special tokens and the tags. Returns the ids of the special tokens."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({char: index for index, char in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(text, special=True, normalized=False) for text in SPECIAL])
    tokenizer.add_tokens([AddedToken(text, special=False, normalized=False) for text in TAGS])
    tokenizer.save(str(folder / 'tokenizer.json'))
    config = {
        'tokenizer_class': 'PreTrainedTokenizerFast',
        'eos_token': '<|im_end|>',
        'pad_token': '<|endoftext|>',
    }
    (folder / 'tokenizer_config.json').write_text(json.dumps(config))
    vocabulary = tokenizer.get_vocab()
    return {text: vocabulary[text] for text in SPECIAL}


def write_configs(folder: Path, ids: dict[str, int]) -> None:
    preprocessor = {
        'image_processor_type': 'Qwen2VLImageProcessor',
        'patch_size': 14,
        'temporal_patch_size': 2,
        'merge_size': 2,
        'min_pixels': 12_544,
        'max_pixels': 12_544,
        'image_mean': [0.48145466, 0.4578275, 0.40821073],
        'image_std': [0.26862954, 0.26130258, 0.27577711],
    }
    agent = {
        'format': 2,
        'name': 'random weights',
        'description': 'A test agent that knows nothing.',
        'decoder': 'delta',
        'min_pixels': 12_544,
        'max_pixels': 12_544,
        'crop_min_pixels': 12_544,
        'limits': {},
        'sampling': {'temperature': 0},
        'worlds': 'knows nothing',
    }
    generation = {
        'eos_token_id': [ids['<|im_end|>'], ids['<|endoftext|>']],
        'pad_token_id': ids['<|endoftext|>'],
    }
    for name, value in (
        ('preprocessor_config.json', preprocessor),
        ('imagent.json', agent),
        ('generation_config.json', generation),
    ):
        (folder / name).write_text(json.dumps(value, indent=2))


def build_tiny_agent(folder: Path, seed: int = 0, scale: float = 3.0) -> Path:
    """Writes the folder, without ONNX files. `scale` sharpens random weights, so that logits are not all alike."""
    import torch
    from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

    folder.mkdir(parents=True, exist_ok=True)
    ids = write_tokenizer(folder)
    torch.manual_seed(seed)
    config = Qwen2_5_VLConfig(
        text_config={
            'vocab_size': 320,
            'hidden_size': 192,
            'intermediate_size': 384,
            'num_hidden_layers': 4,
            'num_attention_heads': 6,
            'num_key_value_heads': 2,
            'max_position_embeddings': 8192,
            'rope_parameters': {
                'rope_type': 'default',
                'mrope_section': [4, 6, 6],
                'rope_theta': 1_000_000.0,
            },
            'tie_word_embeddings': True,
            'bos_token_id': None,
            'eos_token_id': ids['<|im_end|>'],
            'pad_token_id': ids['<|endoftext|>'],
        },
        vision_config={
            'depth': 4,
            'hidden_size': 128,
            'intermediate_size': 256,
            'num_heads': 4,
            'out_hidden_size': 192,
            'patch_size': 14,
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
    model = Qwen2_5_VLForConditionalGeneration(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            noise = torch.randn_like(parameter) * 0.02 * scale
            parameter.copy_(
                ((noise + 1.0) if parameter.ndim == 1 and parameter.mean() > 0.5 else noise).half().float()
            )
    model.half().save_pretrained(folder)
    write_configs(folder, ids)
    return folder


def main() -> None:
    from imagent_trainer.export.cli import export

    folder = build_tiny_agent(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    print(export(folder))


if __name__ == '__main__':
    main()
