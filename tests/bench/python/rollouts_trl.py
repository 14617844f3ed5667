"""The same rollouts by TRL's own tool loop: GRPOTrainer with an environment_factory, nothing of it replaced.

What it had to be given: a processor without a video processor (none is needed for images), a chat template that
writes our protocol, Qwen3's response template, and generation settings that end a turn at a closing tag, never sample
control tokens, and pad with the end of a turn, so that a turn that ended at a tag is closed as in our protocol.
"""

import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import trl.chat_template_utils as templates
from datasets import Dataset
from imagent_trainer.rollout.parser import Answer, parse_turn
from imagent_trainer.rollout.prompt import STOP_STRINGS, ImageSegment, prompt_segments
from imagent_trainer.rollout.tools import ToolError, run_tool
from imagent_trainer.rollout.views import View, input_view, open_canonical, render_view
from PIL import Image
from rollouts_common import MAX_SAMPLED, Task, finish, task_from_arguments
from transformers import (
    PreTrainedTokenizerFast,
    Qwen2_5_VLProcessor,
    Qwen2VLImageProcessorPil,
)
from transformers.processing_utils import ProcessorMixin
from trl import GRPOConfig, GRPOTrainer

TEMPLATE = """{%- macro body(content) -%}
{%- if content is string -%}{{ content }}{%- else -%}{%- for part in content -%}
{%- if part.type == 'image' -%}<|vision_start|><|image_pad|><|vision_end|>{%- else -%}{{ part.text }}{%- endif -%}
{%- endfor -%}{%- endif -%}
{%- endmacro -%}
{%- for message in messages -%}
{%- if message.role == 'tool' -%}{{ '<|im_start|>user\n<tool_response>\n' }}{{ body(message.content) }}{{ '\n</tool_response><|im_end|>\n' }}
{%- else -%}{{ '<|im_start|>' + message.role + '\n' }}{{ body(message.content) }}
{%- for call in (message.tool_calls or []) -%}{{ '<tool_call>\n{"name": "' + call.function.name + '", "arguments": ' }}{{ call.function.arguments | tojson }}{{ '}\n</tool_call>' }}{%- endfor -%}
{{ '<|im_end|>\n' }}
{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\n' }}{%- endif -%}"""


class NoVideo:
    """Stands where the processor wants a video processor; nothing here is a video."""

    model_input_names: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {}

    def save_pretrained(self, *_: Any, **__: Any) -> list[str]:
        return []


def make_processor(task: Task, folder: Path) -> Qwen2_5_VLProcessor:
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    tokenizer.pad_token = tokenizer.eos_token
    tokenizer.padding_side = "left"
    tokenizer.chat_template = TEMPLATE
    tokenizer.response_template = templates.qwen3_template
    pixels = task.settings.pixels
    images = Qwen2VLImageProcessorPil(
        min_pixels=pixels.min_pixels, max_pixels=pixels.max_pixels
    )
    check = ProcessorMixin.check_argument_for_proper_class
    ProcessorMixin.check_argument_for_proper_class = lambda self, name, value: (
        type(value) if name == "video_processor" else check(self, name, value)
    )
    return Qwen2_5_VLProcessor(
        image_processor=images,
        tokenizer=tokenizer,
        video_processor=NoVideo(),
        chat_template=TEMPLATE,
    )


class Episode:
    """TRL's environment: one pooled instance a rollout. Its public methods are the tools."""

    task: Task

    def reset(self, index: int = 0, **_: Any) -> None:
        sample = self.task.samples[index]
        self._roots = [open_canonical(path) for path in sample.images]
        self._views = inputs_of(self._roots, self.task)
        self.calls = 0

    def _run(self, name: str, arguments: dict[str, Any]) -> list[dict[str, Any]] | str:
        self.calls += 1
        if self.calls > self.task.settings.limits.max_calls:
            return "Error: no call is left."
        found = run_tool(name, arguments, self._views, self.task.settings.pixels, True)
        if isinstance(found, ToolError):
            return f"Error: {found.text}"
        self._views.append(found)
        shown = render_view(found, self._roots[found.root_image])
        return [
            {"type": "text", "text": f"Image {found.number}: "},
            {"type": "image", "image": shown},
        ]

    def zoom_in(self, image: int, bbox_2d: list[int]) -> list:
        """
        Shows a part of an image, enlarged.

        Args:
            image: The number of the image.
            bbox_2d: The corners of the part.
        """
        return self._run("zoom_in", {"image": image, "bbox_2d": bbox_2d})  # type: ignore[return-value]

    def look_back(self, image: int) -> list:
        """
        Shows an earlier image again.

        Args:
            image: The number of the image.
        """
        return self._run("look_back", {"image": image})  # type: ignore[return-value]


