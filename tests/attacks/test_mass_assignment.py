"""No request sets what only the application sets: generated from the serializers and the models."""

import pytest
from django.db import transaction
from django.urls import reverse

from kam.models import SavedView, User
from kam.roles import Role
from kam.urls import router
from plans.models import Plan
from tests import make, policy, world
from tests.clients import Api

pytestmark = pytest.mark.django_db
EDITABLE = {basename: viewset for _p, viewset, basename in router.registry if "patch" in viewset.http_method_names}
EDITABLE = {name: viewset for name, viewset in EDITABLE.items() if hasattr(viewset, "partial_update")}
NEVER = ("id", "pk", "state", "version", "author", "created_at", "updated_at", "lineage", "sort_name", "is_active")
NEVER += ("owner_id", "account_id", "plan_id", "signature", "actual", "as_of", "submitted_at", "revision", "comment")


@pytest.fixture(scope="module")
def here(django_db_setup, django_db_blocker):
    """One world for all tests of this file, in a transaction that is rolled back; each test undoes what it did."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield world.build()
        transaction.set_rollback(True)


def client_of(here, role):
    client = Api()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {here.tokens[role]}")
    return client


def row_of(here, noun):
    """A row that its writer may change."""
    if noun == "savedview":
        return SavedView.objects.create(user=here.people[Role.TEAM_LEAD], page="accounts:list", name="Mine")
    return getattr(here, noun) if noun in policy.SHARED else getattr(here.own, noun)


def writer_of(noun):
    """The first of these roles that changes such rows; of what is one's own, its owner."""
    may = {Role.TEAM_LEAD} if noun in policy.OWN else policy.WRITES[noun]["change"]
    asked = (Role.TEAM_LEAD, Role.ADMIN, Role.ACCOUNT_MANAGER, Role.DIRECTOR)
    return next(role for role in asked if role in may)


@pytest.mark.parametrize("name", sorted(EDITABLE))
def test_a_protected_field_is_refused_by_name(here, name):
    """Every column of the model that is not writable, and some more, in PATCH and POST: 400 that names it."""
    viewset = EDITABLE[name]
    model = viewset.queryset.model
    noun = model._meta.model_name
    row, role = row_of(here, noun), writer_of(noun)
    fields = viewset.serializer_class().fields
    columns = {field.name for field in model._meta.concrete_fields} | {f.attname for f in model._meta.concrete_fields}
    writable = {n for n, field in fields.items() if not field.read_only}
    columns = {*columns, *NEVER} - writable
    before = model.objects.filter(pk=row.pk).values().get()
    forged = {column: v if isinstance(v := before.get(column), int | str) else 1 for column in columns}
    client = client_of(here, role)
    tag = f'"{row.version}"'
    for answer in (
        client.patch(reverse(f"{name}-detail", args=[row.pk]), forged, HTTP_IF_MATCH=tag),
        client.post(reverse(f"{name}-list"), forged),
    ):
        assert (answer.status_code, set(answer.json()["errors"])) == (400, columns)
    assert model.objects.filter(pk=row.pk).values().get() == before


def test_an_account_is_not_opened_in_a_state_of_its_own_by_the_members(here):
    """Who looks after an account, and where it stands, is not for its account manager to decide, through no door."""
    manager = here.people[Role.ACCOUNT_MANAGER]
    account = here.own.account
    client = client_of(here, Role.ACCOUNT_MANAGER)
    for fields in ({"owner": manager.pk}, {"parent": None}, {"team": None}):
        tag = f'"{account.version}"'
        answer = client.patch(reverse("api-accounts-detail", args=[account.pk]), fields, HTTP_IF_MATCH=tag)
        assert answer.status_code in (400, 403), fields
    pages = Api()
    pages.force_login(manager)
    form = {"name": "Own", "code": "OWN", "kind": "retailer", "direction": "sell_to", "state": "active"}
    form |= {"country": "DE", "currency": "EUR", "version": account.version, "languages": ""}
    forged = {"owner": manager.pk, "team": "", "parent": "", "lineage": "{1}", "is_staff": "1", "id": 1}
    answer = pages.post(reverse("accounts:update", args=[account.pk]), form | forged, format="multipart")
    assert answer.status_code == 302
    now = type(account).objects.get(pk=account.pk)
    assert (now.owner, now.team, now.parent, now.lineage) == (None, account.team, account.parent, account.lineage)


def test_a_plan_form_sets_words_and_nothing_else(here):
    lead = here.people[Role.TEAM_LEAD]
    plan = make.full_plan(here.own.account, year=2031)
    client = Api()
    client.force_login(lead)
    forged = {"state": "signed", "author": lead.pk, "account": here.foreign.account.pk, "revision": 9, "year": 2040}
    form = {"where_we_stand": "New", "what_they_want": "", "white_space": "", "version": plan.version}
    answer = client.post(reverse("plans:edit", args=[plan.pk]), form | forged, format="multipart")
    now = Plan.objects.get(pk=plan.pk)
    assert (answer.status_code, now.where_we_stand) == (302, "New")
    assert (now.state, now.author, now.account, now.revision, now.year) == (
        "draft",
        plan.author,
        plan.account,
        1,
        2031,
    )


def test_nobody_changes_their_role_or_rights(here):
    """Nor those of others, but administrators; they give themselves none, neither by their own nor by a new name."""
    for role in Role:
        person = here.people[role]
        url, tag = reverse("api-users-detail", args=[person.pk]), f'"{person.version}"'
        answer = client_of(here, role).patch(url, {"role": "director"}, HTTP_IF_MATCH=tag)
        assert (answer.status_code, User.objects.get(pk=person.pk).role) == (403, role)
        other = here.people[Role.FIELD if role != Role.FIELD else Role.FINANCE]
        url, tag = reverse("api-users-detail", args=[other.pk]), f'"{other.version}"'
        answer = client_of(here, role).patch(url, {"is_active": False}, HTTP_IF_MATCH=tag)
        assert answer.status_code == (400 if role == Role.ADMIN else 403)
    session = Api()
    session.force_login(here.people[Role.FIELD])
    session.post(reverse("set_language"), {"language": "de", "role": "admin", "is_active": "", "next": "/"})
    assert User.objects.get(pk=here.people[Role.FIELD].pk).role == Role.FIELD
