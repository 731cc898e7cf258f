"""People: invited, changed, deactivated and brought back by administrators; looked at by leaders and auditors."""

import threading
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from kam import people
from kam.errors import Conflict, Denied
from kam.models import ApiToken, Deputy, Entry, Mail, User
from kam.roles import Role
from kam.sessions import sessions_of
from tests import make

pytestmark = pytest.mark.django_db
NEW = {"name": "Nina New", "email": "nina@example.com", "role": "finance", "language": "de", "time_zone": "UTC"}


def page(name, *args):
    return reverse(f"administration:{name}", args=args)


def names(answer):
    return [p.name for p in answer.context["rows"]]


@pytest.fixture
def admin():
    return make.user(Role.ADMIN, name="Ada Admin")


@pytest.fixture
def at(client_of, admin):
    return client_of(admin)


# The list


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Ada Admin", "Ben Gone", "Cleo Client", "Dora Director", "Ivo Invited"]),
        ("q=dir", ["Dora Director"]),
        ("q=ben@", ["Ben Gone"]),
        ("role=director", ["Dora Director"]),
        ("state=invited", ["Ivo Invited"]),
        ("state=deactivated", ["Ben Gone"]),
        ("state=active", ["Ada Admin", "Cleo Client", "Dora Director"]),
        ("factor=true", []),
        ("sort=-name", ["Ivo Invited", "Dora Director", "Cleo Client", "Ben Gone", "Ada Admin"]),
        ("sort=role", ["Ben Gone", "Ada Admin", "Cleo Client", "Dora Director", "Ivo Invited"]),
    ],
)
def test_filters_and_sorting_stand_in_the_url(at, admin, query, expected):
    admin.set_password("a long enough one")
    admin.save()
    make.user(name="Ben Gone", email="ben@example.com", is_active=False)
    make.user(Role.API_CLIENT, name="Cleo Client")
    make.user(Role.DIRECTOR, name="Dora Director", password=make_password("x"))
    director = User.objects.get(name="Dora Director")
    User.objects.filter(pk=director.pk).update(password=make_password("x"))
    make.user(Role.FINANCE, name="Ivo Invited", invited_at=timezone.now())
    at.force_login(admin)
    assert names(at.get(f"{page('people')}?{query}")) == expected


def test_the_state_on_the_page_is_the_state_of_the_filter():
    moment = timezone.now()
    for past in (None, moment - timedelta(days=1), moment + timedelta(days=1)):
        for role in (Role.FIELD, Role.API_CLIENT):
            for active in (True, False):
                make.user(role, last_login=past, invited_at=moment, is_active=active)
    User.objects.filter(pk=make.user().pk).update(password=make_password("x"))
    assert [p.known_state for p in User.objects.with_state()] == [p.state for p in User.objects.with_state()]


def test_the_list_filters_by_team_with_those_below(at):
    team = make.team(make.user(name="Above"))
    make.team(make.user(name="Below"), parent=team)
    assert names(at.get(f"{page('people')}?team={team.pk}")) == ["Above", "Below"]


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_with_more_rows(at, rows, django_assert_max_num_queries):
    make.team(*(make.user() for _ in range(rows)))
    at.get(page("people"))
    with django_assert_max_num_queries(14):
        at.get(page("people"))


def test_leaders_look_at_the_people_of_their_own_teams_only(client_of, lead):
    mine = make.user(name="Mine")
    make.team(mine, parent=lead.team)
    foreign = make.user(name="Foreign")
    away = make.user(Role.TEAM_LEAD)
    make.team(away, make.user(name="Of whom I stand in for"))
    day = timezone.now().date()
    Deputy.objects.create(person=away, deputy=lead, starts=day, ends=day)
    client = client_of(lead)
    assert names(client.get(page("people"))) == ["Lea Lead", "Mine"]
    assert client.get(page("person", mine.pk)).status_code == 200
    assert client.get(page("person", foreign.pk)).status_code == 404
    assert client.get(page("person-edit", mine.pk)).status_code == 403


def test_everybody_sees_their_own_page_and_nobody_elses(client_of):
    mia, other = make.user(), make.user()
    client = client_of(mia)
    assert client.get(page("person", mia.pk)).status_code == 200
    assert client.get(page("person", other.pk)).status_code == 404
    assert client.get(page("people")).status_code == 403


