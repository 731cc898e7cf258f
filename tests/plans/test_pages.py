"""The pages of plans: what they show, whom they refuse, what they cost."""

from datetime import UTC, datetime
from decimal import Decimal as D

import pytest
from django.urls import reverse

from kam.roles import Role
from kam.templatetags.formats import NBSP
from plans import services, signing
from plans.models import Goal, Initiative, Plan, PlanMeasure, Signature
from tests import make
from tests.make import PASSWORD

pytestmark = pytest.mark.django_db

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def account():
    return make.account(name="Halvorn Sport AG", team=make.team())


@pytest.fixture
def as_(client):
    """A function that signs a person in and returns the client."""

    def login(user):
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return login


def submitted(plan):
    Plan.objects.filter(pk=plan.pk).update(state="submitted", submitted_at=datetime(2026, 11, 16, tzinfo=UTC))
    plan.refresh_from_db()
    return plan


def text_of(response):
    return response.content.decode()


def test_the_list_shows_the_latest_revisions_the_reader_sees(as_, plan):
    make.plan(plan.account, revision=2, author=plan.author)
    make.plan(make.account(name="Foreign"))
    text = text_of(as_(plan.author).get(reverse("plans:list")))
    assert ("Plan 2026 v2" in text, "Plan 2026 v1" in text, "Foreign" in text) == (True, False, False)


@pytest.mark.parametrize(
    ("query", "found"),
    [("state=draft", 1), ("state=signed", 0), ("year=2026", 1), ("q=halv", 1), ("q=x", 0), ("waiting=true", 0)],
)
def test_the_list_is_filtered_by_its_address(as_, plan, query, found):
    response = as_(plan.author).get(f"{reverse('plans:list')}?{query}")
    assert (response.status_code, len(response.context["rows"])) == (200, found)


@pytest.mark.parametrize("sort", ["account", "-account", "year", "-year", "state", "-state", "submitted", "-submitted"])
def test_the_list_is_sorted_by_its_address(as_, plan, sort):
    assert as_(plan.author).get(f"{reverse('plans:list')}?sort={sort}").status_code == 200


def test_what_waits_for_a_director_is_what_they_may_sign(as_, plan, director):
    submitted(plan)
    own = make.plan(make.account(team=plan.account.team), author=director, state="submitted")
    response = as_(director).get(f"{reverse('plans:list')}?waiting=true")
    assert [row.pk for row in response.context["rows"]] == [plan.pk]
    assert own.pk != plan.pk


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_with_more_rows(as_, rows, django_assert_max_num_queries):
    author = make.user()
    for _row in range(rows):
        make.full_plan(make.account(), author=author)
    client = as_(author)
    with django_assert_max_num_queries(15):
        assert len(client.get(reverse("plans:list")).context["rows"]) == rows


def test_the_page_of_a_plan_shows_figures_in_their_unit(as_, plan):
    PlanMeasure.objects.filter(measure="otif").update(actual="0.931", as_of="2026-11-21", base="0.92")
    text = text_of(as_(plan.author).get(plan.get_absolute_url()))
    assert all(shown in text for shown in ("Share of running rose.", "95.0", "93.1", "92.0", "8 of 8 checks pass"))


def test_a_move_that_is_not_possible_says_why(as_, plan):
    plan.goals.first().initiatives.update(due_on=None)
    text = text_of(as_(plan.author).get(plan.get_absolute_url()))
    assert "No due date: initiative 1.1." in text
    assert "disabled aria-describedby" in text


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("page", ["detail", "signoff"])
def test_a_plan_costs_the_same_with_more_rows(as_, account, director, rows, page, django_assert_max_num_queries):
    plan = make.full_plan(account)
    for _more in range(rows):
        goal = make.goal(plan)
        make.initiative(goal, owner=make.user())
        make.plan_measure(goal, weight=0)
    client = as_(director)
    submitted(plan)
    with django_assert_max_num_queries(26):
        assert client.get(reverse(f"plans:{page}", args=[plan.pk])).status_code == 200


