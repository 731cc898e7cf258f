"""Geometry of sparklines, bars and shard strips, as SVG text without style attributes."""

from django.utils.html import format_html
from django.utils.safestring import mark_safe

from kam.templatetags.formats import as_decimal

WIDTH, HEIGHT, PAD = 72, 22, 3


def sparkline(values, target=None, label=""):
    """A line through `values` (None breaks it) with a dot on the last one and a dashed target."""
    points = [None if (v := as_decimal(value)) is None else float(v) for value in values or []]
    known = [p for p in points if p is not None]
    if not known:
        return ""
    aim = None if as_decimal(target) is None else float(as_decimal(target))
    place = _placer(known + ([aim] if aim is not None else []), len(points))
    parts = [_target(place, aim)] if aim is not None else []
    parts += [_line(run) for run in _runs(points, place)]
    last = max(i for i, p in enumerate(points) if p is not None)
    x, y = place(last, points[last])
    parts.append(f'<circle class="k-spark-dot" cx="{x}" cy="{y}" r="1.8"/>')
    return _svg("k-spark", f"0 0 {WIDTH} {HEIGHT}", parts, label)


def _placer(known, count):
    low, high = min(known), max(known)
    span = (high - low) or 1
    step = (WIDTH - 2 * PAD) / max(count - 1, 1)

    def place(index, value):
        y = HEIGHT / 2 if high == low else HEIGHT - PAD - (value - low) / span * (HEIGHT - 2 * PAD)
        return round(PAD + index * step, 1), round(y, 1)

    return place


def _runs(points, place):
    """Stretches without a gap, as lists of "x,y"."""
    run, runs = [], []
    for index, value in enumerate(points):
        if value is None:
            run = []
            continue
        if not run:
            runs.append(run)
        run.append("{},{}".format(*place(index, value)))
    return runs


def _line(run):
    return f'<polyline class="k-spark-line" points="{" ".join(run)}"/>'


def _target(place, aim):
    y = place(0, aim)[1]
    return f'<line class="k-spark-target" x1="0" y1="{y}" x2="{WIDTH}" y2="{y}"/>'


def bar(actual, expected=None, level="", size="", label=""):
    """A bar filled to the share `actual` (0 to 1), with a tick at the share `expected`."""
    share = as_decimal(actual)
    filled = 0 if share is None else round(100 * float(min(max(share, 0), 1)), 1)
    round_ = "" if size == "wide" else ' rx="1"'  # stretched corners would look bowed
    parts = [f'<rect class="k-bar-track" x="0" y="1" width="100" height="8"{round_}/>']
    if filled:
        parts.append(f'<rect class="k-bar-fill" x="0" y="1" width="{filled}" height="8"{round_}/>')
    aim = as_decimal(expected)
    if aim is not None:
        x = round(100 * float(min(max(aim, 0), 1)), 1)
        parts.append(f'<line class="k-bar-tick" x1="{x}" y1="-1" x2="{x}" y2="11"/>')
    classes = " ".join(c for c in ("k-bar", level and f"k-bar-{level}", size and f"k-bar-{size}") if c)
    return _svg(classes, "0 0 100 10", parts, label, stretch=True)


def split_bar(shares, label=""):
    """One bar of several parts: (kind, count) pairs, widths by share of the sum."""
    total = sum(count for _, count in shares)
    parts, x = ['<rect class="k-bar-track" x="0" y="0" width="100" height="10"/>'], 0.0
    for kind, count in shares:
        if count and total:
            width = max(100 * count / total, 0.3)
            box = f'x="{x:.2f}" y="0" width="{max(width - 0.15, 0.2):.2f}" height="10"'
            parts.append(f'<rect class="k-part-{kind}" {box}/>')
            x += width
    return _svg("k-split", "0 0 100 10", parts, label, stretch=True)


def shards(states, label=""):
    """A row of squares, one per shard: done, running, failed (×), skipped (∕), waiting."""
    parts = []
    for index, state in enumerate(states):
        x = index * 9
        parts.append(f'<g class="k-shard k-shard-{state}"><rect x="{x + 0.5}" y="0.5" width="7" height="11" rx="1"/>')
        if state == "failed":
            parts.append(f'<path d="M{x + 2} 4l4 4m0-4l-4 4"/>')
        if state == "skipped":
            parts.append(f'<path d="M{x + 2} 9l4-6"/>')
        parts.append("</g>")
    width = max(len(states) * 9, 1)
    return _svg("k-shards", f"0 0 {width} 12", parts, label, size=(width, 12))


def _svg(classes, box, parts, label, *, stretch=False, size=None):
    ratio = mark_safe(' preserveAspectRatio="none"') if stretch else ""
    measure = format_html(' width="{}" height="{}"', *size) if size else ""
    named = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="{}" viewBox="{}"{}{} {} focusable="false">{}</svg>',
        classes, box, ratio, measure, named, mark_safe("".join(parts)),  # noqa: S308 – numbers and fixed words only
    )  # fmt: skip
