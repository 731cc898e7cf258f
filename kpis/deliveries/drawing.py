"""The tables of deliveries as markup, without the template language: a page has a thousand cells."""

from django.urls import reverse
from django.utils.html import conditional_escape
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from kam.templatetags import formats

# Of a product: which figures stand in which column, with how many decimals, and what only wide screens show.
PRODUCT_COLUMNS = (
    ("count", 0, True),
    ("asked", 0, True),
    ("otif_rate", 1, False),
    ("on_time_rate", 1, True),
    ("in_full_rate", 1, True),
    ("fill_rate", 1, True),
    ("confirmed_rate", 1, True),
    ("open", 0, False),
)


def rate_rows(rows):
    """Rows of (week, texts)."""
    return mark_safe("".join(_row(formats.week(week), texts) for week, texts in rows))


def waiting_rows(waiting, currency):
    """What is open week by week: lines, units and their value; at the end of what has no day."""
    return mark_safe(
        "".join(
            _row(
                formats.week(week) if week else _("no day"),
                (formats.number(count), formats.number(units), formats.amount(value, currency)),
            )
            for week, (units, value, count) in waiting.items()
        )
    )


def product_rows(rows, account, currency):
    """Products of an account, each leading to its order lines."""
    if not rows:
        return ""
    lines = conditional_escape(f"{reverse('kpis:order-line-list')}?account={account.pk}&product=")
    return mark_safe("".join(_product(row, lines, currency) for row in rows))


def _product(row, lines, currency):
    name, code = conditional_escape(row["name"]), conditional_escape(row["code"])
    head = f'<a href="{lines}{row["product"]}">{name}</a> <span class="k-code">{code}</span>'
    cells = "".join(
        _cell(formats.number(row[key], decimals), " k-wide-only" if is_wide else "")
        for key, decimals, is_wide in PRODUCT_COLUMNS
    )
    worth = _cell(formats.money_short(row["worth"], currency))
    return f'<tr><th scope="row">{head}</th>{cells}{worth}</tr>'


def _row(head, texts):
    return f'<tr><th scope="row">{conditional_escape(head)}</th>{"".join(map(_cell, texts))}</tr>'


def _cell(text, classes=""):
    return f'<td class="k-num{classes}">{conditional_escape(text)}</td>'
