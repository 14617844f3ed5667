"""A small builder of ONNX graphs: names are made, constants shared, weights kept apart for external data."""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
# ONNX IR 8 goes with opset 17; newer ones are refused by older runtimes.
IR_VERSION = 8
FLOAT = TensorProto.FLOAT
INT64 = TensorProto.INT64
RUNTIME_DOMAIN = 'com.microsoft'
Array = np.ndarray[Any, Any]
Shape = Sequence[int | str]


def is_exact_half(value: Array) -> bool:
    """Whether float32 -> float16 -> float32 gives every value back."""
    with np.errstate(over='ignore'):
        return bool(np.array_equal(value.astype(np.float16).astype(np.float32), value))


class Graph:
    """One graph being built. Every method that adds a node returns the name of its output."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.nodes: list[onnx.NodeProto] = []
        self.inputs: list[onnx.ValueInfoProto] = []
        self.outputs: list[onnx.ValueInfoProto] = []
        self.initializers: dict[str, onnx.TensorProto] = {}
        self.domains: set[str] = set()
        self._weights: dict[str, str] = {}
        self._count = 0

    def input(self, name: str, element: int, shape: Shape) -> str:
        self.inputs.append(helper.make_tensor_value_info(name, element, list(shape)))
        return name

    def output(self, value: str, name: str, shape: Shape) -> None:
        """Names a value as an output, float32."""
        self.nodes.append(helper.make_node('Identity', [value], [name]))
        self.outputs.append(helper.make_tensor_value_info(name, FLOAT, list(shape)))

    def op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        return self.ops(kind, inputs, 1, **attributes)[0]

    def ops(self, kind: str, inputs: Sequence[str], outputs: int, **attributes: Any) -> list[str]:
        self._count += 1
        names = [
            f'{kind.lower()}_{self._count}' + (f'_{index}' if outputs > 1 else '') for index in range(outputs)
        ]
        self.nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return names

    def constant(self, value: Array) -> str:
        """A small constant, shared by value."""
        digest = hashlib.sha256(value.tobytes()).hexdigest()[:16]
        key = f'const_{value.dtype}_{"x".join(map(str, value.shape))}_{digest}'
        if key not in self.initializers:
            self.initializers[key] = numpy_helper.from_array(np.ascontiguousarray(value), key)
        return key

    def ints(self, *values: int) -> str:
        return self.constant(np.array(values, np.int64))

    def integer(self, value: int) -> str:
        return self.constant(np.array(value, np.int64))

    def number(self, value: float) -> str:
        return self.constant(np.array(value, np.float32))

    def weight(self, name: str, value: Array) -> str:
        """A weight, read as float32. Stored as float16 where that loses nothing, which halves the files."""
        if name in self._weights:
            return self._weights[name]
        half = is_exact_half(value)
        stored = np.ascontiguousarray(value.astype(np.float16 if half else np.float32))
        self.initializers[name] = numpy_helper.from_array(stored, name)
        self._weights[name] = self.op('Cast', name, to=FLOAT) if half else name
        return self._weights[name]

    def gather_weight(self, name: str, value: Array, index: str) -> str:
        """Rows of a table, read as float32. Only the rows that are asked for are widened."""
        half = is_exact_half(value)
        stored = np.ascontiguousarray(value.astype(np.float16 if half else np.float32))
        self.initializers[name] = numpy_helper.from_array(stored, name)
        rows = self.op('Gather', name, index)
        return self.op('Cast', rows, to=FLOAT) if half else rows

    # Shapes

    def reshape(self, value: str, *shape: int) -> str:
        return self.op('Reshape', value, self.ints(*shape))

    def split(self, value: str, sizes: Sequence[int], axis: int) -> list[str]:
        if len(sizes) == 1:
            return [value]
        return self.ops('Split', [value, self.ints(*sizes)], len(sizes), axis=axis)

    def dimension(self, value: str, axis: int) -> str:
        """The size along an axis, as a scalar."""
        return self.op('Squeeze', self.op('Shape', value, start=axis, end=axis + 1), self.ints(0))

    def unsqueeze(self, value: str, *axes: int) -> str:
        return self.op('Unsqueeze', value, self.ints(*axes))

    def count_to(self, stop: str) -> str:
        """0 .. stop-1, int64."""
        return self.op('Range', self.integer(0), stop, self.integer(1))

    # Layers

    def linear(self, value: str, name: str, weight: Array, bias: Array | None) -> str:
        """value @ weight.T + bias; `weight` is [out, in] as PyTorch keeps it."""
        product = self.op('MatMul', value, self.weight(f'{name}.weight', weight.T))
        return product if bias is None else self.op('Add', product, self.weight(f'{name}.bias', bias))

    def rms_norm(self, value: str, name: str, weight: Array, epsilon: float) -> str:
        """Written in the form that onnxruntime fuses into one kernel."""
        square = self.op('ReduceMean', self.op('Pow', value, self.number(2.0)), axes=[-1], keepdims=1)
        root = self.op('Sqrt', self.op('Add', square, self.number(epsilon)))
        return self.op('Mul', self.op('Div', value, root), self.weight(f'{name}.weight', weight))

    def silu(self, value: str) -> str:
        return self.op('Mul', value, self.op('Sigmoid', value))

    def gelu(self, value: str) -> str:
        error = self.op('Erf', self.op('Div', value, self.number(float(np.sqrt(2.0)))))
        return self.op(
            'Mul', self.op('Mul', value, self.op('Add', error, self.number(1.0))), self.number(0.5)
        )

    def swiglu(
        self, value: str, name: str, weights: 'tuple[Array, Array]', biases: 'tuple[Array, Array] | None'
    ) -> str:
        """silu(gate) * up."""
        gate_bias, up_bias = biases or (None, None)
        gate = self.linear(value, f'{name}.gate_proj', weights[0], gate_bias)
        up = self.linear(value, f'{name}.up_proj', weights[1], up_bias)
        return self.op('Mul', self.silu(gate), up)

    def rotate(self, value: str, cosine: str, sine: str, half: int) -> str:
        """Rotary embedding over the last axis (2 x half): the first half is paired with the second."""
        first, second = self.split(value, [half, half], axis=-1)
        left = self.op('Sub', self.op('Mul', first, cosine), self.op('Mul', second, sine))
        right = self.op('Add', self.op('Mul', second, cosine), self.op('Mul', first, sine))
        return self.op('Concat', left, right, axis=-1)

    # onnxruntime's own kernels, for graphs that only this app runs

    def own(self, kind: str, inputs: Sequence[str], outputs: int = 1, **attributes: Any) -> list[str]:
        self.domains.add(RUNTIME_DOMAIN)
        return self.ops(kind, inputs, outputs, domain=RUNTIME_DOMAIN, **attributes)

    def added_rms_norm(
        self, value: str, change: str, name: str, weight: Array, epsilon: float
    ) -> tuple[str, str]:
        """(normed, value + change)."""
        gamma = self.weight(f'{name}.weight', weight)
        inputs = [value, change, gamma]
        found = self.own('SkipSimplifiedLayerNormalization', inputs, outputs=4, epsilon=epsilon)
        return found[0], found[3]

    def rotary_embedding(self, value: str, cosine: str, sine: str) -> str:
        """`rotate` over [1, heads, s, D] or [1, s, heads x D] as one kernel; row i of the tables is of place i."""
        return self.own('RotaryEmbedding', [value, self.ints(0), cosine, sine])[0]

    def attention(self, queries: str, keys: str, values: str, mask: str, heads: int) -> str:
        """[1, n, heads x D] of parts of that shape; `mask` [1, 1, n, n] is added to the scores."""
        inputs = [queries, keys, values, '', '', mask]
        return self.own('MultiHeadAttention', inputs, num_heads=heads)[0]

    def scores(self, queries: str, keys: str, scale: float) -> str:
        """queries @ keys.T * scale."""
        return self.own('FusedMatMul', [queries, keys], transB=1, alpha=scale)[0]

    def model(self) -> onnx.ModelProto:
        graph = helper.make_graph(
            self.nodes, self.name, self.inputs, self.outputs, list(self.initializers.values())
        )
        opsets = [
            helper.make_opsetid('', OPSET),
            *(helper.make_opsetid(name, 1) for name in sorted(self.domains)),
        ]
        return helper.make_model(
            graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name='imagent-trainer'
        )
