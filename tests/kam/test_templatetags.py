import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone, translation

from kam.context import Item
from kam.templatetags import formats, kam_ui, shapes

LANGUAGES = ("en", "de", "zh-hans")
NBSP = "\u00a0"
YEAR = timezone.localdate().year


def in_each(call):
    """What `call()` says in English, German and Chinese, no-break spaces shown as spaces."""
    said = []
    for language in LANGUAGES:
        with translation.override(language):
            said.append(call().replace(NBSP, " "))
    return said


def draw(source, path="/", **context):
    request = RequestFactory().get(path)
    return Template("{% load kam_ui %}" + source).render(Context({"request": request, **context}))


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        (18420, 0, ["18,420", "18.420", "18,420"]),
        (Decimal("1234567.895"), 2, ["1,234,567.90", "1.234.567,90", "1,234,567.90"]),
        (Decimal("-3.75"), 1, ["−3.8", "−3,8", "−3.8"]),
        (Decimal("-0.01"), 1, ["0.0", "0,0", "0.0"]),
        (0, 0, ["0", "0", "0"]),
        (None, 1, ["–", "–", "–"]),
        ("", 1, ["–", "–", "–"]),
        ("n/a", 1, ["–", "–", "–"]),
        (float("nan"), 1, ["–", "–", "–"]),
    ],
)
def test_number_follows_the_language(value, decimals, expected):
    assert in_each(lambda: formats.number(value, decimals)) == expected


def test_number_rounds_half_up_not_to_even():
    assert [formats.number(v) for v in ("0.5", "1.5", "2.5", "-2.5")] == ["1", "2", "3", "−3"]


def test_signed_number_has_no_sign_at_zero():
    assert [formats.number(v, 1, sign=True) for v in ("1.2", "-1.2", "0.04")] == ["+1.2", "−1.2", "0.0"]


def test_money_is_written_with_its_currency():
    assert in_each(lambda: formats.money(Decimal("18420.5"), "EUR")) == ["€ 18,420.50", "18.420,50 €", "18,420.50 欧元"]
    assert in_each(lambda: formats.money(Decimal("9"), "CHF")) == ["CHF 9.00", "9,00 CHF", "9.00 CHF"]
    assert in_each(lambda: formats.money(None, "EUR")) == ["–", "–", "–"]


def test_thousands_stand_under_a_header_with_their_unit():
    assert in_each(lambda: formats.thousands(Decimal("18420000"))) == ["18,420", "18.420", "1,842.0"]
    assert in_each(lambda: formats.money_unit("EUR")) == ["€ k", "T €", "万欧元"]
    assert in_each(lambda: formats.money_unit("CNY")) == ["¥ k", "T ¥", "万元"]
    assert in_each(lambda: formats.thousands(None)) == ["–", "–", "–"]


def test_short_money_keeps_a_decimal_when_small():
    assert in_each(lambda: formats.money_short(412_000, "EUR")) == ["€ 412 k", "412 T €", "41.2 万欧元"]
    assert in_each(lambda: formats.money_short(-720, "EUR")) == ["€ −0.7 k", "−0,7 T €", "−0.07 万欧元"]
    assert in_each(lambda: formats.money_short(0, "EUR")) == ["€ 0 k", "0 T €", "0.0 万欧元"]


def test_day_names_the_weekday():
    day = date(YEAR, 11, 26)
    names = {
        "en": "Mon Tue Wed Thu Fri Sat Sun",
        "de": "Mo Di Mi Do Fr Sa So",
        "zh": "周一 周二 周三 周四 周五 周六 周日",
    }
    en, de, zh = (text.split()[day.weekday()] for text in names.values())
    assert in_each(lambda: formats.day(day)) == [f"{en} 26 Nov", f"{de} 26.11.", f"11月26日 {zh}"]


def test_words_are_joined_as_the_language_does():
    assert in_each(lambda: formats.listed(["A", 2])) == ["A, 2", "A, 2", "A、2"]
    assert in_each(lambda: formats.headed("X", "€")) == ["X, €", "X, €", "X（€）"]
    assert formats.headed("X", "") == "X"
    assert in_each(lambda: formats.sentences(["X.", "Y."])) == ["X. Y.", "X. Y.", "X.Y."]