def test_a_stranger_finds_nothing(as_, plan):
    client = as_(make.user())
    goal = plan.goals.first()
    for name, pk in (("detail", plan.pk), ("edit", plan.pk), ("signoff", plan.pk)):
        assert client.get(reverse(f"plans:{name}", args=[pk])).status_code == 404
    for name in ("goal-edit", "initiative-create", "measure-create"):
        assert client.get(reverse(f"plans:{name}", args=[goal.pk])).status_code == 404
        assert client.post(reverse(f"plans:{name}", args=[goal.pk]), {"title": "x"}).status_code == 404
    assert Goal.objects.count() == 2


def test_an_auditor_reads_and_changes_nothing(as_, plan):
    client = as_(make.user(Role.AUDITOR))
    assert client.get(plan.get_absolute_url()).status_code == 200
    assert client.get(reverse("plans:edit", args=[plan.pk])).status_code == 403
    goal = plan.goals.first()
    assert client.post(reverse("plans:goal-remove", args=[goal.pk]), {"version": 1}).status_code == 403
    assert client.post(reverse("plans:move", args=[plan.pk, "submit"])).status_code == 403
    assert client.post(reverse("plans:revise", args=[plan.pk])).status_code == 403
    assert Goal.objects.count() == 2


def test_a_plan_is_started_for_a_visible_account_only(as_, account):
    author = make.user()
    account.memberships.create(user=author)
    foreign = make.account()
    client = as_(author)
    given = {"account": account.pk, "year": 2027, "where_we_stand": "Well."}
    assert client.post(reverse("plans:create"), given | {"account": foreign.pk}).status_code == 422
    response = client.post(reverse("plans:create"), given)
    plan = Plan.objects.get()
    assert (response.url, plan.author, plan.where_we_stand) == (plan.get_absolute_url(), author, "Well.")
    assert client.post(reverse("plans:create"), given).status_code == 422


def test_the_words_are_edited_with_their_version(as_, plan):
    client, url = as_(plan.author), reverse("plans:edit", args=[plan.pk])
    given = {"version": 1, "where_we_stand": "Better.", "what_they_want": "", "white_space": ""}
    assert client.post(url, given).status_code == 302
    stale = client.post(url, given | {"where_we_stand": "Worse."})
    assert (stale.status_code, "Better." in text_of(stale)) == (409, True)
    plan.refresh_from_db()
    assert (plan.where_we_stand, plan.version) == ("Better.", 2)


def test_a_signed_plan_offers_no_form(as_, plan):
    Plan.objects.filter(pk=plan.pk).update(state="signed")
    client = as_(plan.author)
    for url in (reverse("plans:edit", args=[plan.pk]), reverse("plans:goal-edit", args=[plan.goals.first().pk])):
        assert client.get(url).url == plan.get_absolute_url()


def test_rows_are_added_changed_and_removed_on_pages(as_, plan):
    client = as_(plan.author)
    assert client.get(reverse("plans:goal-create", args=[plan.pk])).status_code == 200
    client.post(reverse("plans:goal-create", args=[plan.pk]), {"title": "Hold margin"})
    goal = Goal.objects.get(title="Hold margin")
    client.post(
        reverse("plans:initiative-create", args=[goal.pk]),
        {"title": "Price increase", "owner": plan.author.pk, "due_on": "2026-03-01", "budget": "95000"},
    )
    work = Initiative.objects.get(title="Price increase")
    assert (work.goal, work.budget, goal.position) == (goal, D(95000), 3)
    client.post(reverse("plans:initiative-remove", args=[work.pk]), {"version": 1})
    client.post(reverse("plans:goal-edit", args=[goal.pk]), {"title": "Hold net margin", "position": 1, "version": 1})
    goal.refresh_from_db()
    assert (goal.title, goal.version, goal.initiatives.count()) == ("Hold net margin", 2, 0)