def inputs_of(roots: list[Image.Image], task: Task) -> list[View]:
    pixels = task.settings.pixels
    return [
        input_view(
            number, root.width, root.height, pixels.min_pixels, pixels.max_pixels
        )
        for number, root in enumerate(roots, 1)
    ]


def row_of(index: int, task: Task) -> dict[str, Any]:
    """One question as TRL's dataset holds it: messages with places for images, and the images."""
    sample = task.samples[index]
    roots = [open_canonical(path) for path in sample.images]
    views = inputs_of(roots, task)
    system, *rest = prompt_segments(len(roots), sample.question, sample.choices, True)
    content: list[dict[str, Any]] = []
    for segment in rest:
        if isinstance(segment, ImageSegment):
            content.append({"type": "image"})
        else:
            text = segment.text.removeprefix("<|im_start|>user\n").removeprefix(
                "<|vision_end|>"
            )
            text = text.removesuffix("<|vision_start|>").removesuffix(
                "<|im_end|>\n<|im_start|>assistant\n"
            )
            content.append({"type": "text", "text": text})
    head = (
        getattr(system, "text", "")
        .removeprefix("<|im_start|>system\n")
        .removesuffix("<|im_end|>\n")
    )
    return {
        "prompt": [
            {"role": "system", "content": head},
            {"role": "user", "content": content},
        ],
        "images": [
            render_view(view, root) for view, root in zip(views, roots, strict=True)
        ],
        "index": index,
    }


def make_trainer(task: Task, folder: Path, out: str) -> GRPOTrainer:
    agent = task.agent
    rows = len(task.samples) * task.group
    stops = [agent.tokenizer.token_to_id(tag) for tag in STOP_STRINGS]
    config = GRPOConfig(
        output_dir=out,
        per_device_train_batch_size=rows,
        num_generations=task.group,
        max_completion_length=MAX_SAMPLED,
        max_tool_calling_iterations=task.settings.limits.max_calls,
        temperature=1.0,
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        report_to=[],
        generation_kwargs={
            "eos_token_id": [*sorted(agent.eos), *stops],
            "suppress_tokens": agent.banned.nonzero().flatten().tolist(),
        },
    )
    Episode.task = task
    return GRPOTrainer(
        model=agent.model,
        reward_funcs=lambda completions, **_: [0.0] * len(completions),
        args=config,
        train_dataset=Dataset.from_list(
            [{"prompt": [{"role": "user", "content": "q"}]}]
        ),
        processing_class=make_processor(task, folder),
        environment_factory=Episode,
    )


def answer_of(ids: list[int], mask: list[int], task: Task) -> str | None:
    """The answer in the last turn that was sampled."""
    last = len(ids) - next(
        (k for k, own in enumerate(reversed(mask)) if not own), len(mask)
    )
    turn = parse_turn(
        task.agent.tokenizer.decode(ids[last:], skip_special_tokens=False)
    )
    return turn.answer if isinstance(turn, Answer) else None


def main() -> None:
    warnings.filterwarnings("ignore")
    task = task_from_arguments()
    import sys

    folder = Path(sys.argv[sys.argv.index("--agent") + 1])
    timed: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as out:
        trainer = make_trainer(task, folder, out)
        generate = trainer._generate

        def measured(prompts: list) -> Any:
            started = time.perf_counter()
            found = generate(prompts)
            timed.update(seconds=time.perf_counter() - started, found=found)
            raise Measured

        trainer._generate = measured  # type: ignore[method-assign]
        inputs = [
            row_of(index, task)
            for index in range(len(task.samples))
            for _ in range(task.group)
        ]
        trainer.model.train()
        try:
            trainer._generate_and_score_completions(inputs)
        except Measured:
            pass
        calls = sum(environment.calls for environment in trainer.environments)
    _, ids, mask, *_ = timed["found"]
    answers = [answer_of(one, own, task) for one, own in zip(ids, mask, strict=True)]
    finish(timed["seconds"], len(ids), sum(map(sum, mask)), calls, answers, task)


class Measured(Exception):
    """Generation is over; the rest of a step is not part of this comparison."""


if __name__ == "__main__":
    main()
