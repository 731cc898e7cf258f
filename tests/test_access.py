"""Every route × method × role × own and foreign row: what is not allowed answers so, and changes nothing."""

from itertools import product

import pytest
from django.db import connection, transaction
from django.urls import reverse

from kam.roles import Role
from kam.urls import router
from tests import policy, world
from tests.clients import Api

pytestmark = pytest.mark.usefixtures("here")
# Two nouns of one model: the whole log, and the part of it that concerns the caller's accounts.
NOUNS = {"ChangeViewSet": "change"}


def noun_of(viewset):
    return NOUNS.get(viewset.__name__, viewset.queryset.model._meta.model_name)


VIEWSETS = {name: viewset for _prefix, viewset, name in router.registry if noun_of(viewset) not in policy.OWN}


def aliases(found, noun):
    return getattr(found, {"importbatch": "batch"}.get(noun, noun))


@pytest.fixture(scope="module")
def here(django_db_setup, django_db_blocker):
    """One world for all tests of this file, in a transaction that is rolled back: none of them may change it."""
    with django_db_blocker.unblock(), transaction.atomic():
        found = world.build()
        found.signed_in = {}
        yield found
        transaction.set_rollback(True)


def rows_written():
    """Rows inserted, updated or deleted in this transaction, rolled-back ones included; sessions aside."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_xact_user_tables"
            " WHERE relname NOT IN ('django_session', 'kam_apitoken', 'kam_idempotentrequest')"
        )
        return cursor.fetchone()[0]


def token_client(here, role):
    client = Api()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {here.tokens[role]}")
    return client


def session_client(here, role):
    """Signed in once for all tests of the file: each request asks the session who it is all the same."""
    if role not in here.signed_in:
        here.signed_in[role] = Api()
        here.signed_in[role].force_login(here.people[role])
    return here.signed_in[role]


def own_key(here, noun):
    row = getattr(here, noun) if noun in policy.SHARED else aliases(here.own, noun)
    return row.pk


@pytest.mark.parametrize("client_of", [token_client, session_client])
@pytest.mark.parametrize("name", sorted(VIEWSETS))
def test_api_rows_are_seen_by_the_roles_of_the_policy_only(here, name, client_of):
    noun = noun_of(VIEWSETS[name])
    own, foreign = own_key(here, noun), None if noun in policy.SHARED else aliases(here.foreign, noun).pk
    got, want = {}, {}
    for role in Role:
        client = client_of(here, role)
        sees, sees_all = role in policy.SEES[noun], role == Role.AUDITOR
        want[role, "own"] = 200 if sees else 404
        got[role, "own"] = client.get(detail(name, own)).status_code
        if foreign:
            want[role, "foreign"] = 200 if sees and sees_all else 404
            got[role, "foreign"] = client.get(detail(name, foreign)).status_code
    assert got == want


def detail(name, pk):
    pk = "_".join(str(part) for part in pk) if isinstance(pk, tuple) else pk
    return reverse(f"{name}-detail", args=[pk])


def actions_of(viewset):
    """What the viewset serves beside reading, in the words of the policy."""
    served = set(viewset.http_method_names)
    named = {"create": "post", "change": "patch", "remove": "delete"}
    return {action for action, verb in named.items() if verb in served and hasattr(viewset, HANDLERS[action])}


HANDLERS = {"create": "create", "change": "partial_update", "remove": "destroy"}


@pytest.mark.parametrize("name", sorted(VIEWSETS))
def test_the_policy_names_every_write_of_the_api(name):
    assert actions_of(VIEWSETS[name]) == set(policy.WRITES.get(noun_of(VIEWSETS[name]), {}))


@pytest.mark.parametrize("name", sorted(VIEWSETS))
def test_api_writes_are_refused_before_anything_is_written(here, name):
    """Empty bodies and no If-Match: who may write is told what is missing, all others that they may not."""
    noun = noun_of(VIEWSETS[name])
    own = own_key(here, noun)
    foreign = own if noun in policy.SHARED else aliases(here.foreign, noun).pk
    writes = policy.WRITES.get(noun, {})
    got, want = {}, {}
    for role in Role:
        client = token_client(here, role)
        before = rows_written()
        sees, sees_all = role in policy.SEES[noun], role == Role.AUDITOR
        both = sees and (sees_all or own == foreign)
        cells = [
            ("create", "-", client.post(reverse(f"{name}-list"), {}), True),
            ("change", "own", client.patch(detail(name, own), {}), sees),
            ("change", "foreign", client.patch(detail(name, foreign), {}), both),
        ]
        if own != foreign:
            cells.append(("remove", "foreign", client.delete(detail(name, foreign)), both))
        if role not in writes.get("remove", ()):
            cells.append(("remove", "own", client.delete(detail(name, own)), sees))
        for action, whose, answer, visible in cells:
            got[role, action, whose] = answer.status_code
            want[role, action, whose] = expected(writes, action, role, visible)
        assert rows_written() == before, role
    assert got == want


def acts_of(viewset):
    """The POSTs about one row that the viewset serves beside changing it, in the words of the policy."""
    found = {
        act.url_path.partition("(")[0] for act in viewset.get_extra_actions() if act.detail and "post" in act.mapping
    }
    return {f"{path}{MOVES[noun_of(viewset)]}" if path == "move/" else path for path in found}


MOVES = {"alert": "acknowledge", "finding": "dispute", "plan": "submit", "stockout": "correct", "agreement": "publish"}
BODY = {"version": 1, "note": "x", "reason": "x", "successors": {}}


@pytest.mark.parametrize("name", sorted(VIEWSETS))
def test_what_else_is_done_to_a_row_is_done_by_the_roles_of_the_policy_only(here, name):
    """A whole body: those of the policy are never told that they may not, all others are, and nothing is written."""
    noun = noun_of(VIEWSETS[name])
    acts = policy.ACTS.get(noun, {})
    assert acts_of(VIEWSETS[name]) == set(acts)
    rows = {"own": own_key(here, noun)} | ({} if noun in policy.SHARED else {"foreign": aliases(here.foreign, noun).pk})
    got, want = {}, {}
    for cell in product(acts, Role, rows):
        act, role, whose = cell
        sees = role in policy.SEES[noun] and (whose == "own" or role == Role.AUDITOR)
        allowed = sees and role in acts[act]
        want[cell] = "done" if allowed else 403 if sees else 404
        with transaction.atomic():
            before = rows_written()
            status = (
                token_client(here, role).post(f"{detail(name, rows[whose])}{act}/", BODY, format="json").status_code
            )
            got[cell] = "done" if status not in (403, 404) else status
            assert allowed or rows_written() == before, cell
            transaction.set_rollback(True)
    assert got == want


def expected(writes, action, role, visible):
    if action not in writes:
        return 405
    if action == "create":
        return 400 if role in writes[action] else 403
    if not visible:
        return 404
    return 428 if role in writes[action] else 403


def reference_fields(viewset):
    """Writable fields of the viewset's serializer that point to a row with the access rule."""
    fields = viewset.serializer_class().fields
    return {
        name: field.queryset.model
        for name, field in fields.items()
        if getattr(field, "queryset", None) is not None and not field.read_only
    }