def test_another_year_is_said():
    day = date(2011, 3, 5)
    assert in_each(lambda: formats.day(day)) == ["Sat 5 Mar 2011", "Sa 5.3.2011", "2011年3月5日 周六"]
    assert in_each(lambda: formats.day_short(day)) == ["5 Mar 2011", "5.3.2011", "2011年3月5日"]
    assert in_each(lambda: formats.week(day)) == ["W9/2011", "KW 9/2011", "2011年第9周"]


def test_heading_spells_the_day_out():
    assert in_each(lambda: formats.day_long(date(2026, 11, 24))) == [
        "Tuesday 24 November",
        "Dienstag, 24. November",
        "11月24日 星期二",
    ]


def test_week_is_the_iso_week():
    assert in_each(lambda: formats.week(date(2027, 1, 3), with_year=True)) == ["W53/2026", "KW 53/2026", "2026年第53周"]
    assert in_each(lambda: formats.week(date(2026, 11, 16), with_year=False)) == ["W47", "KW 47", "第47周"]


def test_dates_of_nothing_are_a_dash():
    calls = (formats.day, formats.day_short, formats.day_long, formats.week, formats.clock, formats.moment)
    assert [call(None) for call in calls] == ["–"] * 6


def test_moment_is_in_the_readers_zone():
    now = timezone.now()
    with timezone.override("Asia/Shanghai"):
        local = timezone.localtime(now)
        assert formats.moment(now) == local.strftime("%H:%M")
        assert formats.clock(datetime(2026, 1, 1, 17, 30, tzinfo=UTC)) == "01:30"
        assert formats.day_short(datetime(2011, 1, 1, 17, 30, tzinfo=UTC)) == "2 Jan 2011"


def test_moment_of_this_week_names_the_weekday():
    before = timezone.now() - timedelta(days=2)
    assert formats.moment(before) == before.strftime("%a %H:%M")


@pytest.mark.parametrize(
    ("over", "under", "said"), [(1, 4, "25.0"), (0, 4, "0.0"), (3, 0, "–"), (None, 4, "–"), (1, None, "–")]
)
def test_rate_of_nothing_is_a_dash(over, under, said):
    assert kam_ui.rate(over, under) == said


@pytest.mark.parametrize(
    ("value", "good", "tolerance", "level"),
    [
        ("1.7", "up", None, "good"),
        ("-1.7", "up", None, "bad"),
        ("-1.7", "up", 2, "warning"),
        ("1.7", "down", 1, "bad"),
        ("-1.7", "down", None, "good"),
        ("0", "up", None, "good"),
        ("-1.7", "none", None, ""),
        (None, "up", None, ""),
    ],
)
def test_difference_is_judged_by_its_direction(value, good, tolerance, level):
    assert kam_ui.delta_level(formats.as_decimal(value), good, tolerance) == level


def test_difference_has_sign_icon_and_unit():
    html = draw('{% delta v "pp" good="up" %}', v=Decimal("-1.7"))
    assert 'class="k-delta k-delta-bad"' in html
    assert "#alert-circle" in html
    assert f"−1.7{NBSP}pp" in html


def test_status_and_pill_escape_what_people_wrote():
    assert "&lt;b&gt;x&lt;/b&gt;" in draw('{% status "good" label %}', label="<b>x</b>")
    assert "&lt;b&gt;x&lt;/b&gt;" in draw('{% pill "bad" label "lock" %}', label="<b>x</b>")
    assert "&lt;script&gt;" in draw('{% chip "Name" label "name" %}', label="<script>")
    assert "&quot;&gt;&lt;i&gt;" in draw("{% sparkline v None label %}", v=[1, 2], label='"><i>')


def test_as_of_says_why_it_is_late():
    assert draw("{% as_of d %}", d=date(2011, 3, 5)) == '<span class="k-asof">as of 5 Mar 2011</span>'
    late = draw('{% as_of d "9 h late" %}', d=date(2011, 3, 5))
    assert "#clock" in late
    assert "as of 5 Mar 2011, 9 h late</span>" in late
    assert draw("{% as_of d %}", d=None) == ""


def test_sort_header_turns_round_and_forgets_the_page():
    html = draw('{% sort_header "name" "Account" %}', path="/?tier=A&sort=name&after=abc")
    assert 'aria-sort="ascending"' in html
    assert 'href="?tier=A&amp;sort=-name"' in html
    html = draw('{% sort_header "sell_in" "Sell-in" "€ k" True "" "desc" %}', path="/?sort=name")
    assert "aria-sort" not in html
    assert 'href="?sort=-sell_in"' in html
    assert "Sell-in, € k" in html


