"""The demo has a file whose columns wait to be mapped, and a feed whose files are read as somebody mapped them."""

from datetime import date
from types import SimpleNamespace

import pytest

from kam.roles import Role
from kpis.columns import proposal
from kpis.imports import asking, look
from kpis.models import ColumnMapping, ImportBatch
from plans.demo import columns
from plans.demo.days import Days
from tests import make
from tests.kpis import facts

pytestmark = pytest.mark.django_db
DAYS = Days(date(2026, 11, 22))
ARTICLES = [SimpleNamespace(number=number) for number in range(12)]


def test_one_file_waits_and_the_next_of_another_feed_is_known_again():
    feeds = [facts.feed(make.account(), code=f"sell-through-{n}") for n in (1, 2)]
    columns.build({"analyst": make.user(Role.ANALYST)}, ARTICLES, DAYS)
    batch, known = ImportBatch.objects.get(), ColumnMapping.objects.get()
    assert (batch.state, batch.feed, known.feed, batch.received_at.date()) == ("mapping", *feeds, date(2026, 11, 16))
    found = proposal.of_batch(batch)
    assert sorted(found.answers.columns) == ["product", "receipts", "stock", "store", "units", "value", "week"]
    seen = look.of(known.sample)
    assert asking.shape(seen, proposal.of_known(known).answers.header) == set(known.columns)


def test_without_two_accounts_that_report_there_is_neither():
    facts.feed(make.account())
    columns.build({"analyst": make.user(Role.ANALYST)}, ARTICLES, DAYS)
    assert (ImportBatch.objects.count(), ColumnMapping.objects.count()) == (0, 0)