# Inviting


def test_an_invitation_makes_a_person_without_password_and_mails_a_link(at):
    answer = at.post(page("person-invite"), NEW)
    nina = User.objects.get(email="nina@example.com")
    mail = Mail.objects.get(user=nina)
    assert (answer.status_code, answer["Location"]) == (302, page("person", nina.pk))
    assert (nina.role, nina.has_usable_password(), nina.state) == (Role.FINANCE, False, User.State.INVITED)
    assert (mail.kind, "link" in str(mail.params)) == ("invitation", False)  # sealed


def test_an_invitation_can_be_sent_again_until_they_have_come(at):
    at.post(page("person-invite"), NEW)
    nina = User.objects.get(email="nina@example.com")
    at.post(page("person-act", nina.pk, "invite"))
    assert Mail.objects.filter(user=nina, kind="invitation").count() == 2
    nina.set_password("a long enough one")
    nina.save()
    at.post(page("person-act", nina.pk, "invite"))
    assert Mail.objects.filter(user=nina, kind="invitation").count() == 2


def test_an_e_mail_that_is_known_is_told_at_its_field(at):
    make.user(email="Nina@Example.com")
    answer = at.post(page("person-invite"), NEW)
    assert (answer.status_code, "already in use" in answer.content.decode()) == (422, True)


def test_a_client_gets_no_mail_but_tokens_which_are_shown_once(at):
    at.post(page("person-invite"), NEW | {"role": "api_client"})
    client = User.objects.get(email="nina@example.com")
    made = at.post(page("token-create", client.pk), {"name": "ERP", "days": 90, "scopes": ["accounts:read"]})
    text = made.context["text"]
    token = ApiToken.objects.find(text)
    assert (Mail.objects.filter(user=client).count(), token.user) == (0, client)
    assert text not in at.get(page("person", client.pk)).content.decode()
    at.post(page("token-revoke", token.pk))
    assert ApiToken.objects.find(text) is None


def test_no_administrator_makes_a_token_in_a_persons_name(at):
    person = make.user(Role.DIRECTOR)
    body = {"name": "x", "days": 90, "scopes": ["accounts:read"]}
    assert at.post(page("token-create", person.pk), body).status_code == 403
    assert ApiToken.objects.count() == 0


# Changing


def form_of(user, **changes):
    fields = ("name", "email", "role", "language", "time_zone", "version")
    return {name: getattr(user, name) for name in fields} | changes


def test_a_change_is_kept_with_what_it_was(at, admin):
    mia = make.user(name="Mia")
    at.post(page("person-edit", mia.pk), form_of(mia, name="Mia Berger"))
    entry = Entry.objects.get(model="kam.user", object_id=mia.pk)
    assert (entry.actor, entry.before, entry.after) == (admin, {"name": "Mia"}, {"name": "Mia Berger"})


def test_a_stale_change_shows_mine_and_theirs(at):
    mia = make.user(name="Mia")
    at.post(page("person-edit", mia.pk), form_of(mia, name="Theirs"))
    answer = at.post(page("person-edit", mia.pk), form_of(mia, name="Mine"))
    assert (answer.status_code, User.objects.get(pk=mia.pk).name) == (409, "Theirs")
    assert [(row["mine"], row["theirs"]) for row in answer.context["differing"]] == [("Mine", "Theirs")]


@pytest.mark.parametrize("changes", [{"role": "field"}, {"email": "other@example.com"}])
def test_another_role_or_e_mail_ends_every_session(at, client_of, changes):
    mia = make.user()
    browser = client_of(mia)
    assert browser.get(page("person", mia.pk)).status_code == 200
    at.post(page("person-edit", mia.pk), form_of(mia, **changes))
    assert browser.get(page("person", mia.pk)).status_code == 302
    assert sessions_of(mia).count() == 0


def test_the_old_address_opens_nothing_any_more(at):
    mia = make.user()
    EmailAddress.objects.create(user=mia, email=mia.email, primary=True, verified=True)
    at.post(page("person-edit", mia.pk), form_of(mia, email="new@example.com"))
    assert EmailAddress.objects.filter(user=mia).count() == 0


