"""The decoder as ONNX graphs: the published form with a growing cache, and one that returns only its new rows.

Both use the same weights under the same names, so that they share one file of external data.
"""

import numpy as np

from imagent_trainer.export.graph import FLOAT, INT64, Array, Graph
from imagent_trainer.export.weights import Source, TextShape, inverse_frequencies

MASKED = -1e9
LAST = 2**62


def build_embed_tokens(source: Source) -> Graph:
    """input_ids int64 [1, s] -> inputs_embeds float32 [1, s, hidden]."""
    graph = Graph('embed_tokens')
    ids = graph.input('input_ids', INT64, [1, 'sequence'])
    table = source.weights['text.embed_tokens.weight']
    rows = graph.gather_weight('text.embed_tokens.weight', table, ids)
    graph.output(rows, 'inputs_embeds', [1, 'sequence', source.text.hidden])
    return graph


def rotary(graph: Graph, shape: TextShape, positions: str, axes: int) -> tuple[str, str]:
    """(cosine, sine) from position_ids [3, 1, s]: each section of the angles follows its own row (m-rope).

    Shape [s, 1, head_dim / 2], or with a leading 1 where `axes` is 4.
    """
    frequencies = inverse_frequencies(shape.theta, shape.head_dim)
    rows = graph.split(graph.op('Cast', positions, to=FLOAT), [1, 1, 1], axis=0)
    parts, start = [], 0
    for index, length in enumerate(shape.sections):
        column = graph.reshape(rows[index % 3], -1, 1)
        parts.append(graph.op('Mul', column, graph.constant(frequencies[start : start + length])))
        start += length
    angle = graph.op('Concat', *parts, axis=-1)
    angle = graph.unsqueeze(angle, 1) if axes == 3 else graph.unsqueeze(angle, 0, 2)
    return graph.op('Cos', angle), graph.op('Sin', angle)


def packed(source: Source, name: str, parts: tuple[str, ...], kind: str) -> Array:
    return np.concatenate([source.weights[f'{name}.{part}.{kind}'] for part in parts])


def query_key_value(graph: Graph, source: Source, layer: int, value: str) -> str:
    """All three projections as one product: [..., (heads + 2 x kv_heads) x head_dim]."""
    name = f'text.layers.{layer}.self_attn'
    parts = ('q_proj', 'k_proj', 'v_proj')
    weight, bias = packed(source, name, parts, 'weight'), packed(source, name, parts, 'bias')
    return graph.linear(value, f'{name}.qkv', weight, bias)


def after_attention(graph: Graph, source: Source, layer: int, residual: str, mixed: str) -> str:
    """The rest of a layer: output projection, and the feed-forward part."""
    weights, name = source.weights, f'text.layers.{layer}'
    projected = graph.linear(
        mixed, f'{name}.self_attn.o_proj', weights[f'{name}.self_attn.o_proj.weight'], None
    )
    value = graph.op('Add', residual, projected)
    normed = norm(graph, source, f'{name}.post_attention_layernorm', value)
    pair = (weights[f'{name}.mlp.gate_proj.weight'], weights[f'{name}.mlp.up_proj.weight'])
    inner = graph.swiglu(normed, f'{name}.mlp.gate_up', pair, None)
    down = graph.linear(inner, f'{name}.mlp.down_proj', weights[f'{name}.mlp.down_proj.weight'], None)
    return graph.op('Add', value, down)


def norm(graph: Graph, source: Source, name: str, value: str) -> str:
    return graph.rms_norm(value, name, source.weights[f'{name}.weight'], source.text.epsilon)


def finish(graph: Graph, source: Source, value: str, keep: str) -> None:
    """Logits of the last `keep` places; 0 keeps all, as in the published models."""
    start = graph.op('Unsqueeze', graph.op('Neg', keep), graph.ints(0))
    kept = graph.op('Slice', value, start, graph.ints(LAST), graph.ints(1))
    normed = norm(graph, source, 'text.norm', kept)
    logits = graph.linear(normed, 'lm_head', source.weights['lm_head.weight'], None)
    graph.output(logits, 'logits', [1, 'kept', source.text.vocabulary])