@pytest.mark.parametrize(
    "name", sorted(n for n in VIEWSETS if policy.WRITES.get(noun_of(VIEWSETS[n]), {}).get("create"))
)
def test_a_body_cannot_name_a_foreign_row(here, name):
    viewset = VIEWSETS[name]
    writes = policy.WRITES[noun_of(viewset)]
    for field, model in reference_fields(viewset).items():
        noun = model._meta.model_name
        if noun in policy.SHARED:
            continue
        foreign = aliases(here.foreign, noun).pk
        for role in writes["create"]:
            before = rows_written()
            answer = token_client(here, role).post(reverse(f"{name}-list"), {field: foreign})
            assert answer.status_code == 400, (role, field)
            assert field in answer.json()["errors"], (role, field)
            assert rows_written() == before


PROBES = ("FOREIGN", "Foreign", "TA-")


@pytest.mark.parametrize("name", sorted(VIEWSETS))
def test_api_lists_never_show_a_foreign_row(here, name):
    """Whatever the filter, order or page size: only rows of the caller's own scope come back.

    Roles that see no row of the kind ask for the list as it is: no filter adds rows to none.
    """
    viewset = VIEWSETS[name]
    noun = noun_of(viewset)
    if noun in policy.SHARED:
        return
    own, foreign = aliases(here.own, noun), aliases(here.foreign, noun)
    below = {None: keys_of(type(own), here.own.account), "members": keys_of(type(own), here.child.account)}
    for role in set(Role) - {Role.AUDITOR}:
        client = token_client(here, role)
        mine = below[None] | (below["members"] if role in world.MEMBERS else set())
        for query in queries(viewset, here, foreign) if role in policy.SEES[noun] else [{}]:
            answer = client.get(reverse(f"{name}-list"), query)
            if answer.status_code == 200:
                ids = {str(r.get("id", r.get("key"))) for r in answer.json()["results"]}
                assert ids <= mine, (role, query)
            else:
                assert answer.status_code == 400, (role, query)
        if role in policy.SEES[noun]:
            assert client.get(reverse(f"{name}-list")).json()["results"], role


def keys_of(model, account):
    """The keys of an account's rows, as the API writes them."""
    return {key_text(row.pk) for row in model.objects.filter(**{path_of(model): account.pk})}


def key_text(pk):
    return "_".join(str(part) for part in pk) if isinstance(pk, tuple) else str(pk)


def path_of(model):
    special = {
        "importbatch": "feed__account",
        "feed": "account",
        "importerror": "batch__feed__account",
        "columnmapping": "feed__account",
        "account": "pk",
        "entry": "account_id",
    }
    return special.get(model._meta.model_name) or model.account_path


def queries(viewset, here, foreign):
    """No parameters, every filter of the list aimed at foreign rows, and hostile ones."""
    yield {}
    yield {"page_size": 200}
    for parameter in filters_of(viewset):
        yield {parameter: here.foreign.account.pk}
        yield {parameter: key_text(foreign.pk)}
        for text in PROBES:
            yield {parameter: text}
    yield {"ordering": "account__owner__password"}
    yield {"account__owner__password__startswith": "a"}
    yield {"ids": f"{key_text(foreign.pk)}"}


def filters_of(viewset):
    if getattr(viewset, "filterset_class", None):
        return list(viewset.filterset_class.base_filters)
    return list(getattr(viewset, "filterset_fields", []))