def test_rates_are_typed_in_percent(as_, plan):
    client, row = as_(plan.author), PlanMeasure.objects.get(measure="otif")
    url = reverse("plans:measure-edit", args=[row.pk])
    assert 'value="95"' in text_of(client.get(url))
    given = {"measure": "otif", "base": "93.1", "target": "95.55", "weight": "50", "version": 1}
    assert client.post(url, given).status_code == 302
    row.refresh_from_db()
    assert (row.base, row.target) == (D("0.931"), D("0.9555"))
    assert client.post(url, given | {"target": "95.555", "version": 2}).status_code == 422


def test_in_the_grid_a_form_comes_and_goes_as_a_fragment(as_, plan):
    client, goal = as_(plan.author), plan.goals.first()
    url = reverse("plans:goal-edit", args=[goal.pk])
    row = client.get(url, **HTMX)
    assert text_of(row).startswith('<tr class="k-detail">')
    saved = client.post(url, {"title": "Grow more", "position": 1, "version": 1}, **HTMX)
    assert (saved.headers["HX-Retarget"], "Grow more" in text_of(saved)) == ("#plan-middle", True)
    wrong = client.post(url, {"title": "", "position": 1, "version": 2}, **HTMX)
    assert (wrong.status_code, wrong.headers["HX-Retarget"]) == (422, "closest tr")
    stale = client.post(url, {"title": "Mine", "position": 1, "version": 1}, **HTMX)
    assert (stale.status_code, "Grow more" in text_of(stale)) == (409, True)


def test_a_plan_is_submitted_withdrawn_and_returned_by_buttons(as_, plan, director):
    client = as_(plan.author)
    client.post(reverse("plans:move", args=[plan.pk, "submit"]), {"version": 1})
    client.post(reverse("plans:move", args=[plan.pk, "withdraw"]), {"version": 2})
    client.post(reverse("plans:move", args=[plan.pk, "submit"]), {"version": 3})
    as_(director).post(reverse("plans:move", args=[plan.pk, "return"]), {"version": 4, "note": "Why 3,200?"})
    plan.refresh_from_db()
    assert (plan.state, plan.comment, plan.version) == ("returned", "Why 3,200?", 5)


def test_the_general_move_does_not_sign(as_, plan, director):
    submitted(plan)
    assert as_(director).post(reverse("plans:move", args=[plan.pk, "sign"]), {"version": 1}).status_code == 404
    assert Signature.objects.count() == 0


def seen(plan, **kw):
    return {"version": plan.version, "seen_hash": signing.content(plan).content_hash, "password": PASSWORD} | kw


def test_a_director_signs_on_the_signoff_page(as_, plan, director):
    submitted(plan)
    client, url = as_(director), reverse("plans:signoff", args=[plan.pk])
    text = text_of(client.get(url))
    assert all(shown in text for shown in ("you are not the author", "Sign v1", 'type="password"'))
    response = client.post(url, seen(plan, note="Good."))
    signature = Signature.objects.get()
    assert (response.url, signature.comment) == (reverse("plans:signed", args=[signature.pk]), "Good.")
    shown = text_of(client.get(response.url))
    assert all(part in shown for part in (signature.content_hash[:32], "Good.", "match the hash", director.name))
    assert client.get(url).url == response.url


def test_a_wrong_password_is_an_error_at_its_field(as_, plan, director):
    submitted(plan)
    for given in ({"password": "guess"}, {"password": ""}):
        response = as_(director).post(reverse("plans:signoff", args=[plan.pk]), seen(plan, **given))
        assert (response.status_code, list(response.context["form"].errors)) == (422, ["password"])
    assert (Signature.objects.count(), Plan.objects.get().state) == (0, "submitted")


def test_passwords_are_not_guessed_for_long(as_, plan, director):
    submitted(plan)
    client, url = as_(director), reverse("plans:signoff", args=[plan.pk])
    for _attempt in range(10):
        client.post(url, seen(plan, password="guess"))
    response = client.post(url, seen(plan))
    assert (response.status_code, Signature.objects.count()) == (422, 0)
    assert "Too many attempts" in text_of(response)


def test_a_password_serves_for_five_minutes(as_, plan, director):
    other = make.full_plan(make.account(team=plan.account.team))
    client = as_(director)
    for row, password in ((submitted(plan), PASSWORD), (submitted(other), "")):
        client.post(reverse("plans:signoff", args=[row.pk]), seen(row, password=password))
    assert Signature.objects.count() == 2


