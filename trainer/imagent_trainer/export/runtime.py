"""The exported files under onnxruntime: what the app does, in a few lines of numpy. For checks, not for speed."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from imagent_trainer.export.weights import TextShape

# Set before the native library loads: it would phone home otherwise.
os.environ['ORT_DISABLE_TELEMETRY'] = '1'
import onnxruntime

MASKED = -1e9
SPARE_ROWS = 32
Array = np.ndarray[Any, Any]


def open_session(path: Path, threads: int = 1) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=['CPUExecutionProvider'])


def run(session: onnxruntime.InferenceSession, feeds: dict[str, Array]) -> dict[str, Array]:
    names = [output.name for output in session.get_outputs()]
    return {name: np.asarray(value) for name, value in zip(names, session.run(names, feeds), strict=True)}


class Sessions:
    """The four files of a folder, opened once."""

    def __init__(self, folder: Path) -> None:
        self.vision = open_session(folder / 'vision_encoder.onnx')
        self.embed = open_session(folder / 'embed_tokens.onnx')
        self.merged = open_session(folder / 'decoder_model_merged.onnx')
        self.delta = open_session(folder / 'decoder_delta.onnx')

    def image(self, pixel_values: Array, grids: Array) -> Array:
        """Features [cells, hidden] of one or more images."""
        feeds = {'pixel_values': pixel_values.astype(np.float32), 'image_grid_thw': grids.astype(np.int64)}
        return run(self.vision, feeds)['image_features']

    def text(self, ids: Sequence[int]) -> Array:
        """Embeddings [s, hidden] of ids."""
        return run(self.embed, {'input_ids': np.array([ids], np.int64)})['inputs_embeds'][0]


class MergedDecoder:
    """The published form: keeps the whole cache as returned."""

    def __init__(self, sessions: Sessions, shape: TextShape) -> None:
        self.session = sessions.merged
        empty = np.zeros((1, shape.kv_heads, 0, shape.head_dim), np.float32)
        self.cache = {f'{layer}.{kind}': empty for layer in range(shape.layers) for kind in ('key', 'value')}

    def append(self, embeds: Array, positions: Sequence[Sequence[int]], keep: int) -> Array:
        """Logits [kept, vocabulary] of new places; `embeds` [s, hidden]."""
        past = next(iter(self.cache.values())).shape[2]
        found = run(
            self.session,
            {
                'inputs_embeds': embeds[None],
                'attention_mask': np.ones((1, past + len(embeds)), np.int64),
                'position_ids': np.array(positions, np.int64)[:, None],
                'num_logits_to_keep': np.array(keep, np.int64),
                **{f'past_key_values.{name}': value for name, value in self.cache.items()},
            },
        )
        self.cache = {name: found[f'present.{name}'] for name in self.cache}
        return found['logits'][0]


class DeltaDecoder:
    """Our form: keeps the rows in buffers with room to spare, as the app does."""

    def __init__(self, sessions: Sessions, shape: TextShape) -> None:
        self.session = sessions.delta
        self.length = 0
        self.buffers = np.zeros((2 * shape.layers, 1, shape.kv_heads, 0, shape.head_dim), np.float32)

    def _reserve(self, rows: int) -> None:
        capacity = self.buffers.shape[3]
        if rows > capacity:
            room = np.zeros((*self.buffers.shape[:3], rows + SPARE_ROWS - capacity, self.buffers.shape[4]))
            self.buffers = np.concatenate([self.buffers, room.astype(np.float32)], axis=3)

    def append(self, embeds: Array, positions: Sequence[Sequence[int]], keep: int) -> Array:
        """Logits [kept, vocabulary] of new places; `embeds` [s, hidden]."""
        rows, capacity = len(embeds), self.buffers.shape[3]
        bias = np.full((rows, capacity + rows), MASKED, np.float32)
        bias[:, : self.length] = 0
        bias[:, capacity:] = np.triu(np.full((rows, rows), MASKED, np.float32), 1)
        found = run(
            self.session,
            {
                'inputs_embeds': embeds[None],
                'position_ids': np.array(positions, np.int64)[:, None],
                'attention_bias': bias,
                'num_logits_to_keep': np.array(keep, np.int64),
                **{
                    f'past.{index // 2}.{("key", "value")[index % 2]}': buffer
                    for index, buffer in enumerate(self.buffers)
                },
            },
        )
        self._reserve(self.length + rows)
        self.buffers[:, 0, :, self.length : self.length + rows] = found['new']
        self.length += rows
        return found['logits'][0]
