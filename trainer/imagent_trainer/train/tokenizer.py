"""The demo agent's tokenizer: byte-level BPE under 1,024 entries with Qwen2.5-VL's special tokens.

Any text encodes. The words of the world and the whole numbers 0 to 112 are single tokens; fixed text of the protocol
(the lines of the system turn, the frame of a call) is one token each, which keeps contexts short.
"""

import json
import random
from collections.abc import Iterator
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from ..rollout.prompt import SYSTEM_WITH_TOOLS, SYSTEM_WITHOUT_TOOLS
from ..world.questions import KINDS, make_question
from ..world.scene import COLOURS, PATTERNS, SHAPES, VIEW

SPECIAL = (
    '<|endoftext|>',
    '<|im_start|>',
    '<|im_end|>',
    '<|object_ref_start|>',
    '<|object_ref_end|>',
    '<|box_start|>',
    '<|box_end|>',
    '<|quad_start|>',
    '<|quad_end|>',
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
FRAME = (
    '{"name": "zoom_in", "arguments": {"image": ',
    '{"name": "look_back", "arguments": {"image": ',
    ', "bbox_2d": [',
    ']}}',
    '}}',
)
THOUGHT_WORDS = tuple(
    part
    for line in (
        'The is in image It shows First Next That not it the other Only left Back to Look at again Found',
        'then match differ same Not same So by I can cannot zoom have guess Try must Answer yes no Error',
    )
    for part in line.split()
)
LIMIT = 1024
_LONG_LINE = 20
_PRETOKENS = r'\p{N}{1,3}| ?\p{L}+|, |\s+| ?[^\s\p{L}\p{N}]+'

CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}"
    "{% else %}{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% else %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    '{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}'
)


def protocol_lines() -> list[str]:
    lines = [line for text in (SYSTEM_WITH_TOOLS, SYSTEM_WITHOUT_TOOLS) for line in text.split('\n')]
    return list(dict.fromkeys(line for line in lines if len(line) > _LONG_LINE))


def _corpus() -> Iterator[str]:
    words = [*SHAPES, *COLOURS, *PATTERNS, *THOUGHT_WORDS, 'system', 'user', 'assistant', 'Image']
    for _ in range(40):
        yield ' '.join(words)
        yield '\n'.join(words)
    rng = random.Random('tokenizer')
    for index in range(400):
        yield make_question(rng, KINDS[index % len(KINDS)]).text
    for _ in range(30):
        yield '[' + ', '.join(str(n) for n in range(VIEW + 1)) + ']'
    for _ in range(4):
        yield 'image must be a whole number from to. bbox_2d must be with for. A region needs at least pixels.'
        yield 'The tool call is not valid JSON. There are no tools here. Give the answer inside.'


def build_tokenizer() -> Tokenizer:
    """The same tokenizer every time. Raises AssertionError when it outgrows its limit."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_PRETOKENS), behavior='isolated'),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=LIMIT - 64, min_frequency=2, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(_corpus(), trainer)
    tokenizer.add_special_tokens([AddedToken(text, special=True, normalized=False) for text in SPECIAL])
    plain = [*TAGS, *FRAME, *protocol_lines()]
    tokenizer.add_tokens([AddedToken(text, special=False, normalized=False) for text in plain])
    assert tokenizer.get_vocab_size() <= LIMIT
    return tokenizer


def special_ids(tokenizer: Tokenizer) -> dict[str, int]:
    vocabulary = tokenizer.get_vocab()
    return {text: vocabulary[text] for text in SPECIAL}


def save_tokenizer(tokenizer: Tokenizer, folder: Path) -> None:
    """tokenizer.json and tokenizer_config.json as transformers reads them."""
    tokenizer.save(str(folder / 'tokenizer.json'))
    config = {
        'tokenizer_class': 'PreTrainedTokenizerFast',
        'model_max_length': 8192,
        'eos_token': '<|im_end|>',
        'pad_token': '<|endoftext|>',
        'clean_up_tokenization_spaces': False,
        'chat_template': CHAT_TEMPLATE,
    }
    (folder / 'tokenizer_config.json').write_text(json.dumps(config, indent=2) + '\n', encoding='utf-8')