def test_what_changed_since_it_was_seen_is_shown_and_not_signed(as_, plan, director):
    submitted(plan)
    given = seen(plan, note="Fine.")
    PlanMeasure.objects.filter(measure="otif").update(actual="0.5")
    response = as_(director).post(reverse("plans:signoff", args=[plan.pk]), given)
    assert (response.status_code, Signature.objects.count()) == (409, 0)
    text = text_of(response)
    assert all(part in text for part in ("Not signed.", "Fine.", signing.content(plan).content_hash))


def test_the_author_and_others_see_the_difference_and_cannot_sign(as_, account, director_of):
    author = director_of(account)
    plan = make.full_plan(account, author=author, state="submitted")
    client, url = as_(author), reverse("plans:signoff", args=[plan.pk])
    assert "you are the author" in text_of(client.get(url))
    assert client.post(url, seen(plan)).status_code == 403
    assert Signature.objects.count() == 0


def test_the_difference_to_the_signed_revision(as_, plan, director):
    submitted(plan)
    services.sign(plan, by=director, password=PASSWORD)
    draft = services.new_revision(plan, by=plan.author)
    services.change_plan(draft, by=plan.author, version=1, where_we_stand="Share of trail rose.")
    for code, target in (("sell_in", "1250"), ("otif", "0.953")):
        row = PlanMeasure.objects.get(goal__plan=draft, measure=code)
        services.change_measure(row, by=plan.author, version=1, target=D(target))
    submitted(draft)
    client, url = as_(director), reverse("plans:signoff", args=[draft.pk])
    text = text_of(client.get(url))
    assert all(part in text for part in ("+250", "+25.0", "±5", "<del>running</del>", "<ins>trail</ins>"))
    assert [t.code for t in client.get(url).context["targets"]] == ["sell_in"]
    assert [t.code for t in client.get(f"{url}?show=all").context["targets"]] == ["sell_in", "otif"]
    assert "Full plan" in text_of(client.get(f"{url}?show=full"))


def test_a_tampered_signature_is_named(as_, plan):
    Plan.objects.filter(pk=plan.pk).update(state="signed")
    signature = Signature.objects.create(
        plan=plan, signer=make.user(Role.DIRECTOR), snapshot=signing.snapshot_of(plan), content_hash="0" * 64
    )
    text = text_of(as_(plan.author).get(signature.get_absolute_url()))
    assert as_(make.user()).get(signature.get_absolute_url()).status_code == 404
    assert "This copy does not match its hash." in text


def test_a_new_revision_is_started_from_the_signed_plan(as_, plan):
    Plan.objects.filter(pk=plan.pk).update(state="signed")
    response = as_(plan.author).post(reverse("plans:revise", args=[plan.pk]))
    draft = Plan.objects.get(revision=2)
    assert (response.url, draft.goals.count()) == (draft.get_absolute_url(), 2)


def test_panels_show_progress_and_what_waits(rf, plan, director):
    from plans import panels  # noqa: PLC0415 (registers panels when first imported)

    request = rf.get("/")
    request.user = plan.author
    shown = panels.progress(request, plan.account)
    assert (shown["plan"], panels.waiting(request)) == (plan, None)
    texts = [figure.progress.replace(NBSP, " ") for figure in shown["figures"]]
    assert texts == ["– of 1 € k", "– of 95.0 %"]
    request.user = director
    submitted(plan)
    waiting = panels.waiting(request)
    assert (list(waiting["plans"]), waiting["total"]) == ([plan], 1)
    request.user = make.user()
    assert panels.progress(request, plan.account) is None


def test_asking_for_changes_without_a_reason_comes_back_to_the_signoff(as_, plan, director):
    submitted(plan)
    url = reverse("plans:signoff", args=[plan.pk])
    response = as_(director).post(reverse("plans:move", args=[plan.pk, "return"]), {"version": 1, "next": url})
    assert (response.url, Plan.objects.get().state) == (url, "submitted")
