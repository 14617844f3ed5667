"""The vision tower as an ONNX graph: patches of one or more images in, features of their merged cells out."""

from collections.abc import Mapping

from imagent_trainer.export.graph import FLOAT, INT64, Array, Graph
from imagent_trainer.export.weights import Source, inverse_frequencies

EPSILON = 1e-6
THETA = 10_000.0
MASKED = -1e9
# Keys of frames and windows are packed into one int64; a side has fewer patches than this.
PACK = 65_536


def patch_places(graph: Graph, source: Source, patch_count: str, grids: str) -> tuple[str, str, str]:
    """(row, column, frame key) of every patch, int64 [n]. Patches come in merge x merge blocks, row by row.

    The frame key differs between images, and between the frames of a video.
    """
    merge = source.vision.merge
    times, rows, columns = (
        graph.op('Squeeze', part, graph.ints(1)) for part in graph.split(grids, [1, 1, 1], axis=1)
    )
    frame_size = graph.op('Mul', rows, columns)
    ends = graph.op('CumSum', graph.op('Mul', frame_size, times), graph.integer(0))
    index = graph.count_to(patch_count)
    passed = graph.op('LessOrEqual', graph.unsqueeze(ends, 0), graph.unsqueeze(index, 1))
    image = graph.op('ReduceSum', graph.op('Cast', passed, to=INT64), graph.ints(1), keepdims=0)
    starts = graph.op('Sub', ends, graph.op('Mul', frame_size, times))
    inside = graph.op('Sub', index, graph.op('Gather', starts, image))
    size = graph.op('Gather', frame_size, image)
    frame = graph.op('Div', inside, size)
    place = graph.op('Sub', inside, graph.op('Mul', frame, size))
    cells_wide = graph.op('Div', graph.op('Gather', columns, image), graph.integer(merge))
    block = graph.op('Div', place, graph.integer(merge * merge))
    within = graph.op('Mod', place, graph.integer(merge * merge))
    block_row = graph.op('Div', block, cells_wide)
    block_column = graph.op('Sub', block, graph.op('Mul', block_row, cells_wide))
    row = graph.op(
        'Add', graph.op('Mul', block_row, graph.integer(merge)), graph.op('Div', within, graph.integer(merge))
    )
    column = graph.op(
        'Add',
        graph.op('Mul', block_column, graph.integer(merge)),
        graph.op('Mod', within, graph.integer(merge)),
    )
    key = graph.op('Add', graph.op('Mul', image, graph.integer(PACK)), frame)
    return row, column, key


def same_key_mask(graph: Graph, key: str) -> str:
    """float32 [1, 1, n, n]: 0 where two patches share a key, far below 0 elsewhere."""
    same = graph.op('Equal', graph.unsqueeze(key, 0), graph.unsqueeze(key, 1))
    return graph.unsqueeze(graph.op('Where', same, graph.number(0.0), graph.number(MASKED)), 0, 1)


def window_key(graph: Graph, source: Source, row: str, column: str, frame_key: str) -> str:
    """Attention inside windows needs no reordering of patches: it only needs to know who shares a window."""
    side = graph.integer(source.vision.window_cells * source.vision.merge)
    window_row, window_column = graph.op('Div', row, side), graph.op('Div', column, side)
    key = graph.op('Add', graph.op('Mul', frame_key, graph.integer(PACK)), window_row)
    return graph.op('Add', graph.op('Mul', key, graph.integer(PACK)), window_column)


def rotary(graph: Graph, source: Source, row: str, column: str) -> tuple[str, str]:
    """(cosine, sine) [n, head_dim / 2]: half of the angles follow the row, half the column."""
    quarter = source.vision.hidden // source.vision.heads // 4
    frequencies = inverse_frequencies(THETA, 2 * quarter)
    angles = [
        graph.op('Mul', graph.unsqueeze(graph.op('Cast', place, to=FLOAT), 1), graph.constant(frequencies))
        for place in (row, column)
    ]
    angle = graph.op('Concat', *angles, axis=-1)
    return graph.op('Cos', angle), graph.op('Sin', angle)


