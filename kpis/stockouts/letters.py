"""Letters about stock-outs: what KAM proposes to write, and the figures that go with it.

Everything is said in the language of the letter. Figures are frozen as plain values when a letter is begun and are
formatted when it is shown.
"""

from datetime import date
from decimal import Decimal

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kam.audit import plain
from kam.templatetags import formats
from kpis.models import StockOut, StockOutLetter
from kpis.stockouts import words
from kpis.stockouts.evidence import judged_on

Cause, Language = StockOut.Cause, StockOutLetter.Language
LANGUAGES = {"DE": Language.GERMAN, "AT": Language.GERMAN, "CH": Language.GERMAN, "CN": Language.CHINESE}
MOST_LINES = 40
# Signs of the paragraphs about single episodes; the others stand in the table only.
MOST_TOLD = 6000

ASKED = {
    Cause.NOT_ORDERED: gettext_lazy("Please order it again, and tell us if you no longer list it."),
    Cause.ORDERED_LATE: gettext_lazy("Please order earlier by our delivery time; we are glad to propose order days."),
    Cause.ORDERED_LITTLE: gettext_lazy("Please order more; we are glad to propose quantities."),
    Cause.CUT: gettext_lazy("We are sorry. We will tell you which quantities we can confirm, and by when."),
    Cause.SHORT: gettext_lazy("We are sorry. We will deliver what is missing, and tell you the day."),
    Cause.LATE: gettext_lazy("We are sorry. We will see to it that your orders arrive on the day you asked for."),
    Cause.TRANSIT: gettext_lazy("We are sorry. We are taking the delay up with the carrier."),
    Cause.DISTRIBUTION: gettext_lazy("Please look into how it reaches your stores; the list of stores is at hand."),
    Cause.PHANTOM: gettext_lazy("Please count it in your stores; the reported stock does not seem to be there."),
    Cause.FORECAST: gettext_lazy("Let us look at the forecast together, so that the next weeks are covered."),
    Cause.UNKNOWN: gettext_lazy("Please help us with your order data, so that we find out why."),
}


def language_of(account):
    """The language in which an account is written to: German, Chinese, else English."""
    return LANGUAGES.get(account.country, Language.ENGLISH)


def audience_of(episode):
    """Whom to write to: the account, and ourselves where the cause is ours."""
    is_ours = episode.side == StockOut.Side.US
    return StockOutLetter.Audience.INTERNAL if is_ours else StockOutLetter.Audience.ACCOUNT


def proposed(episode, audience=None, language=None):
    """The letter, not stored, that KAM proposes about one episode to an audience, in a language."""
    audience, language = audience or audience_of(episode), language or language_of(episode.account)
    said = proposal([episode], audience, language)
    return StockOutLetter(account=episode.account, audience=audience, language=language, **said)


def proposal(episodes, audience, language):
    """Subject, opening, closing and figures of a letter about episodes of one account, oldest first."""
    with translation.override(language):
        found = {"subject": _subject(episodes), "opening": _opening(episodes, audience)}
        found["closing"] = _closing(episodes, audience)
    lines = judged_on(episodes)
    return found | {"figures": [_figures(row, lines[row.pk]) for row in episodes]}


def _subject(episodes):
    names = formats.listed(dict.fromkeys(row.product.name for row in episodes[:3]))
    return (_("Out of stock: %(products)s") % {"products": names})[:200]


def _opening(episodes, audience):
    account = episodes[0].account
    if audience == StockOutLetter.Audience.INTERNAL:
        said = _("%(account)s was out of stock. This is what the facts say:") % {"account": account.name}
        return "\n\n".join([said, *_told(episodes)])
    said = ngettext(
        "we have looked into why the following product was not available in your stores.",
        "we have looked into why the following products were not available in your stores.",
        len({row.product_id for row in episodes}),
    )
    return "\n\n".join([_("Dear Sir or Madam,"), said, *_told(episodes)])


