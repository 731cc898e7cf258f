"""Invented data for `kit/gallery.html`, the page that shows every part of the look in every state."""

from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _

from kam.templatetags.formats import money_short, thousands, week

UPWARD = (41, 43, 42, 46, 44, 48, 47, 51, 49, 53, 52, 55, 57)
RISING = (44_000, 44_400, 44_100, 45_000, 44_800, 45_600, 45_200, 46_000, 45_700, 46_200, 46_000, 46_120)
SUPPLY = (5.4, 5.6, 5.5, 5.9, 6.2, 6.1, 6.5, 6.6, 6.8, 6.9, 7.0, 7.2)
UNEVEN = (96, 95, 93, 96, 94, 92, 95, 94, 92, 91, 93, 92, 93.1)
COMPANIES = ("Halvorn Sport AG", "Marenta Online SE", "Ostfeld Warenhaus KG", "澜禾百货 Lanhe", "Brixmoor Outdoor")


class SampleForm(forms.Form):
    """Every kind of field, one of them wrong."""

    name = forms.CharField(label="Name", help_text="As it stands on the agreement.")
    tier = forms.ChoiceField(label="Tier", choices=[("A", "A"), ("B", "B"), ("C", "C")])
    interest = forms.DecimalField(label="Late payment interest, % a year")
    starts = forms.DateField(label="Valid from", widget=forms.DateInput(attrs={"type": "date"}))
    note = forms.CharField(label="Comment", widget=forms.Textarea(attrs={"rows": 2}), required=False)
    file = forms.FileField(label="File", required=False, help_text="CSV or XLSX, up to 2 GB.")
    side = forms.ChoiceField(
        label="Side", choices=[("they", "they owe us"), ("we", "we owe them")], widget=forms.RadioSelect
    )
    active = forms.BooleanField(label="In force", required=False)


def context():
    """Everything the gallery shows."""
    today = timezone.localdate()
    monday = today - timedelta(days=today.weekday())
    return {
        "today": today,
        "kpis": _kpis(today, monday),
        "unit": "€ k",
        "groups": _groups(today),
        "rows": _rows(),
        "chart": _chart(monday),
        "supply": _supply(monday),
        "backlog": _backlog(),
        "events": _events(),
        "steps": _steps(),
        "shard_pairs": [("new", 118_206), ("changed", 6_918), ("same", 2_940), ("bad", 348)],
        "form": SampleForm({"name": "", "interest": "12,5O", "tier": "B", "active": "on", "side": "they"}),
        "moves": _moves(),
        "chips": [
            {"label": "Tier", "value": "A, B", "remove": "tier"},
            {"label": "State", "value": "active", "remove": "state"},
        ],
        "goals": [
            ("G1 Grow running to 34 % share", Decimal("0.87"), Decimal("0.88"), "", "good", "On course"),
            ("G2 Lift OTIF to 95 %", Decimal("0.61"), Decimal("0.78"), "bad", "bad", "Behind"),
            ("G3 Net-net margin above 39 %", Decimal("0.71"), Decimal("0.78"), "warning", "warning", "At risk"),
        ],
        "levels": ["good", "warning", "bad", "info", "neutral", "late", "running", "open"],
        "page": {"next_url": "?after=x", "previous_url": "?before=x"},
        **_lists(),
    }


def _lists():
    """What a list has around its table: columns, exports, saved views, neighbours; and what search finds."""
    columns = (("tier", "Tier", True), ("country", "Country", True), ("owner", "Owner", False))
    return {
        "columns": [(SimpleNamespace(name=name, label=label), on) for name, label, on in columns],
        "exports": ("csv", "xlsx"),
        "saved_views": [SimpleNamespace(pk=1, name="Behind plan in DACH", query="", current=True, mine=True)],
        "view_page": "gallery",
        "neighbours": {"all": "?", "previous": "?", "next": "?"},
        "hits": [
            {
                "label": "Accounts", "icon": "building-store", "more": "?",
                "hits": [{"url": "?", "title": name, "beside": f"K-{1042 + n}"} for n, name in enumerate(COMPANIES)],
            },
        ],
    }  # fmt: skip


