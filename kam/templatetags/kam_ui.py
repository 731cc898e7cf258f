"""Template tags of the kit: icons, figures, status, filters, sorting, charts. See docs/ui.md."""

from functools import lru_cache

from django import template
from django.conf import settings
from django.template.loader import get_template
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from kam.addresses import address_of, page_address
from kam.templatetags import formats, shapes

register = template.Library()

LEVEL_ICONS = {
    "good": "check",
    "warning": "alert-triangle",
    "bad": "alert-circle",
    "info": "info-circle",
    "late": "clock",
    "running": "progress",
    "open": "circle-dashed",
    "neutral": "minus",
}

register.filter("money", formats.money)
register.filter("amount", formats.amount)
register.filter("money_short", formats.money_short)
register.filter("money_unit", formats.money_unit)
register.filter("thousands", formats.thousands)
register.filter("figure", formats.number)
register.filter("tally", formats.tally)
register.filter("day", formats.day)
register.filter("day_short", formats.day_short)
register.filter("day_long", formats.day_long)
register.filter("clock", formats.clock)
register.filter("moment", formats.moment)
register.filter("week", formats.week)
register.simple_tag(address_of)
register.simple_tag(page_address)
register.simple_tag(shapes.sparkline, name="sparkline")
register.simple_tag(shapes.bar, name="bar")
register.simple_tag(shapes.split_bar, name="split_bar")
register.simple_tag(shapes.shards, name="shards")


@register.simple_tag
def icon(name, classes="", label=""):
    """`{% icon "home" %}`: a decorative icon of the sprite; with `label` it speaks for itself."""
    return _icon(name, classes, format_html('role="img" aria-label="{}"', label)) if label else _plain(name, classes)


@lru_cache(maxsize=1024)
def _plain(name, classes):
    """An icon without words is always the same, and a list shows a hundred of them."""
    return _icon(name, classes, format_html('aria-{}="true"', "hidden"))


def _icon(name, classes, named):
    return format_html(
        '<svg class="k-icon{}" {} focusable="false"><use href="{}#{}"></use></svg>',
        f" {classes}" if classes else "", named, static("icons.svg"), name,
    )  # fmt: skip


@register.simple_tag
def still(template_name, **given):
    """`{% still "kit/keys.html" %}`: a template that shows only what it is `given`, drawn once for each language.

    It knows neither request nor user; what is given must be hashable.
    """
    known = _drawn.__wrapped__ if settings.DEBUG else _drawn
    return known(template_name, get_language(), tuple(sorted(given.items())))


@lru_cache(maxsize=1024)
def _drawn(template_name, language, given):
    """In the active `language`."""
    return get_template(template_name).render(dict(given))


@register.simple_tag
def status(level, label, icon_name=""):
    """Icon and word, for rows."""
    return _status(level, str(label), icon_name or LEVEL_ICONS.get(level, "minus"))


@lru_cache(maxsize=1024, typed=True)
def _status(level, label, icon_name):
    """A column of a list says few words, each of them in many rows."""
    sign = icon(icon_name)
    return format_html('<span class="k-status k-status-{}">{} {}</span>', level, sign, label)


@register.simple_tag
def pill(level, label, icon_name=""):
    """Icon and word on a soft ground, for the state of a record."""
    sign = icon(icon_name or LEVEL_ICONS.get(level, "minus"))
    return format_html('<span class="k-pill k-pill-{}">{}{}</span>', level, sign, label)


@register.simple_tag
def number(value, unit="", decimals=0, sign=False):
    """A figure with its unit, `–` alone when there is no value."""
    text = formats.number(value, decimals, sign=sign)
    return text if text == formats.DASH or not unit else f"{text}{formats.NBSP}{unit}"


@register.simple_tag
def seconds(value):
    """How long something took: whole seconds, below ten with one decimal."""
    found = formats.as_decimal(value)
    return formats.number(found, 1 if found is not None and found < 10 else 0)


@register.simple_tag
def rate(numerator, denominator, decimals=1, unit=""):
    """A share in percent; `–` when nothing was measured."""
    return number(formats.percent_of(numerator, denominator), unit, decimals)


@register.simple_tag
def delta(value, unit="", good="none", decimals=1, tolerance=None):
    """A signed difference; judged by icon and colour when `good` is "up" or "down", amber up to `tolerance`."""
    found = formats.as_decimal(value)
    text = number(found, unit, decimals, sign=True)
    level = delta_level(found, good, tolerance)
    return format_html(
        '<span class="k-delta{}">{}{}</span>',
        f" k-delta-{level}" if level else "",
        icon(LEVEL_ICONS[level]) if level else "",
        text,
    )


def delta_level(value, good, tolerance=None):
    """The judgement of a Decimal difference: good, warning, bad, or nothing when it is not to be judged."""
    if value is None or good not in ("up", "down"):
        return ""
    welcome = value if good == "up" else -value
    if welcome >= 0:
        return "good"
    allowed = formats.as_decimal(tolerance)
    return "warning" if allowed is not None and -welcome <= allowed else "bad"