def attention(
    graph: Graph, source: Source, block: int, value: str, mask: str, angles: tuple[str, str]
) -> str:
    """Self-attention over all patches at once; `mask` keeps it inside frames or windows."""
    shape, weights = source.vision, source.weights
    name = f'visual.blocks.{block}.attn'
    packed = graph.linear(value, f'{name}.qkv', weights[f'{name}.qkv.weight'], weights[f'{name}.qkv.bias'])
    queries, keys, values = (
        graph.unsqueeze(part, 0) for part in graph.split(packed, [shape.hidden] * 3, axis=-1)
    )
    queries, keys = (graph.rotary_embedding(part, *angles) for part in (queries, keys))
    flat = graph.reshape(graph.attention(queries, keys, values, mask, shape.heads), -1, shape.hidden)
    return graph.linear(flat, f'{name}.proj', weights[f'{name}.proj.weight'], weights[f'{name}.proj.bias'])


def feed_forward(graph: Graph, source: Source, block: int, value: str) -> str:
    weights, name = source.weights, f'visual.blocks.{block}.mlp'
    pair = (weights[f'{name}.gate_proj.weight'], weights[f'{name}.up_proj.weight'])
    biases = (weights[f'{name}.gate_proj.bias'], weights[f'{name}.up_proj.bias'])
    inner = graph.swiglu(value, name, pair, biases)
    down = weights[f'{name}.down_proj.weight']
    return graph.linear(inner, f'{name}.down_proj', down, weights[f'{name}.down_proj.bias'])


def added_norm(
    graph: Graph, name: str, value: str, change: str | None, weights: Mapping[str, Array]
) -> tuple[str, str]:
    """(normed, sum) of value + change; of the value alone where nothing changed it yet."""
    weight = weights[f'{name}.weight']
    if change is None:
        return graph.rms_norm(value, name, weight, EPSILON), value
    return graph.added_rms_norm(value, change, name, weight, EPSILON)


def merger(graph: Graph, source: Source, normed: str) -> str:
    """Every merge x merge block of patches becomes one feature."""
    weights = source.weights
    cells = graph.reshape(normed, -1, source.vision.hidden * source.vision.merge**2)
    first, second = 'visual.merger.mlp.0', 'visual.merger.mlp.2'
    inner = graph.gelu(graph.linear(cells, first, weights[f'{first}.weight'], weights[f'{first}.bias']))
    return graph.linear(inner, second, weights[f'{second}.weight'], weights[f'{second}.bias'])


def build_vision_encoder(source: Source) -> Graph:
    """pixel_values float32 [patches, 1176], image_grid_thw int64 [images, 3] -> image_features [patches / 4, hidden].

    Memory grows with the square of the patches of one call: pass images one by one.
    """
    shape, weights = source.vision, source.weights
    graph = Graph('vision_encoder')
    pixels = graph.input('pixel_values', FLOAT, ['patches', shape.patch_values])
    grids = graph.input('image_grid_thw', INT64, ['images', 3])
    row, column, frame_key = patch_places(graph, source, graph.dimension(pixels, 0), grids)
    frame_mask = same_key_mask(graph, frame_key)
    window_mask = same_key_mask(graph, window_key(graph, source, row, column, frame_key))
    angles = rotary(graph, source, row, column)
    kernel = weights['visual.patch_embed.proj.weight'].reshape(shape.hidden, shape.patch_values)
    value, change = graph.linear(pixels, 'visual.patch_embed.proj', kernel, None), None
    for block in range(shape.depth):
        name = f'visual.blocks.{block}'
        mask = frame_mask if block in shape.full_blocks else window_mask
        normed, value = added_norm(graph, f'{name}.norm1', value, change, weights)
        change = attention(graph, source, block, normed, mask, angles)
        normed, value = added_norm(graph, f'{name}.norm2', value, change, weights)
        change = feed_forward(graph, source, block, normed)
    normed, _ = added_norm(graph, 'visual.merger.ln_q', value, change, weights)
    features = merger(graph, source, normed)
    graph.output(features, 'image_features', ['cells', source.text.hidden])
    return graph