def _kpis(today, monday):
    day = today - timedelta(days=1)
    shared = {"as_of": day, "decimals": 1}
    return [
        {
            "name": _("Net sell-in"), "unit": "€ k", "value": 46_120, "spark": RISING,
            "target": 46_900, "url": "#",
            "target_delta": Decimal("-1.7"), "delta_unit": "%", "good": "up", "last_year": 43_380,
            "last_year_delta": Decimal("6.3"), "as_of": day,
        },
        shared | {
            "name": _("Sell-through"), "unit": "%", "value": Decimal("58.4"), "spark": UPWARD, "target": 50,
            "target_delta": Decimal("1.4"), "delta_unit": "pp", "good": "up", "last_year": Decimal("55.1"),
            "last_year_delta": Decimal("3.3"), "period": week(monday),
        },
        shared | {
            "name": _("Stock cover"), "unit": _("weeks"), "value": Decimal("7.2"), "spark": SUPPLY, "target": 6,
            "target_delta": Decimal("1.2"), "good": "down", "tolerance": 2, "last_year": Decimal("6.5"),
            "last_year_delta": Decimal("0.7"), "period": week(monday),
        },
        shared | {
            "name": "OTIF", "unit": "%", "value": Decimal("94.1"), "spark": UNEVEN, "target": 95,
            "target_delta": Decimal("-0.9"), "delta_unit": "pp", "good": "up", "last_year": Decimal("92.8"),
            "last_year_delta": Decimal("1.3"), "period": week(monday),
        },
        shared | {
            "name": _("Sell-through"), "unit": "%", "value": Decimal("48.9"), "late": _("file 9 h late"),
            "period": week(monday - timedelta(days=7)),
        },
        shared | {"name": "OTIF", "unit": "%", "value": None, "note": _("no order lines; not 0 and not 100 %")},
    ]  # fmt: skip


def _groups(today):
    sentences = (
        ("bad", "Critical", "Payment term breached: 4 invoices paid 19 days late on average (agreed 30 days)", 148),
        ("warning", "Warning", "Stock of Kestrel Trail 3 reaches 11.4 weeks; support clause 4.2 starts at 12", 66),
        ("good", "Good news", "Growth rebate: next tier (20.0 m) now forecast to be reached on 9 Dec", None),
    )
    return [
        {
            "account": name, "url": "#", "tier": "Tier A", "amount": thousands(214_000 - 90_000 * i),
            "alerts": [
                {
                    "level": level, "word": word, "text": text, "url": "#", "note": "new",
                    "amount": "–" if stake is None else thousands(1000 * stake),
                    "act_by": today + timedelta(days=2 + i) if stake else None, "step": "Send letter", "step_url": "#",
                }
                for level, word, text, stake in sentences[: 3 - i]
            ],
        }
        for i, name in enumerate(COMPANIES[:2])
    ]  # fmt: skip


def _rows():
    figures = ((18_420, 97.5, 7.7), (9_870, 103.1, 14.2), (7_310, 92.4, -3.8), (5_420, 108.3, 22.6), (4_480, None, 4.1))
    signals = (("bad", "Breach"), ("warning", "Warning"), ("bad", "Breach"), ("neutral", "Calm"), ("late", "Silent"))
    return [
        {
            "pk": i, "name": name, "code": f"K-10{i}2", "level": signals[i][0], "signal": signals[i][1],
            "sell_in": 1000 * figures[i][0], "of_target": figures[i][1], "vs": figures[i][2],
            "spark": UPWARD if i % 2 else UNEVEN, "progress": Decimal(86 - 7 * i) / 100,
        }
        for i, name in enumerate(COMPANIES)
    ]  # fmt: skip


def _weeks(monday, count):
    return [week(monday - timedelta(weeks=count - i), with_year=False) for i in range(count)]


