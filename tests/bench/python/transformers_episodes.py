"""The agent's episodes with transformers' own `generate`: each turn reads the whole context again.

The loop, the tools, the text and the pixels are the trainer's; only the decoding is transformers'. Prints one JSON
object: episodes_per_second, sampled_tokens.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from imagent_trainer.data.samples import read_samples
from imagent_trainer.protocol.agent_folder import read_agent_settings
from imagent_trainer.rollout.loop import (
    EpisodeInput,
    EpisodeSettings,
    Generated,
    run_episode,
)
from imagent_trainer.rollout.preprocess import grid, patches
from imagent_trainer.rollout.prompt import STOP_STRINGS
from imagent_trainer.rollout.views import View, open_canonical
from imagent_trainer.train.policy import LoadedAgent, load_agent
from PIL import Image
from transformers import StoppingCriteria, StoppingCriteriaList


class StopAtTags(StoppingCriteria):
    """Ends a turn at a tag that closes a call or an answer; both are single tokens of this agent."""

    def __init__(self, ids: list[int]) -> None:
        self.ids = torch.tensor(ids)

    def __call__(self, input_ids, scores, **kwargs):
        return torch.isin(input_ids[:, -1], self.ids)


class GeneratePolicy:
    """The loop's Policy over `model.generate`, which keeps nothing between turns."""

    def __init__(
        self, agent: LoadedAgent, stop: StoppingCriteriaList, counter: list[int]
    ) -> None:
        self.agent, self.stop, self.counter = agent, stop, counter
        self.ids: list[int] = []
        self.pixels: list[np.ndarray] = []
        self.grids: list[tuple[int, int, int]] = []

    @property
    def context_ids(self) -> list[int]:
        return self.ids

    def append_text(self, text: str) -> None:
        self.ids += self.agent.tokenizer.encode(text, add_special_tokens=False).ids

    def append_image(self, view: View, pixels: Image.Image) -> None:
        self.pixels.append(patches(pixels))
        self.grids.append(grid(pixels))
        self.ids += [self.agent.image_pad] * view.tokens

    @torch.no_grad()
    def generate(self, max_tokens: int) -> Generated:
        ids = torch.tensor([self.ids])
        out = self.agent.model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            pixel_values=torch.from_numpy(np.concatenate(self.pixels)),
            image_grid_thw=torch.tensor(self.grids),
            mm_token_type_ids=(ids == self.agent.image_pad).int(),
            max_new_tokens=max_tokens,
            do_sample=False,
            suppress_tokens=self.agent.banned.nonzero().flatten().tolist(),
            stopping_criteria=self.stop,
            eos_token_id=sorted(self.agent.eos),
            pad_token_id=0,
        )
        sampled = out[0, len(self.ids) :].tolist()
        self.ids = out[0].tolist()
        self.counter[0] += len(sampled)
        last = sampled[-1]
        text = self.agent.tokenizer.decode(
            [one for one in sampled if one not in self.agent.eos],
            skip_special_tokens=False,
        )
        if last in self.agent.eos:
            return Generated(text, sampled, "eos", last == self.agent.turn_end)
        ended = any(text.endswith(stop) for stop in STOP_STRINGS)
        return Generated(text, sampled, "stop_string" if ended else "max_tokens", False)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--agent", type=Path, required=True)
    parser.add_argument("--samples", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--warm-up", type=int, default=0, help="so many of the last samples are played untimed")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    agent = load_agent(options.agent)
    settings = read_agent_settings(options.agent)
    how = EpisodeSettings(True, settings.limits, settings.pixels)
    stop = StoppingCriteriaList(
        [StopAtTags([agent.tokenizer.token_to_id(tag) for tag in STOP_STRINGS])]
    )
    samples = list(read_samples(options.samples))
    timed = samples[: len(samples) - options.warm_up]

    def play(some: list) -> int:
        counter = [0]
        for sample in some:
            images = [open_canonical(path) for path in sample.images]
            run_episode(
                GeneratePolicy(agent, stop, counter),
                EpisodeInput(images, sample.question, sample.choices),
                how,
            )
        return counter[0]

    play(samples[len(timed) :])
    started = time.perf_counter()
    sampled_tokens = play(timed)
    seconds = time.perf_counter() - started
    print(
        json.dumps(
            {
                "episodes_per_second": len(timed) / seconds,
                "sampled_tokens": sampled_tokens,
            }
        )
    )


if __name__ == "__main__":
    main()