def test_another_name_ends_no_session(at, client_of):
    mia = make.user()
    browser = client_of(mia)
    at.post(page("person-edit", mia.pk), form_of(mia, name="Mia"))
    assert browser.get(page("person", mia.pk)).status_code == 200


def test_nobody_changes_their_own_role(at, admin):
    make.user(Role.ADMIN)
    assert at.post(page("person-edit", admin.pk), form_of(admin, role="director")).status_code == 403
    assert User.objects.get(pk=admin.pk).role == Role.ADMIN


def test_the_last_administrator_stays_one(admin):
    other = make.user(Role.ADMIN)
    people.change_person(other, by=admin, version=other.version, role=Role.FIELD)
    other.refresh_from_db()
    with pytest.raises(Denied):
        people.change_person(admin, by=other, version=admin.version, role=Role.FIELD)


@pytest.mark.django_db(transaction=True)
def test_two_administrators_cannot_remove_each_other_at_once(admin):
    other = make.user(Role.ADMIN)
    start, outcomes = threading.Barrier(2), []

    def remove(target, by):
        start.wait()
        try:
            people.deactivate(target, by=by, reason="race")
            outcomes.append("done")
        except Conflict as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=remove, args=pair) for pair in ((admin, other), (other, admin))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["conflict", "done"]
    assert User.objects.filter(role=Role.ADMIN, is_active=True).count() == 1


@pytest.mark.parametrize(("old", "new"), [(Role.API_CLIENT, Role.FIELD), (Role.FIELD, Role.API_CLIENT)])
def test_people_and_clients_do_not_turn_into_each_other(at, old, new):
    user = make.user(old)
    assert at.post(page("person-edit", user.pk), form_of(user, role=new)).status_code == 422
    assert User.objects.get(pk=user.pk).role == old


# Deactivating and coming back


def test_deactivating_ends_sessions_tokens_and_the_password_at_once(at, client_of, api_of):
    mia = make.user()
    mia.set_password("a long enough one")
    mia.save()
    browser, api = client_of(mia), api_of(mia)
    at.post(page("person-act", mia.pk, "deactivate"), {"note": "Left", "version": mia.version})
    mia.refresh_from_db()
    assert (mia.is_active, mia.has_usable_password(), mia.state) == (False, False, User.State.DEACTIVATED)
    assert browser.get("/").status_code == 302
    assert api.get("/api/v1/accounts/").status_code == 401
    assert Entry.objects.get(model="kam.user", object_id=mia.pk, verb="deactivated").reason == "Left"


def test_who_comes_back_is_invited_and_gets_no_old_session_or_token_back(at, admin, client_of, api_of):
    mia = make.user()
    browser, api = client_of(mia), api_of(mia)
    people.deactivate(mia, by=admin, reason="Leave")
    at.post(page("person-act", mia.pk, "reactivate"))
    mia.refresh_from_db()
    assert (mia.is_active, mia.state, Mail.objects.get(user=mia).kind) == (True, User.State.INVITED, "invitation")
    assert (browser.get("/").status_code, api.get("/api/v1/accounts/").status_code) == (302, 401)


@pytest.mark.parametrize("note", ["", "  "])
def test_deactivating_needs_a_reason(at, note):
    mia = make.user()
    at.post(page("person-act", mia.pk, "deactivate"), {"note": note})
    assert User.objects.get(pk=mia.pk).is_active


def test_nobody_deactivates_themselves(at, admin):
    make.user(Role.ADMIN)
    assert at.post(page("person-act", admin.pk, "deactivate"), {"note": "x"}).status_code == 403
    assert User.objects.get(pk=admin.pk).is_active


def test_who_still_owns_accounts_or_writes_plans_is_not_deactivated(at, admin):
    mia = make.user(name="Mia")
    make.account(mia, owner=mia)
    make.plan(make.account(mia), author=mia)
    with pytest.raises(Conflict, match=r"Mia still has: Accounts they manage \(1\), Plans they are writing \(1\)"):
        people.deactivate(mia, by=admin, reason="Left")
    assert User.objects.get(pk=mia.pk).is_active


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ADMIN}))
def test_services_refuse_whoever_does_not_administer(role):
    by, mia = make.user(role), make.user()
    for act in (
        lambda: people.invite(by=by, **NEW),
        lambda: people.invite_again(mia, by=by),
        lambda: people.change_person(mia, by=by, version=1, role=Role.ADMIN),
        lambda: people.deactivate(mia, by=by, reason="x"),
        lambda: people.reactivate(mia, by=by),
        lambda: people.leave(mia, by=by, successors={}, reason="x"),
    ):
        with pytest.raises(Denied):
            act()