def _chart(monday):
    volume = [
        410, 520, 610, 470, 390, 350, 430, 560, 690, 720, 640, 580, 610, 540, 560, 500, 600, 720, 810, 690,
        580, 520,
    ]  # fmt: skip
    sold = [
        430, 445, 460, 470, 465, 455, 450, 460, 485, 510, 540, 548, 552, 548, 545, 540, 552, 566, 570, 555,
        548, 580,
    ]  # fmt: skip
    return {
        "x": _weeks(monday, 22),
        "unit": "€ k",
        "series": [
            {"name": _("Sell-in"), "role": "volume", "data": volume},
            {"name": _("Sell-through"), "role": "actual", "data": sold},
            {"name": _("Last year"), "role": "last_year", "data": [v * 9 // 10 for v in sold]},
        ],
    }


def _supply(monday):
    data = [
        5.6, 5.8, 5.9, 5.8, 5.7, 5.8, 6.2, 6.6, 6.8, 6.9, 6.9, 6.8, 7.0, None, 7.0, 7.1, 7.6, 7.7, 7.6, 7.6,
        7.8, 7.9,
    ]  # fmt: skip
    return {
        "x": _weeks(monday, 22),
        "decimals": 1,
        "min": 2,
        "max": 10,
        "bands": [{"from": 5, "to": 7}],
        "series": [{"name": _("7.9 weeks"), "role": "second", "data": data}],
    }


def _backlog():
    return {
        "x": [_("past due"), "W48", "W49", "W50", "W51", "W52"],
        "unit": "€ k",
        "series": [
            {
                "name": _("confirmed"), "role": "volume", "stack": "a", "data": [126, 310, 240, 180, 90, 60],
                "colours": ["bad", None, None, None, None, None],
            },
            {"name": _("open"), "role": "open", "stack": "a", "data": [0, 40, 90, 120, 150, 210]},
        ],
    }  # fmt: skip


def _events():
    now = timezone.now()
    return [
        {
            "when": now - timedelta(hours=3), "icon": "alert-circle", "level": "bad", "by": "Night run", "url": "#",
            "text": "Payment term breached, 4 invoices", "amount": money_short(148_000, "EUR"),
        },
        {"when": now - timedelta(hours=9), "icon": "file-spreadsheet", "text": "Sell-out imported: 96,204 rows"},
        {"when": now - timedelta(days=2), "icon": "message-2", "text": "Plan returned", "by": "Director Wholesale"},
        {"when": now - timedelta(days=40), "icon": "signature", "text": "Agreement v4 signed by both sides"},
    ]  # fmt: skip


def _steps():
    rows = (
        ("Rollups", "good", "Done", ["done"] * 16, 402_118, 860),
        ("Terms compliance", "bad", "1 shard failed", ["done"] * 6 + ["failed"] + ["done"] * 9, 11_204, 1310),
        ("Stock-outs", "warning", "1 skipped", ["done"] * 3 + ["skipped"] + ["done"] * 12, 23_117, 355),
        ("Alerts", "running", "Running", ["done"] * 11 + ["running"] * 3 + ["waiting"] * 2, 9_310, 540),
        ("Digests", "late", "Waiting", ["waiting"], None, None),
    )
    names = ("name", "level", "word", "shards", "rows", "seconds")
    steps = [dict(zip(names, row, strict=True)) for row in rows]
    for step in steps:
        step |= {"done": step["shards"].count("done"), "total": len(step["shards"])}
    steps[1]["problem"] = {
        "level": "bad", "title": "Shard 7:", "text": "no price list is valid on this date.", "rerun_url": "#"
    }  # fmt: skip
    return steps


def _moves():
    sign = SimpleNamespace(label=_("Sign"), icon="signature", tone="primary", needs_note=False)
    give_back = SimpleNamespace(label=_("Return"), icon="arrow-back-up", tone="", needs_note=True)
    return [("sign", sign), ("return", give_back)]
