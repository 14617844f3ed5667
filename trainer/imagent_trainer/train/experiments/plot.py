"""Curves of an experiment as an SVG: accuracy and tool rate by step, a thin line a seed, a thick one their mean."""

from collections.abc import Sequence
from html import escape
from typing import Any

PANELS = (('accuracy', 'Accuracy of the rollouts'), ('tool_rate', 'Rollouts with a tool call'))
COLOURS = ('#1c7ed6', '#e8590c', '#2f9e44', '#ae3ec9', '#868e96')
WIDTH, HEIGHT = 440, 240
LEFT, TOP, RIGHT, BOTTOM = 44, 34, 12, 40
Point = tuple[float, float]


def polyline(points: Sequence[Point], colour: str, width: float, opacity: float) -> str:
    text = ' '.join(f'{x:.1f},{y:.1f}' for x, y in points)
    return (
        f'<polyline points="{text}" fill="none" stroke="{colour}" stroke-width="{width}" '
        f'stroke-opacity="{opacity}" stroke-linejoin="round"/>'
    )


def mean_curve(curves: Sequence[Sequence[Point]]) -> list[Point]:
    """Over the steps that all curves have."""
    known = [dict(curve) for curve in curves]
    shared = sorted(set.intersection(*(set(one) for one in known))) if known else []
    return [(step, sum(one[step] for one in known) / len(known)) for step in shared]


def curve(result: dict[str, Any], name: str) -> list[Point]:
    return [(step['step'], step[name]) for step in result['curve'] if step[name] is not None]


def panel(report: dict[str, Any], name: str, title: str, left: float) -> list[str]:
    last = max((s['step'] for arm in report['arms'] for r in arm['results'] for s in r['curve']), default=1)
    inner_width, inner_height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def place(point: Point) -> Point:
        x = left + LEFT + inner_width * (point[0] - 1) / max(1, last - 1)
        return x, TOP + inner_height * (1 - point[1])

    parts = [f'<text x="{left + LEFT}" y="18" class="title">{escape(title)}</text>']
    for tick in (0, 0.25, 0.5, 0.75, 1):
        y = TOP + inner_height * (1 - tick)
        parts.append(
            f'<line x1="{left + LEFT}" x2="{left + WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>'
            f'<text x="{left + LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{100 * tick:.0f} %</text>'
        )
    for step in sorted({1, *range(5, last + 1, max(1, last // 30) * 5), last}):
        x, _ = place((step, 0))
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{step}</text>')
    middle = left + LEFT + inner_width / 2
    parts.append(f'<text x="{middle}" y="{HEIGHT - 6}" text-anchor="middle">step</text>')
    for index, arm in enumerate(report['arms']):
        colour = COLOURS[index % len(COLOURS)]
        curves = [curve(result, name) for result in arm['results']]
        parts += [polyline([place(p) for p in one], colour, 1, 0.35) for one in curves]
        parts.append(polyline([place(p) for p in mean_curve(curves)], colour, 2.5, 1))
    return parts


def svg(report: dict[str, Any]) -> str:
    """The whole picture. Grey text and lines, so that it can be read on a dark page and on a light one."""
    width = WIDTH * len(PANELS)
    legend = HEIGHT + 14
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT + 26}" width="{width}" '
        f'role="img" aria-label="{escape(report["title"])}">',
        '<style>text{font:12px system-ui,sans-serif;fill:#868e96}.title{font-weight:600;font-size:13px}'
        '.grid{stroke:#868e96;stroke-opacity:.25}</style>',
    ]
    for index, (name, title) in enumerate(PANELS):
        parts += panel(report, name, title, index * WIDTH)
    x = float(LEFT)
    for index, arm in enumerate(report['arms']):
        colour = COLOURS[index % len(COLOURS)]
        parts.append(
            f'<line x1="{x}" x2="{x + 18}" y1="{legend - 4}" y2="{legend - 4}" stroke="{colour}" stroke-width="3"/>'
            f'<text x="{x + 24}" y="{legend}">{escape(arm["name"])}</text>'
        )
        x += 44 + 7 * len(arm['name'])
    return '\n'.join([*parts, '</svg>']) + '\n'
