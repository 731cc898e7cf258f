"""The benches run, on a company of a few accounts; how fast they are is not asked here."""

import pytest

from plans.bench.api import crowds
from plans.bench.company import Size
from plans.bench.night import nights
from plans.bench.pages import visits
from plans.bench.scale import histories

TINY = Size(accounts=12, stores=1, products=10, listed=4, weeks=8)
STEPS = (
    "partitions",
    "feeds",
    "rollups",
    "forecast",
    "supply",
    "supply_alerts",
    "measures",
    "stockouts",
    "replenishment",
    "compliance",
    "kpi_alerts",
    "plan_measures",
)


def silent(_line):
    """What a bench says to people."""


@pytest.mark.django_db(transaction=True)
def test_three_nights_and_then_every_page(redis_client):
    names = [figure["name"].split(", ") for figure in nights(silent, TINY)]
    for name in ("first night", "night", "night by the worker"):
        assert [n[1] for n in names if n[0] == name] == ["75 of 75 shards", *STEPS]
    figures = list(visits(silent, TINY, requests=2))
    assert {f["name"].rpartition(", ")[2] for f in figures[:-1]} == {"p50", "p95", "queries"}
    assert all(f["figure"] > 0 for f in figures)


@pytest.mark.django_db(transaction=True)
def test_eight_readers_at_once_in_a_crowd(redis_client):
    figures = list(crowds(silent, accounts=600, requests=1))
    names = [f["name"].rsplit(", ", 1) for f in figures[1:-1]]
    kinds = ("p95 alone", "p50", "p95", "8 at once")
    assert [kind for _name, kind in names] == list(kinds) * (len(names) // len(kinds))
    assert {name for name, _kind in names} == {
        "API, one account",
        "API, one account, 304",
        "API, list of 50",
        "API, list of 50, far behind",
        "API, list of 50, filtered",
        "API, list of 50, found by name",
        *(
            f"{page}, {role}"
            for page in ("accounts", "account", "account, further down", "home", "search")
            for role in ("director", "account manager")
        ),
    }
    assert all(f["figure"] > 0 for f in figures)


@pytest.mark.django_db(transaction=True)
def test_files_beside_a_history_that_grows(redis_client):
    figures = list(histories(silent, goals=(1_500, 3_000), rows=1_000))
    names = [f["name"].rpartition(": ")[2] for f in figures]
    measured = [
        figures[0]["name"],
        *("first file with its sums ÷ COPY", "first file", "same file again ÷ first"),
        *("1 % restated ÷ first", "sums ÷ one aggregate", "memory of a process that imports"),
    ]
    large = [f"memory of a process that imports {times} × the rows" for times in (3, 5)]
    assert names == [*measured, *measured, *large, figures[-1]["name"]]
    assert all(f["figure"] > 0 for f in figures)
