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


def rotary(graph: Graph, shape: TextShape, positions: str) -> tuple[str, str]:
    """(cosine, sine) [1, s, 1, head_dim / 2] from position_ids [3, 1, s], in the operators that any runtime has."""
    frequencies = inverse_frequencies(shape.theta, shape.head_dim)
    rows = graph.split(graph.op('Cast', positions, to=FLOAT), [1, 1, 1], axis=0)
    parts, start = [], 0
    for index, length in enumerate(shape.sections):
        column = graph.reshape(rows[index % 3], -1, 1)
        parts.append(graph.op('Mul', column, graph.constant(frequencies[start : start + length])))
        start += length
    angle = graph.op('Concat', *parts, axis=-1)
    angle = graph.unsqueeze(angle, 0, 2)
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
    return graph.op('Add', value, feed_forward(graph, source, layer, normed))


def feed_forward(graph: Graph, source: Source, layer: int, normed: str) -> str:
    weights, name = source.weights, f'text.layers.{layer}.mlp'
    pair = (weights[f'{name}.gate_proj.weight'], weights[f'{name}.up_proj.weight'])
    inner = graph.swiglu(normed, name, pair, None)
    return graph.linear(inner, f'{name}.down_proj', weights[f'{name}.down_proj.weight'], None)


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
    angles = rotary(graph, shape, positions)
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
    """The cache stays with the caller: its buffers go in as they lie, and only the new rows come out.

    A buffer holds `capacity` rows a KV head, of which the caller has filled some; `attention_bias` [s, capacity + s]
    is 0 where a new place may look and far below 0 where it may not (rows not filled, later new places). Scores over
    the buffer and over the new rows are computed apart and joined for the softmax only. All KV heads go through one
    node: a step of a small model is mostly the number of its nodes, and of the tensors that cross into the runtime.
    """
    shape = source.text
    heads, kv_heads, width = shape.heads, shape.kv_heads, shape.head_dim
    graph = Graph('decoder_delta')
    embeds = graph.input('inputs_embeds', FLOAT, [1, 'sequence', shape.hidden])
    positions = graph.input('position_ids', INT64, [3, 1, 'sequence'])
    bias = graph.input('attention_bias', FLOAT, ['sequence', 'total'])
    pasts = [
        [
            graph.input(f'past.{layer}.{kind}', FLOAT, [1, kv_heads, 'capacity', width])
            for kind in ('key', 'value')
        ]
        for layer in range(shape.layers)
    ]
    keep = graph.input('num_logits_to_keep', INT64, [])
    value, change = graph.reshape(embeds, -1, shape.hidden), None
    length = graph.op('Shape', embeds, start=1, end=2)
    parts = graph.op('Concat', graph.op('Shape', pasts[0][0], start=2, end=3), length, axis=0)
    mask = graph.op('Tile', bias, graph.ints(heads // kv_heads, 1))
    angles = rotary_tables(graph, shape, positions)
    fresh: list[str] = []
    for layer in range(shape.layers):
        name = f'text.layers.{layer}'
        normed, value = added_norm(graph, source, f'{name}.input_layernorm', value, change)
        places = graph.reshape(
            query_key_value(graph, source, layer, normed), 1, -1, heads + 2 * kv_heads, width
        )
        pieces = graph.split(
            graph.op('Transpose', places, perm=[0, 2, 1, 3]), [heads, kv_heads, kv_heads], axis=1
        )
        queries, keys = (graph.rotary_embedding(piece, *angles) for piece in pieces[:2])
        mixed = joined_attention(graph, shape, queries, keys, pieces[2], pasts[layer], parts, mask)
        weight = source.weights[f'{name}.self_attn.o_proj.weight']
        projected = graph.linear(mixed, f'{name}.self_attn.o_proj', weight, None)
        normed, value = added_norm(graph, source, f'{name}.post_attention_layernorm', value, projected)
        change = feed_forward(graph, source, layer, normed)
        fresh += [keys, pieces[2]]
    normed, _ = added_norm(graph, source, 'text.norm', value, change)
    kept = graph.op(
        'Slice', normed, graph.unsqueeze(graph.op('Neg', keep), 0), graph.ints(LAST), graph.ints(0)
    )
    logits = graph.linear(kept, 'lm_head', source.weights['lm_head.weight'], None)
    graph.output(graph.unsqueeze(logits, 0), 'logits', [1, 'kept', shape.vocabulary])
    rows = graph.op('Concat', *fresh, axis=0)
    graph.output(rows, 'new', [2 * shape.layers, kv_heads, 'sequence', width])
    return graph


def rotary_tables(graph: Graph, shape: TextShape, positions: str) -> tuple[str, str]:
    """(cosine, sine) [s, head_dim / 2] from position_ids [3, 1, s]: each section follows its own row (m-rope)."""
    row_of = [index % 3 for index, length in enumerate(shape.sections) for _ in range(length)]
    rows = graph.op('Squeeze', graph.op('Cast', positions, to=FLOAT), graph.ints(1))
    places = graph.op('Transpose', graph.op('Gather', rows, graph.ints(*row_of), axis=0), perm=[1, 0])
    angle = graph.op('Mul', places, graph.constant(inverse_frequencies(shape.theta, shape.head_dim)))
    return graph.op('Cos', angle), graph.op('Sin', angle)


def added_norm(graph: Graph, source: Source, name: str, value: str, change: str | None) -> tuple[str, str]:
    """(normed, sum) of value + change in one kernel; of the value alone where nothing changed it yet."""
    if change is None:
        return norm(graph, source, name, value), value
    return graph.added_rms_norm(value, change, name, source.weights[f'{name}.weight'], source.text.epsilon)


def joined_attention(
    graph: Graph,
    shape: TextShape,
    queries: str,
    keys: str,
    values: str,
    past: list[str],
    parts: str,
    mask: str,
) -> str:
    """[s, heads x D] from queries [1, heads, s, D] over the past and the new rows [1, kv, s, D].

    The heads of a group follow one another, so that its queries are one matrix: rows (head of the group, place).
    """
    scale = float(shape.head_dim**-0.5)
    grouped = graph.reshape(queries, 1, shape.kv_heads, -1, shape.head_dim)
    over_past = graph.scores(grouped, past[0], scale)
    over_new = graph.scores(grouped, keys, scale)
    scores = graph.op('Add', graph.op('Concat', over_past, over_new, axis=3), mask)
    to_past, to_new = graph.ops('Split', [graph.op('Softmax', scores, axis=-1), parts], 2, axis=3)
    joined = graph.op('Add', graph.op('MatMul', to_past, past[1]), graph.op('MatMul', to_new, values))
    per_head = graph.reshape(joined, 1, shape.heads, -1, shape.head_dim)
    return graph.reshape(graph.op('Transpose', per_head, perm=[0, 2, 1, 3]), -1, shape.heads * shape.head_dim)