# Deputies on the page


def test_a_person_names_their_own_deputy_who_is_told(client_of):
    mia, dan, day = make.user(name="Mia"), make.user(name="Dan"), timezone.now().date()
    answer = client_of(mia).post(page("deputy-create", mia.pk), {"deputy": dan.pk, "starts": day, "ends": day})
    row = Deputy.objects.get()
    assert (answer.status_code, row.person, row.deputy) == (302, mia, dan)
    assert Mail.objects.get().user == dan
    assert "You stand in for <b>Mia</b> until" in client_of(dan).get("/").content.decode()


def test_roles_that_do_not_fit_are_refused(client_of):
    mia, fin, day = make.user(), make.user(Role.FINANCE), timezone.now().date()
    body = {"deputy": fin.pk, "starts": day, "ends": day}
    assert client_of(mia).post(page("deputy-create", mia.pk), body).status_code == 422
    assert Deputy.objects.count() == 0


def test_a_leader_names_deputies_of_their_people_and_of_nobody_else(client_of, lead):
    mine, dan, day = make.user(), make.user(), timezone.now().date()
    lead.team.memberships.create(user=mine)
    body = {"deputy": dan.pk, "starts": day, "ends": day}
    client = client_of(lead)
    assert client.post(page("deputy-create", mine.pk), body).status_code == 302
    assert client.post(page("deputy-create", dan.pk), body).status_code == 404


def test_ending_early_keeps_the_past_and_ends_the_sight(client_of):
    mia, dan, day = make.user(), make.user(), timezone.now().date()
    account = make.account(mia)
    row = Deputy.objects.create(person=mia, deputy=dan, starts=day - timedelta(days=3), ends=day + timedelta(days=3))
    coming = Deputy.objects.create(person=mia, deputy=dan, starts=day + timedelta(days=9), ends=day + timedelta(days=9))
    client = client_of(mia)
    for one in (row, coming):
        client.post(page("deputy-end", one.pk))
    row.refresh_from_db()
    assert (row.ends, Deputy.objects.count()) == (day - timedelta(days=1), 1)
    assert client_of(dan).get(account.get_absolute_url()).status_code == 404


# The log


def test_administrators_read_what_is_about_people_and_teams_only(at, admin, client_of):
    mia = make.user()
    people.change_person(mia, by=admin, version=1, name="Mia")
    about_account = Entry.objects.create(
        verb="changed", model="accounts.account", object_id="1", label="Secret", source="job"
    )
    assert [e.label for e in at.get(page("audit")).context["rows"]] == ["Mia"]
    assert at.get(page("entry", about_account.pk)).status_code == 404
    auditor = client_of(make.user(Role.AUDITOR))
    assert [e.label for e in auditor.get(page("audit")).context["rows"]] == ["Secret", "Mia"]


def test_an_entry_shows_field_by_field_what_was_before_and_after(at, admin):
    mia = make.user(name="Old")
    people.change_person(mia, by=admin, version=1, name="New")
    entry = Entry.objects.get(verb="changed")
    assert at.get(page("entry", entry.pk)).context["rows"] == [("Name", "Old", "New")]


@pytest.mark.parametrize(
    ("query", "found"),
    [("model=kam.user", 1), ("model=accounts.team", 0), ("verb=changed", 1), ("verb=removed", 0), ("q=mi", 1),
     ("since=2000-01-01", 1), ("since=2999-01-01", 0), ("until=2000-01-01", 0), ("source=job", 1)],
)  # fmt: skip
def test_the_log_is_filtered(at, admin, query, found):
    people.change_person(make.user(), by=admin, version=1, name="Mia")
    assert len(at.get(f"{page('audit')}?{query}").context["rows"]) == found


def test_the_log_leaves_as_csv_without_formulas(at, admin):
    people.change_person(make.user(), by=admin, version=1, name="=1+1")
    text = b"".join(at.get(f"{page('audit')}?format=csv").streaming_content).decode()
    assert ("'=1+1" in text, "Before" in text.splitlines()[0]) == (True, True)
