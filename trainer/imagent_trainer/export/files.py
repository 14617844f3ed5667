"""Writes the graphs: small ones in one file, both decoders beside one shared file of weights."""

from collections.abc import Mapping
from pathlib import Path

import onnx
from onnx import TensorProto
from onnx.external_data_helper import set_external_data

from imagent_trainer.export.graph import Graph

SHARED_DATA = 'decoder.onnx_data'
# Below this a tensor stays in the graph: shapes and scalars must be readable without the data file.
SMALL_TENSOR = 1024
ALIGNMENT = 64
# A protobuf file ends at 2 GiB; leave room for the nodes.
INLINE_LIMIT = 1024**3


class DataFile:
    """One file of weights; a tensor that several graphs use is written once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._places: dict[str, tuple[int, bytes]] = {}
        self._file = path.open('wb')

    def take(self, tensor: TensorProto) -> None:
        """Moves a tensor's bytes into the file and leaves a reference. ValueError for two tensors of one name."""
        raw = tensor.raw_data
        place = self._places.get(tensor.name)
        if place is None:
            self._file.write(b'\0' * (-self._file.tell() % ALIGNMENT))
            place = (self._file.tell(), raw)
            self._places[tensor.name] = place
            self._file.write(raw)
        elif place[1] != raw:
            raise ValueError(f'two different tensors are called {tensor.name}')
        set_external_data(tensor, location=self.path.name, offset=place[0], length=len(raw))
        tensor.ClearField('raw_data')

    def close(self) -> None:
        self._file.close()


def move_weights(model: onnx.ModelProto, data: DataFile) -> None:
    for tensor in model.graph.initializer:
        if len(tensor.raw_data) >= SMALL_TENSOR:
            data.take(tensor)


def write_graphs(folder: Path, alone: Mapping[str, Graph], sharing: Mapping[str, Graph]) -> None:
    """Writes `{name}.onnx` for every graph; those of `sharing` keep their weights in one `decoder.onnx_data`."""
    shared = DataFile(folder / SHARED_DATA)
    try:
        for name, graph in sharing.items():
            model = graph.model()
            move_weights(model, shared)
            onnx.save_model(model, str(folder / f'{name}.onnx'))
    finally:
        shared.close()
    for name, graph in alone.items():
        model = graph.model()
        if sum(len(tensor.raw_data) for tensor in model.graph.initializer) > INLINE_LIMIT:
            data = DataFile(folder / f'{name}.onnx_data')
            move_weights(model, data)
            data.close()
        onnx.save_model(model, str(folder / f'{name}.onnx'))