def _told(episodes):
    """A paragraph about each episode, as far as a letter has room, then how many more there are."""
    told, room = [], MOST_TOLD
    for row in episodes:
        said = _about(row)
        room -= len(said)
        if room < 0 and told:
            break
        told.append(said)
    if more := len(episodes) - len(told):
        said = ngettext("%(n)s more stands in the table.", "%(n)s more stand in the table.", more)
        told.append(said % {"n": formats.number(more)})
    return told


def _about(row):
    """One paragraph about an episode: which weeks, how much was lost, and why."""
    said = ngettext(
        "%(product)s: out of stock in %(first)s; %(lost)s of %(expected)s expected units were not sold.",
        "%(product)s: out of stock for %(n)s weeks, %(first)s to %(last)s; %(lost)s of %(expected)s expected units"
        " were not sold.",
        row.weeks,
    ) % {
        "product": row.product.name,
        "n": formats.number(row.weeks),
        "first": formats.week(row.first_week, with_year=True),
        "last": formats.week(row.last_week, with_year=True),
        "lost": formats.number(row.lost_units),
        "expected": formats.number(row.expected),
    }
    return formats.sentences(filter(None, [said, words.why_of(row)]))


def _closing(episodes, audience):
    asked = [str(ASKED[cause]) for cause in dict.fromkeys(row.cause for row in episodes)]
    if audience == StockOutLetter.Audience.INTERNAL:
        return _("To do: say what we change, by when, and who sees to it.")
    return "\n\n".join([*asked, _("The order lines stand above. We are at your disposal for questions."),
                        _("Kind regards")])  # fmt: skip


LINE = ("order_number", "line_number", "ordered_on", "requested_on", "received_on", "ordered", "confirmed", "received")


def _figures(row, lines):
    said = {name: getattr(row, name) for name in ("first_week", "last_week", "weeks", "expected", "sold", "lost_units")}
    said |= {"product": row.product.name, "code": row.product.code, "value": row.lost_value, "currency": row.currency}
    return plain(said | {"lines": [{name: getattr(line, name) for name in LINE} for line in lines[:MOST_LINES]]})


def tables(letter):
    """The figures of a letter as (title, header, rows of text), written in its language."""
    with translation.override(letter.language):
        found = [_summary(letter.figures, letter.audience)]
        return found + [_lines(row) for row in letter.figures if row["lines"]]


def _summary(figures, audience):
    header = [_("Product"), _("Weeks"), _("Expected sales"), _("Sold"), _("Lost")]
    header += [_("Value")] if audience == StockOutLetter.Audience.INTERNAL else []
    rows = [_row(row)[: len(header)] for row in figures]
    return {"title": _("What was not sold"), "header": header, "rows": rows, "numbers": 2}


def _row(row):
    weeks = formats.weeks(_day(row["first_week"]), _day(row["last_week"]), with_year=True)
    value = formats.money(row["value"], row["currency"])
    return [f"{row['product']} ({row['code']})", weeks, *map(_units, map(row.get, ("expected", "sold", "lost_units"))),
            value]  # fmt: skip


def _lines(row):
    header = [_("Order"), _("Ordered"), _("Requested"), _("Received"), _("Units ordered"), _("Units confirmed"),
              _("Units received")]  # fmt: skip
    rows = [
        [
            f"{line['order_number']}/{line['line_number']}",
            *(formats.day_short(_day(line[name])) for name in ("ordered_on", "requested_on", "received_on")),
            *(_units(line[name]) for name in ("ordered", "confirmed", "received")),
        ]
        for line in row["lines"]
    ]
    return {"title": _("Order lines: %(product)s") % {"product": row["product"]}, "header": header, "rows": rows,
            "numbers": 4}  # fmt: skip


def _day(text):
    return date.fromisoformat(text) if text else None


def _units(text):
    return formats.number(None if text is None else Decimal(text))
