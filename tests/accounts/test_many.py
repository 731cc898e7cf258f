"""Among many accounts, a page of the list is read in its order from an index, not sorted out of all of them."""

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, Team, TeamMembership
from kam.keyset import Keyset
from kam.roles import Role
from tests import make

pytestmark = pytest.mark.django_db
MANY = 20_000
FILL = """
INSERT INTO accounts_account (code, name, sort_name, kind, direction, state, tier, country, currency, languages,
    lineage, version, created_at, updated_at)
SELECT 'M-' || n, 'Many ' || n, lpad((n * 7919 %% %s)::text, 6, '0'), 'retailer', 'sell_to', 'active', 'A', 'DE', 'EUR',
    '{}', '{}', 1, now(), now()
FROM generate_series(1, %s) n
"""


@pytest.fixture
def director():
    """Sees everything, which is MANY accounts."""
    with connection.cursor() as cursor:
        cursor.execute(FILL, [MANY, MANY])
    person = make.user(Role.DIRECTOR)
    team = Team.objects.create(name="Everything", scope=Team.Scope.EVERYTHING)
    TeamMembership.objects.create(team=team, user=person)
    return person


def plan_of(page):
    """The kinds of steps in which the database reads what `page()` asks for, and the most rows in one of them."""
    with CaptureQueriesContext(connection) as asked:
        page()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {asked[-1]['sql']}")
        plan = cursor.fetchone()[0][0]["Plan"]
    steps = list(below(plan))
    return {s["Node Type"] for s in steps}, max(s["Actual Rows"] + s.get("Rows Removed by Filter", 0) for s in steps)


def below(step):
    yield step
    for part in step.get("Plans", ()):
        yield from below(part)


@pytest.mark.parametrize("order", [("sort_name", "pk"), ("-sort_name", "-pk")])
def test_first_and_far_pages_are_read_from_an_index(director, order):
    rows, keyset = Account.objects.visible_to(director), Keyset(order, 50)
    far = keyset.cursor(rows.order_by("sort_name")[MANY // 2])
    for address in ("/", f"/?after={far}", f"/?before={far}"):
        kinds, most = plan_of(lambda a=address: keyset.page(rows, RequestFactory().get(a)))
        assert "Sort" not in kinds
        assert most < 100