def build_decoder_merged(source: Source) -> Graph:
    """The published layout: the whole cache goes in and comes out, one row longer each time."""
    shape = source.text
    groups, width = shape.heads // shape.kv_heads, shape.head_dim
    graph = Graph('decoder_model_merged')
    value = graph.input('inputs_embeds', FLOAT, [1, 'sequence', shape.hidden])
    mask_row = graph.input('attention_mask', INT64, [1, 'total'])
    positions = graph.input('position_ids', INT64, [3, 1, 'sequence'])
    pasts = [
        [
            graph.input(f'past_key_values.{layer}.{kind}', FLOAT, [1, shape.kv_heads, 'past', width])
            for kind in ('key', 'value')
        ]
        for layer in range(shape.layers)
    ]
    keep = graph.input('num_logits_to_keep', INT64, [])
    mask = merged_mask(graph, value, mask_row, pasts[0][0])
    angles = rotary(graph, shape, positions, 4)
    for layer in range(shape.layers):
        normed = norm(graph, source, f'text.layers.{layer}.input_layernorm', value)
        turned_size = (shape.heads + shape.kv_heads) * width
        query_key, values = graph.split(
            query_key_value(graph, source, layer, normed), [turned_size, shape.kv_heads * width], axis=-1
        )
        turned = graph.rotate(
            graph.reshape(query_key, 1, -1, shape.heads + shape.kv_heads, width), *angles, width // 2
        )
        queries, keys = graph.split(turned, [shape.heads, shape.kv_heads], axis=2)
        heads = graph.reshape(values, 1, -1, shape.kv_heads, width)
        new = [graph.op('Transpose', part, perm=[0, 2, 1, 3]) for part in (keys, heads)]
        present = [
            graph.op('Concat', past, part, axis=2) for past, part in zip(pasts[layer], new, strict=True)
        ]
        # [1, s, kv, group, D] -> [1, kv, group, s, D]: a group of query heads shares one key head.
        grouped = graph.reshape(queries, 1, -1, shape.kv_heads, groups, width)
        grouped = graph.op('Transpose', grouped, perm=[0, 2, 3, 1, 4])
        keys_turned = graph.op('Transpose', graph.unsqueeze(present[0], 2), perm=[0, 1, 2, 4, 3])
        scores = graph.op('Mul', graph.op('MatMul', grouped, keys_turned), graph.number(width**-0.5))
        shares = graph.op('Softmax', graph.op('Add', scores, mask), axis=-1)
        mixed = graph.op('MatMul', shares, graph.unsqueeze(present[1], 2))
        flat = graph.reshape(graph.op('Transpose', mixed, perm=[0, 3, 1, 2, 4]), 1, -1, shape.heads * width)
        for kind, part in zip(('key', 'value'), present, strict=True):
            graph.output(part, f'present.{layer}.{kind}', [1, shape.kv_heads, 'total', width])
        value = after_attention(graph, source, layer, value, flat)
    finish(graph, source, value, keep)
    graph.outputs.insert(0, graph.outputs.pop())
    return graph


def merged_mask(graph: Graph, value: str, mask_row: str, past: str) -> str:
    """float32 [s, total]: 0 where a place may look, far below 0 where it may not."""
    length, offset = graph.dimension(value, 1), graph.dimension(past, 2)
    places = graph.op('Add', graph.count_to(length), offset)
    keys = graph.count_to(graph.op('Add', length, offset))
    seen = graph.op('LessOrEqual', graph.unsqueeze(keys, 0), graph.unsqueeze(places, 1))
    allowed = graph.op('And', seen, graph.op('Greater', mask_row, graph.integer(0)))
    return graph.op('Where', allowed, graph.number(0.0), graph.number(MASKED))


