"""People, teams and deputies over the API: the pages' services behind `admin:write`."""

import pytest
from django.utils import timezone

from accounts.models import Team
from kam.models import Deputy, Mail, User
from kam.roles import Role
from tests import make

pytestmark = pytest.mark.django_db
URL = "/api/v1/"
NEW = {"name": "Nina New", "email": "nina@example.com", "role": "finance"}


@pytest.fixture
def admin():
    return make.user(Role.ADMIN)


@pytest.fixture
def api(api_of, admin):
    return api_of(admin)


def url(noun, *parts):
    return f"{URL}{noun}/" + "".join(f"{part}/" for part in parts)


def tag(row):
    return {"HTTP_IF_MATCH": f'"{row.version}"'}


def test_colleagues_are_known_by_name_and_role_only(api_of, api):
    mia = make.user()
    everybody = api_of(make.user()).get(url("users", mia.pk)).json()
    everything = api.get(url("users", mia.pk)).json()
    assert everybody == {"id": mia.pk, "name": mia.name, "role": "account_manager"}
    assert (everything["email"], everything["state"]) == (mia.email, "invited")


def test_who_has_left_is_known_to_who_administers(api_of, api):
    gone = make.user(is_active=False)
    assert api_of(make.user()).get(url("users", gone.pk)).status_code == 404
    assert api.get(url("users", gone.pk)).json()["state"] == "deactivated"


def test_inviting_changing_and_deactivating(api):
    made = api.post(url("users"), NEW)
    nina = User.objects.get(pk=made.json()["id"])
    assert (made.status_code, Mail.objects.get(user=nina).kind) == (201, "invitation")
    changed = api.patch(url("users", nina.pk), {"role": "analyst"}, **tag(nina))
    assert (changed.status_code, changed.json()["role"]) == (200, "analyst")
    nina.refresh_from_db()
    assert api.post(url("users", nina.pk, "invite")).status_code == 200
    assert api.post(url("users", nina.pk, "deactivate"), {"reason": "Left"}).status_code == 428
    gone = api.post(url("users", nina.pk, "deactivate"), {"reason": "Left"}, **tag(nina))
    assert (gone.status_code, gone.json()["state"]) == (200, "deactivated")
    nina.refresh_from_db()
    back = api.post(url("users", nina.pk, "reactivate"), {"reason": "Back"}, **tag(nina))
    assert (back.status_code, back.json()["state"]) == (200, "invited")


def test_a_stale_change_is_412(api):
    mia = make.user()
    api.patch(url("users", mia.pk), {"name": "One"}, **tag(mia))
    assert api.patch(url("users", mia.pk), {"name": "Two"}, **tag(mia)).status_code == 412


def test_handing_over(api):
    mia, dan = make.user(), make.user()
    make.account(mia, owner=mia)
    assert api.get(url("users", mia.pk, "things")).json()["things"]["accounts"] == 1
    body = {"reason": "Left", "successors": {"accounts": dan.pk}, "seen": {"accounts": 1, "memberships": 1}}
    answer = api.post(url("users", mia.pk, "hand-over"), body | {"and_deactivate": True})
    assert (answer.status_code, answer.json()) == (200, {"things": {"accounts": 1}})
    assert not User.objects.get(pk=mia.pk).is_active


@pytest.mark.parametrize("successors", [{"nothing": 1}, {"accounts": 0}, {"accounts": "x"}, []])
def test_unknown_kinds_and_people_are_400(api, successors):
    mia = make.user()
    answer = api.post(url("users", mia.pk, "hand-over"), {"reason": "x", "successors": successors}, format="json")
    assert answer.status_code == 400


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ADMIN}))
def test_nobody_else_may(api_of, role):
    client, mia, team = api_of(make.user(role)), make.user(), make.team()
    calls = [
        client.post(url("users"), NEW),
        client.patch(url("users", mia.pk), {"role": "admin"}, **tag(mia)),
        client.post(url("users", mia.pk, "deactivate"), {"reason": "x"}, **tag(mia)),
        client.post(url("users", mia.pk, "invite")),
        client.post(url("users", mia.pk, "hand-over"), {"reason": "x", "successors": {}}),
        client.get(url("users", mia.pk, "things")),
        client.post(url("teams"), {"name": "x"}),
        client.post(url("team-memberships"), {"team": team.pk, "user": mia.pk}),
    ]
    assert [c.status_code for c in calls] == [403] * len(calls)


def test_writing_needs_the_scope_of_administration(api_of, admin):
    mia = make.user()
    client = api_of(admin, ["accounts:read", "accounts:write"])
    assert client.get(url("users")).status_code == 200
    assert client.patch(url("users", mia.pk), {"name": "x"}, **tag(mia)).status_code == 403


def test_teams_are_made_changed_and_deleted(api):
    made = api.post(url("teams"), {"name": "North", "scope": "countries_in", "countries": ["DK"]}).json()
    team = Team.objects.get(pk=made["id"])
    assert made["scope_in_words"] == "All accounts in DK"
    joined = api.post(url("team-memberships"), {"team": team.pk, "user": make.user().pk})
    assert api.delete(url("teams", team.pk), **tag(team)).status_code == 409
    assert api.delete(url("team-memberships", joined.json()["id"])).status_code in (204, 428)
    team.memberships.all().delete()
    assert api.delete(url("teams", team.pk), **tag(team)).status_code == 204


def test_deputies_are_named_for_oneself_and_by_who_leads(api_of):
    mia, dan, lead = make.user(), make.user(), make.user(Role.TEAM_LEAD)
    make.team(lead, mia)
    day = timezone.now().date().isoformat()
    body = {"person": mia.pk, "deputy": dan.pk, "starts": day, "ends": day}
    made = [api_of(who).post(url("deputies"), body | extra).status_code for who, extra in (
        (dan, {}), (mia, {}), (lead, {"deputy": lead.pk}), (lead, {"person": dan.pk, "deputy": lead.pk}),
    )]  # fmt: skip
    assert made == [403, 201, 201, 403]
    row = Deputy.objects.get(deputy=dan)
    assert api_of(dan).patch(url("deputies", row.pk), {"reason": "x"}, **tag(row)).status_code == 403
    assert api_of(make.user()).get(url("deputies", row.pk)).status_code == 404
    assert api_of(mia).delete(url("deputies", row.pk), **tag(row)).status_code == 204


@pytest.mark.parametrize("noun", ["users", "teams", "team-memberships", "deputies"])
@pytest.mark.parametrize("rows", [1, 3])
def test_a_list_costs_the_same_with_more_rows(api, noun, rows, django_assert_max_num_queries):
    day = timezone.now().date()
    for _ in range(rows):
        person = make.user()
        make.team(person)
        Deputy.objects.create(person=person, deputy=make.user(), starts=day, ends=day)
    api.get(url(noun))
    with django_assert_max_num_queries(4):
        api.get(url(noun))