def test_chip_removes_only_itself():
    html = draw('{% chip "Tier" "A" "tier" "A" %}', path="/?tier=A&tier=B&sort=name&before=x")
    assert 'href="?tier=B&amp;sort=name"' in html
    assert 'href="?sort=name"' in draw('{% chip "Tier" "A, B" "tier" %}', path="/?tier=A&tier=B&sort=name")


def test_query_changes_and_removes():
    assert draw('{% query state="open" q="" %}', path="/?q=x&tier=A&after=z") == "?tier=A&amp;state=open"


def test_sparkline_breaks_at_gaps_and_shows_the_target():
    html = shapes.sparkline([1, None, 3, 2], target=2)
    assert html.count("<polyline") == 2
    assert html.count("k-spark-target") == 1
    assert 'aria-hidden="true"' in html
    assert shapes.sparkline([None, None]) == ""
    assert shapes.sparkline([]) == ""


def test_flat_sparkline_runs_in_the_middle():
    assert 'points="3.0,11.0 69.0,11.0"' in shapes.sparkline([5, 5])


@pytest.mark.parametrize(("share", "width"), [("0.5", "50.0"), ("1.7", "100.0"), ("0.001", "0.1")])
def test_bar_is_filled_to_its_share(share, width):
    assert f'class="k-bar-fill" x="0" y="1" width="{width}"' in shapes.bar(Decimal(share), Decimal("0.9"))


def test_bar_of_nothing_measured_is_empty():
    assert "k-bar-fill" not in shapes.bar(None)
    assert "k-bar-tick" not in shapes.bar(None)


def test_failed_and_skipped_shards_differ_in_shape_too():
    html = shapes.shards(["done", "failed", "skipped", "waiting"])
    assert html.count("<rect") == 4
    assert html.count("<path") == 2


def test_initials_of_people():
    named = SimpleNamespace(name="Mia von Berg")
    mailed = SimpleNamespace(name="", email="leo.long@example.com")
    assert [kam_ui.initials(p) for p in (named, mailed, "王小明", "")] == ["MB", "LL", "王小", "?"]


def test_chart_options_cannot_leave_their_block():
    html = draw('{% chart "c" options title %}', options={"x": ["</script>"], "series": []}, title="A & B")
    assert html.count("</script>") == 1
    assert 'aria-label="A &amp; B"' in html


@pytest.mark.parametrize("name", ["404.html", "403.html", "403_csrf.html", "500.html"])
def test_pages_render_for_nobody_without_context(name):
    html = Template(f'{{% extends "{name}" %}}').render(Context({}))
    assert "<h1>" in html
    assert "style=" not in html


@pytest.mark.parametrize("language", ["en", "de", "zh-hans"])
def test_the_page_of_a_fault_says_its_language(language):
    with translation.override(language):
        assert f'<html lang="{language}">' in Template('{% extends "500.html" %}').render(Context({}))


def test_every_icon_named_anywhere_is_in_the_sprite():
    root = Path(settings.BASE_DIR)
    known = set(re.findall(r'<symbol id="([^"]+)"', (root / "static/icons.svg").read_text()))
    used = set(kam_ui.LEVEL_ICONS.values())
    for page in (root / "templates").rglob("*.html"):
        used |= set(re.findall(r'{% icon "([^"]+)"', page.read_text()))
    assert used - known == set()


def test_no_template_carries_inline_style_or_script():
    root = Path(settings.BASE_DIR)
    found = [
        str(page.relative_to(root))
        for page in (root / "templates").rglob("*.html")
        if re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", page.read_text())
    ]
    assert found == []


def test_what_is_still_is_drawn_for_each_language_and_for_what_it_is_given():
    text = '{% still "kit/nav.html" nav=nav %}'
    here, there = (Item("home", "/", "home", "Home", current) for current in (True, False))
    with translation.override("en"):
        drawn = [draw(text, nav=(item,)) for item in (here, there, here)]
        theme = draw('{% still "kit/theme.html" %}')
    assert [html.count("aria-current") for html in drawn] == [1, 0, 1]
    with translation.override("de"):
        assert draw('{% still "kit/theme.html" %}') != theme
