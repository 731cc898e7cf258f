"""Queries that are put into SQL once."""

import sys
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import F, Q
from django.utils import timezone, translation

from kam.compiled import compiled, for_reader
from kam.lists import Counts
from kam.models import SavedView, User
from kam.roles import Role
from tests import make

pytestmark = pytest.mark.django_db
READINGS = {
    "rows": lambda rows: rows,
    "rows with a related one": lambda rows: rows.select_related("user"),
    "rows of some columns": lambda rows: rows.only("name"),
    "rows with something added": lambda rows: rows.annotate(of=F("user__name")),
    "tuples": lambda rows: rows.values_list("name", "user__name"),
    "single values": lambda rows: rows.values_list("name", flat=True),
    "dictionaries": lambda rows: rows.values("name", "shared"),
}


def views(user, *names):
    return [SavedView.objects.create(user=user, page="accounts:list", name=name) for name in names]


def told(rows):
    """Rows with all that was read of them."""
    shown = ("_state", "_prefetched_objects_cache")
    return [{k: v for k, v in vars(r).items() if k not in shown} if hasattr(r, "pk") else r for r in rows]


@pytest.mark.parametrize("reading", READINGS.values(), ids=READINGS)
def test_it_reads_what_the_query_reads(reading):
    user = make.user()
    views(user, "Mine", "Yours", "Ours")

    @compiled
    def query(*, name):
        return reading(SavedView.objects.exclude(name=name).order_by("name"))

    plain = list(reading(SavedView.objects.exclude(name="Mine").order_by("name")))
    assert told(query(name="Mine")) == told(plain)
    assert len(plain) == 2


def test_it_is_made_once_for_each_kind_and_then_filled_in(django_assert_num_queries):
    first, second, _third = (make.user(name=name) for name in "ABC")
    made = []

    @compiled
    def people(order, *, name, role):
        made.append(order)
        return User.objects.filter(Q(name=name) | Q(name="B"), role=role).order_by(order)

    with django_assert_num_queries(3):
        assert people("name", name="A", role=first.role) == [first, second]
        assert people("name", name="C", role="nobody's") == []
        assert people("-name", name="A", role=first.role) == [second, first]
    assert made == ["name", "-name"]


def test_a_kind_that_can_have_no_rows_is_not_asked_for(django_assert_num_queries):
    @compiled
    def query(codes, *, name):
        return User.objects.filter(role__in=codes, name=name)

    with django_assert_num_queries(0):
        assert query((), name="Anybody") == []


def test_a_value_cannot_get_into_what_is_kept():
    @compiled
    def query(*, pk):
        return User.objects.filter(pk=int(pk))

    with pytest.raises(TypeError):
        query(pk=1)


def test_people_of_a_role_share_a_statement_and_each_reads_their_own(django_assert_num_queries):
    one, other = make.user(), make.user()
    mine, theirs = views(one, "Mine"), views(other, "Theirs")

    @for_reader
    def seen(user):
        return SavedView.objects.visible_to(user)

    with django_assert_num_queries(2):
        assert (seen(one), seen(other)) == (mine, theirs)
    assert len(seen.known) == 1
    assert seen(make.user(Role.FIELD)) == []
    assert len(seen.known) == 2


def test_for_people_who_are_not_active_nothing_is_kept():
    @for_reader
    def seen(user):
        return SavedView.objects.visible_to(user)

    gone = make.user(is_active=False)
    views(gone, "Mine")
    assert (seen(gone), seen(AnonymousUser())) == ([], [])
    assert seen.known == {}


def test_of_a_reader_only_the_role_is_known():
    @for_reader
    def named_alike(user):
        return User.objects.filter(name=user.name)

    with pytest.raises(AttributeError):
        named_alike(make.user())


def test_several_queries_are_counted_by_one_statement(django_assert_num_queries):
    one, other = make.user(), make.user()
    views(one, "A", "B")

    def counts(user, *, name):
        mine = SavedView.objects.visible_to(user)
        return mine, mine.filter(name=name), mine.none()

    asked = for_reader(counts, reads=Counts)
    with django_assert_num_queries(2):
        assert asked(one, name="A") == (2, 1, 0)
        assert asked(other, name="A") == (0, 0, 0)


def all_kept():
    """Every compiled query of ours that has been asked."""
    ours = [module for name, module in sys.modules.items() if name.partition(".")[0] in settings.FLOORS]
    found = {id(one): one for module in ours for one in vars(module).values() if isinstance(one, compiled)}
    return [one for one in found.values() if one.known]


def test_no_statement_knows_the_day_or_the_language_it_was_made_in(client, monkeypatch):
    for role in (Role.ACCOUNT_MANAGER, Role.DIRECTOR):
        user = make.user(role)
        account = make.account(user, team=make.team(user))
        client.force_login(user)
        for page in ("/", "/accounts/", account.get_absolute_url()):
            assert client.get(page).status_code == 200
    later = timezone.now() + timedelta(days=500)
    monkeypatch.setattr(timezone, "now", lambda: later)
    kept = all_kept()
    assert len(kept) > 10
    for one in kept:
        for kind, statement in one.known.items():
            with translation.override("de"):
                anew = one.made(kind)
            assert (anew.sql, tuple(anew.params)) == (statement.sql, tuple(statement.params)), one.__name__