@register.simple_tag
def as_of(value, late=""):
    """`as of 23 Nov`; with `late` (True or a sentence) a clock and the reason."""
    if not value:
        return ""
    text = _("as of %(day)s") % {"day": formats.day_short(value)}
    if not late:
        return format_html('<span class="k-asof">{}</span>', text)
    reason = "" if late is True else format_html("{}{}", pgettext("joiner", ", "), late)
    return format_html('<span class="k-asof k-asof-late">{}{}{}</span>', icon("clock"), text, reason)


@register.simple_tag
def initials(person):
    """Two letters for a round sign: of the name, else of the e-mail address, both letters of a Chinese name."""
    text = str(getattr(person, "name", "") or getattr(person, "email", "") or person).strip()
    words = text.split("@")[0].replace(".", " ").replace("-", " ").split()
    letters = words[0][:2] if len(words) == 1 else "".join(w[0] for w in (words[0], words[-1])) if words else "?"
    return letters.upper()


def _query(request, drop=(), drop_pair=None, **changes):
    """The query string of this page with parameters changed, and the place in the list forgotten."""
    params = request.GET.copy()
    for name in ("after", "before", *drop):
        params.pop(name, None)
    if drop_pair:
        name, value = drop_pair
        params.setlist(name, [v for v in params.getlist(name) if v != str(value)])
    for name, value in changes.items():
        params[name] = value
    return f"?{params.urlencode()}"


@register.simple_tag(takes_context=True)
def query(context, **changes):
    """`{% query state="open" %}`: this page's address with a parameter changed; an empty value removes it."""
    drop = [name for name, value in changes.items() if value in ("", None)]
    kept = {name: value for name, value in changes.items() if name not in drop}
    return _query(context["request"], drop, **kept)


@register.simple_tag(takes_context=True)
def sort_header(context, name, label, unit="", end=False, classes="", first="asc"):
    """A `<th>` that sorts by `?sort=name`, then `?sort=-name`; marks the sorted column. `end` aligns figures."""
    current = context["request"].GET.get("sort") or context.get("sort") or ""
    rising, falling = current == name, current == f"-{name}"
    start = name if first == "asc" else f"-{name}"
    target = (f"-{name}" if rising else name) if rising or falling else start
    return format_html(
        '<th scope="col" class="{}"{}><a class="k-sort" href="{}">{}{}</a></th>',
        " ".join(c for c in ("k-num" if end else "", classes) if c),
        format_html(' aria-sort="{}"', "ascending" if rising else "descending") if rising or falling else "",
        _query(context["request"], sort=target),
        formats.headed(label, unit),
        icon("sort-ascending" if rising or (not falling and first == "asc") else "sort-descending"),
    )


@register.simple_tag
def column_boxes(columns):
    """A check box for each (column, whether it is shown), but for columns without a name."""
    box = '<label><input type="checkbox" name="column" value="{}"{}> {}</label>'
    shown = mark_safe(" checked")
    named = ((column.name, shown if on else "", str(column.label)) for column, on in columns)
    return format_html_join("", box, (fields for fields in named if fields[-1]))


@register.simple_tag(takes_context=True)
def chip(context, label, value, remove, one=""):
    """One filter of the URL with its way out: drops parameter `remove`, or only its value `one`."""
    pair = (remove, one) if one != "" else None
    href = _query(context["request"], drop=() if pair else (remove,), drop_pair=pair)
    out = _("Remove the filter %(label)s %(value)s") % {"label": label, "value": value}
    return format_html(
        '<span class="k-chip">{}<b>{}</b><a href="{}" aria-label="{}">{}</a></span>', label, value, href, out, icon("x")
    )


@register.inclusion_tag("kit/pager.html")
def pager(page):
    """Previous and next of a keyset page (`next_url`, `previous_url`)."""
    return {"page": page}


@register.inclusion_tag("kit/chart.html")
def chart(id, options, title, table_url="", size=""):
    """A chart of the house: `options` as described in docs/ui.md; `size` "s", "" or "l"."""
    return {"id": id, "options": options, "title": title, "table_url": table_url, "size": size}


@register.inclusion_tag("kit/section_head.html")
def section_head(title, clause="", link="", link_label="", id=""):
    """Heading, one grey clause of context, a link on the right, one rule."""
    return {"title": title, "clause": clause, "link": link, "link_label": link_label, "id": id}


@register.filter
def undo_url(message):
    """The address that takes back what the message tells, empty when there is none (`kam.views.undo`)."""
    return next((t.removeprefix("undo:") for t in (message.extra_tags or "").split() if t.startswith("undo:")), "")


@register.filter
def unit_header(label, unit):
    """`Overdue, € k`: a column's name with its unit."""
    return formats.headed(label, unit)