def build_decoder_delta(source: Source) -> Graph:
    """The cache stays with the caller: rows of each KV head, contiguous in time, are read and never copied.

    Scores over the past and over the new rows are computed apart and joined for the softmax only. Rows of the
    queries are ordered (place, head of the group), so that no axis is ever moved.
    """
    shape = source.text
    groups, width = shape.heads // shape.kv_heads, shape.head_dim
    graph = Graph('decoder_delta')
    embeds = graph.input('inputs_embeds', FLOAT, [1, 'sequence', shape.hidden])
    positions = graph.input('position_ids', INT64, [3, 1, 'sequence'])
    pasts = [
        [
            [
                graph.input(f'past.{layer}.{kind}.{head}', FLOAT, ['past', width])
                for head in range(shape.kv_heads)
            ]
            for kind in ('key', 'value')
        ]
        for layer in range(shape.layers)
    ]
    keep = graph.input('num_logits_to_keep', INT64, [])
    value = graph.reshape(embeds, -1, shape.hidden)
    length = graph.op('Shape', value, start=0, end=1)
    past_length = graph.op('Shape', pasts[0][0][0], start=0, end=1)
    parts = graph.op('Concat', past_length, length, axis=0)
    mask = delta_mask(graph, length, groups)
    angles = rotary(graph, shape, positions, 3)
    scale = float(width**-0.5)
    for layer in range(shape.layers):
        normed = norm(graph, source, f'text.layers.{layer}.input_layernorm', value)
        turned_size = (shape.heads + shape.kv_heads) * width
        query_key, values = graph.split(
            query_key_value(graph, source, layer, normed), [turned_size, shape.kv_heads * width], axis=-1
        )
        turned = graph.rotate(
            graph.reshape(query_key, -1, shape.heads + shape.kv_heads, width), *angles, width // 2
        )
        pieces = graph.split(
            graph.reshape(turned, -1, turned_size),
            [groups * width] * shape.kv_heads + [width] * shape.kv_heads,
            axis=1,
        )
        queries, keys = pieces[: shape.kv_heads], pieces[shape.kv_heads :]
        new_values = graph.split(values, [width] * shape.kv_heads, axis=1)
        mixed = []
        for head in range(shape.kv_heads):
            past_key, past_value = pasts[layer][0][head], pasts[layer][1][head]
            rows = graph.reshape(queries[head], -1, width)
            over_past = graph.op('Gemm', rows, past_key, transB=1, alpha=scale)
            over_new = graph.op('Add', graph.op('Gemm', rows, keys[head], transB=1, alpha=scale), mask)
            shares = graph.op('Softmax', graph.op('Concat', over_past, over_new, axis=1), axis=1)
            to_past, to_new = graph.ops('Split', [shares, parts], 2, axis=1)
            joined = graph.op(
                'Add', graph.op('MatMul', to_past, past_value), graph.op('MatMul', to_new, new_values[head])
            )
            mixed.append(graph.reshape(joined, -1, groups * width))
            graph.output(keys[head], f'new.{layer}.key.{head}', ['sequence', width])
            graph.output(new_values[head], f'new.{layer}.value.{head}', ['sequence', width])
        flat = graph.op('Concat', *mixed, axis=1) if len(mixed) > 1 else mixed[0]
        value = after_attention(graph, source, layer, value, flat)
    finish(graph, source, graph.unsqueeze(value, 0), keep)
    graph.outputs.insert(0, graph.outputs.pop())
    return graph


def delta_mask(graph: Graph, length: str, groups: int) -> str:
    """float32 [s x group, s]: a new place sees itself and the new ones before it."""
    places = graph.count_to(graph.op('Squeeze', length, graph.ints(0)))
    seen = graph.op('LessOrEqual', graph.unsqueeze(places, 0, 1), graph.unsqueeze(places, 1, 2))
    mask = graph.op('Where', seen, graph.number(0.0), graph.number(MASKED))
    shape = graph.op('Concat', length, graph.ints(groups), length, axis=0)
    flat = graph.op('Concat', graph.ints(-1), length, axis=0)
    return graph.op('Reshape', graph.op('Expand', mask, shape), flat)
