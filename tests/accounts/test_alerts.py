"""Raising and resolving alerts, night after night and again."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from accounts.alerts import AlertRow, raise_alerts
from accounts.models import Alert
from accounts.workflow import ALERT
from kam.errors import Conflict, Denied
from kam.models import Entry
from kam.night import Night
from kam.roles import DataClass, Role
from kam.workflow import move
from tests import make

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 1, 5)


def night(days=0, shard=0, shards=1):
    return Night(MONDAY + timedelta(days=days), shard, shards)


def row(account, what="x", **kw):
    fields = {"at_stake": Decimal("10.00"), "currency": "EUR"} | kw
    return AlertRow(account.pk, f"late:{account.pk}:{what}", **fields)


def raised(rows, days=0, code="late", **kw):
    raise_alerts(rows, code=code, night=night(days, **kw))


def table():
    """Every alert without surrogate keys."""
    return list(
        Alert.objects.order_by("fingerprint", "raised_on", "pk").values_list(
            "fingerprint", "state", "raised_on", "seen_on", "resolved_on", "at_stake", "params", "version"
        )
    )


def entries():
    return list(Entry.objects.order_by("pk").values_list("verb", "actor", "account_id"))


def test_a_new_alert_holds_what_was_given():
    account = make.account()
    given = row(
        account,
        params={"days": 19},
        severity="critical",
        act_by=MONDAY,
        url="/terms/findings/1/",
        shown_to=DataClass.FINANCE,
    )
    raised([given])
    alert = Alert.objects.get()
    assert alert.account == account
    assert (alert.code, alert.params, alert.severity, alert.state) == ("late", {"days": 19}, "critical", "open")
    assert (alert.at_stake, alert.currency, alert.act_by) == (Decimal("10.00"), "EUR", MONDAY)
    assert (alert.url, alert.shown_to) == ("/terms/findings/1/", "finance")
    assert (alert.raised_on, alert.seen_on, alert.resolved_on) == (MONDAY, MONDAY, None)


def test_the_next_night_updates_what_is_still_so():
    account = make.account()
    raised([row(account)])
    raised([row(account, at_stake=Decimal("12.00"))], days=1)
    alert = Alert.objects.get()
    assert (alert.raised_on, alert.seen_on, alert.at_stake) == (MONDAY, MONDAY + timedelta(1), Decimal("12.00"))


def test_what_is_no_longer_so_is_resolved():
    account = make.account()
    raised([row(account, "a"), row(account, "b")])
    raised([row(account, "b")], days=1)
    states = dict(Alert.objects.values_list("fingerprint", "state"))
    assert states == {f"late:{account.pk}:a": "resolved", f"late:{account.pk}:b": "open"}
    assert Alert.objects.get(state="resolved").resolved_on == MONDAY + timedelta(1)


def test_nothing_raised_resolves_everything_of_the_code():
    account = make.account()
    raised([row(account)])
    raised([AlertRow(account.pk, "other")], code="other")
    raised([], days=1)
    assert dict(Alert.objects.values_list("code", "state")) == {"late": "resolved", "other": "open"}


def test_what_comes_back_later_is_a_new_alert():
    account = make.account()
    raised([row(account)])
    raised([], days=1)
    raised([row(account)], days=2)
    assert [(a.state, a.raised_on) for a in Alert.objects.order_by("pk")] == [
        ("resolved", MONDAY),
        ("open", MONDAY + timedelta(2)),
    ]


@pytest.mark.parametrize("nights", [1, 2, 3])
def test_the_same_night_again_changes_nothing(nights):
    account = make.account()
    for n in range(nights):
        raised([row(account, str(n)), row(account, "always")], days=n)
    before, log = table(), entries()
    raised([row(account, str(nights - 1)), row(account, "always")], days=nights - 1)
    assert table() == before
    assert entries() == log


def test_a_corrected_night_takes_back_what_it_resolved():
    account = make.account()
    raised([row(account)])
    raised([], days=1)
    raised([row(account)], days=1)
    alert = Alert.objects.get()
    assert (alert.state, alert.raised_on, alert.resolved_on) == ("open", MONDAY, None)
    assert [verb for verb, _actor, _account in entries()] == ["raised", "resolved", "reopened"]


def test_taken_back_means_acknowledged_if_it_was():
    account = make.account()
    raised([row(account)])
    move(Alert.objects.get(), ALERT, "acknowledge", by=make.user())
    raised([], days=1)
    raised([row(account)], days=1)
    assert Alert.objects.get().state == "acknowledged"


def test_a_past_night_again_leaves_later_findings_alone():
    account = make.account()
    raised([row(account, "gone"), row(account, "stays")])
    raised([row(account, "stays", at_stake=Decimal("99.00"))], days=1)
    before = table()
    raised([row(account, "gone"), row(account, "stays")])
    assert table() == before
    raised([])
    assert table() == before


def test_a_past_night_may_date_an_alert_back():
    account = make.account()
    raised([row(account)], days=1)
    raised([row(account)])
    assert Alert.objects.get().seen_on == MONDAY + timedelta(1)


def test_an_acknowledged_alert_stays_acknowledged_while_it_is_seen():
    account = make.account()
    raised([row(account)])
    move(Alert.objects.get(), ALERT, "acknowledge", by=make.user())
    raised([row(account, at_stake=Decimal("11.00"))], days=1)
    alert = Alert.objects.get()
    assert (alert.state, alert.at_stake) == ("acknowledged", Decimal("11.00"))


def test_shards_do_not_touch_each_other():
    accounts = [make.account() for _ in range(4)]
    for shard in (0, 1):
        raised([row(a) for a in accounts if a.pk % 2 == shard], shard=shard, shards=2)
    raised([], days=1, shard=0, shards=2)
    states = {a.account_id % 2: a.state for a in Alert.objects.all()}
    assert states == {0: "resolved", 1: "open"}


def test_a_row_of_another_shard_is_refused():
    account = make.account()
    with pytest.raises(ValueError, match="another shard"):
        raised([row(account)], shard=(account.pk + 1) % 2, shards=2)


def test_the_same_fingerprint_twice_is_refused():
    account = make.account()
    with pytest.raises(ValueError, match="same fingerprint"):
        raised([row(account), row(account)])


def test_raising_and_resolving_stand_in_the_audit_log():
    account = make.account()
    raised([row(account, shown_to=DataClass.TERMS)])
    raised([], days=1)
    assert entries() == [("raised", None, account.pk), ("resolved", None, account.pk)]
    assert set(Entry.objects.values_list("data_class", "source")) == {("terms", "job")}


@pytest.mark.parametrize("n", [1, 3])
def test_a_night_costs_the_same_for_any_number_of_rows(n, django_assert_num_queries):
    rows = [row(make.account()) for _ in range(n)]
    with django_assert_num_queries(7):  # savepoint, reopen, raise, resolve, read, log, release
        raised(rows)


def test_resolved_by_hand_is_not_raised_again_by_the_same_night():
    account = make.account()
    raised([row(account)])
    closed = move(Alert.objects.get(), ALERT, "resolve", by=make.user(), note="agreed by phone")
    raised([row(account)])
    assert [a.state for a in Alert.objects.all()] == ["resolved"]
    later = (closed.resolved_on - MONDAY).days + 1
    raised([row(account)], days=later)
    assert sorted(a.state for a in Alert.objects.all()) == ["open", "resolved"]


def test_resolving_by_hand_needs_a_reason():
    alert = make.alert(make.account())
    with pytest.raises(Conflict, match="Say why"):
        move(alert, ALERT, "resolve", by=make.user())
    assert Alert.objects.get().state == "open"


MAY = {Role.ACCOUNT_MANAGER, Role.TEAM_LEAD, Role.DIRECTOR, Role.ANALYST, Role.FINANCE, Role.API_CLIENT}
SOURCES = {"acknowledge": {"open"}, "resolve": {"open", "acknowledged"}}


@pytest.mark.parametrize("name", ALERT)
@pytest.mark.parametrize("state", Alert.State.values)
@pytest.mark.parametrize("role", Role)
def test_every_state_and_move_and_role(name, state, role):
    day = MONDAY if state == "resolved" else None
    alert = make.alert(make.account(), state=state, resolved_on=day)
    expected = None if role in MAY else Denied
    expected = expected if state in SOURCES[name] else Conflict
    if expected:
        with pytest.raises(expected):
            move(alert, ALERT, name, by=make.user(role), note="why")
        assert (Alert.objects.get().state, Entry.objects.count()) == (state, 0)
    else:
        assert move(alert, ALERT, name, by=make.user(role), note="why").state == ALERT[name].target
