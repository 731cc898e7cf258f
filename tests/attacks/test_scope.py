"""Side doors to rows of other people's accounts: files of others, imports, evidence."""

import io

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account, Team
from kam.models import Entry
from kam.roles import Role
from kpis.imports.services import process, receive
from kpis.imports.toml import mapping_text
from kpis.models import Feed, ImportBatch, InvoiceLine
from kpis.models.batch import Kind
from tests import make
from tests.clients import Api
from tests.kpis.files import take

pytestmark = pytest.mark.django_db
ROWS = "account,document,product,quantity,value,invoiced_on\n"
LINE = "{},D-1,P-1,1,5.00,2026-11-16\n"


def of(person):
    client = Api()
    client.force_login(person)
    return client


def taken(text, *, by, kind="invoices", mapping=None, **options):
    return take(text, mapping or mapping_text(f"default_{kind}"), kind=kind, by=by, **options)


def faults(batch):
    return list(batch.errors.order_by("line", "pk").values_list("value", "code"))


@pytest.fixture
def two():
    """Two people who see nothing of each other, each with an account."""
    make.product(code="P-1")
    mine, theirs = make.user(name="Me"), make.user(name="They")
    make.account(mine, code="MINE")
    make.account(theirs, code="THEIRS")
    return mine, theirs


def test_a_file_that_somebody_else_handed_in_is_not_told_of(two):
    mine, theirs = two
    first = taken(ROWS + LINE.format("THEIRS"), by=theirs)
    again = taken(ROWS + LINE.format("THEIRS"), by=theirs)
    assert (first.state, again.state, again.duplicate_of) == ("applied", "duplicate", first)
    probe = taken(ROWS + LINE.format("THEIRS"), by=mine)
    unknown = taken(ROWS + LINE.format("NOWHERE"), by=mine)
    assert (probe.state, probe.duplicate_of, faults(probe)) == ("rejected", None, [("THEIRS", "unknown_account")])
    assert faults(unknown) == [("NOWHERE", "unknown_account")]


def test_a_file_of_the_house_is_not_told_of_either(two):
    mine, _ = two
    house = Feed.objects.create(code="erp", name="ERP", kind="invoices")
    taken(ROWS + LINE.format("THEIRS"), by=None, feed=house)
    assert taken(ROWS + LINE.format("THEIRS"), by=mine, feed=house).state == "rejected"


def test_the_same_file_of_two_people_counts_once(two):
    mine, theirs = two
    account = make.account(mine, theirs, code="OURS")
    batches = [taken(ROWS + LINE.format("OURS"), by=person) for person in two]
    assert [b.state for b in batches] == ["applied", "applied"]
    assert InvoiceLine.objects.get(account=account).value == 5


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.AUDITOR}))
def test_bad_rows_and_sums_of_a_file_of_the_house_are_for_those_who_see_all_of_it(role):
    house = Feed.objects.create(code="erp", name="ERP", kind="invoices")
    person = make.user(role)
    make.account(person, code="MINE", team=make.team(person))
    make.account(code="THEIRS")
    batch = taken(ROWS + LINE.format("THEIRS"), by=None, feed=house)
    assert batch.state == "rejected"
    client = of(person)
    pages = [reverse(f"kpis:import-{name}", args=[batch.pk]) for name in ("detail", "report")]
    api = [reverse("api-batches-detail", args=[batch.pk]), reverse("api-batches-errors", args=[batch.pk])]
    assert [client.get(url).status_code for url in pages + api] == [404] * 4
    assert client.post(reverse("kpis:import-checked", args=[batch.pk])).status_code == 404
    assert client.get(reverse("api-batches-list")).json()["results"] == []


def test_who_sees_every_account_sees_the_files_of_the_house():
    house = Feed.objects.create(code="erp", name="ERP", kind="invoices")
    analyst = make.user(Role.ANALYST)
    make.team(analyst, scope=Team.Scope.EVERYTHING)
    make.account(code="THEIRS")
    batch = taken(ROWS + LINE.format("NOWHERE"), by=None, feed=house)
    assert of(analyst).get(reverse("kpis:import-detail", args=[batch.pk])).status_code == 200


READERS = {
    Kind.OPEN_ITEMS: {Role.ACCOUNT_MANAGER, Role.TEAM_LEAD, Role.DIRECTOR, Role.FINANCE, Role.API_CLIENT, Role.AUDITOR},
    Kind.INVOICES: {Role.ACCOUNT_MANAGER, Role.TEAM_LEAD, Role.DIRECTOR, Role.ANALYST, Role.API_CLIENT, Role.AUDITOR},
}


@pytest.mark.parametrize("kind", READERS)
def test_a_file_is_for_the_roles_that_read_what_it_tells(kind):
    people = {role: make.user(role) for role in Role}
    account = make.account(*people.values(), team=make.team(*people.values()))
    feed = Feed.objects.create(code="f", name="F", kind=kind, account=account)
    ImportBatch.objects.create(feed=feed, kind=kind, file_name="f.csv", state="rejected")
    seen = {role for role, person in people.items() if ImportBatch.objects.visible_to(person).exists()}
    assert seen == READERS[kind]


UNASSIGNED = mapping_text("default_invoices") + "\nunassigned = true\n"


def without_account(mapping):
    """The mapping asking for lines that name no account."""
    lines = [line for line in mapping.splitlines() if not line.startswith("account")]
    return "unassigned = true\n" + "\n".join(line for line in lines if line != "unassigned = true")


def test_lines_without_account_do_not_get_into_the_houses_own_account(two):
    mine, _ = two
    text = "document,product,quantity,value,invoiced_on\nD-1,P-1,1,{}.00,2026-11-16\n"
    mapping = without_account(UNASSIGNED)
    assert taken(text.format(5), by=None, mapping=mapping).state == "applied"
    probe = taken(text.format(9), by=mine, mapping=mapping)
    assert (probe.state, faults(probe)) == ("rejected", [("", "unknown_account")])
    assert InvoiceLine.objects.get().value == 5


def test_who_may_not_open_accounts_opens_none_for_lines_without_account(two):
    mine, _ = two
    text = "document,product,quantity,value,invoiced_on\nD-1,P-1,1,5.00,2026-11-16\n"
    assert taken(text, by=mine, mapping=without_account(UNASSIGNED)).state == "rejected"
    assert Account.objects.filter(kind="unassigned").count() == 0


def test_an_import_does_not_move_an_account_in_the_tree_for_who_may_not_assign(two):
    mine, _ = two
    make.account(mine, code="ABOVE")
    text = "code,name,parent,country,currency\nMINE,Mine,ABOVE,DE,EUR\n"
    batch = taken(text, by=mine, kind="accounts")
    assert (batch.state, faults(batch)) == ("rejected", [("ABOVE", "not_allowed")])
    assert Account.objects.get(code="MINE").parent is None


def test_an_account_that_a_leader_moves_by_import_is_in_the_log():
    lead = make.user(Role.TEAM_LEAD)
    team = make.team(lead)
    account, above = make.account(code="K-1", team=team), make.account(code="K-2", team=team)
    text = f"code,name,parent,country,currency\nK-1,{account.name},K-2,DE,EUR\n"
    assert taken(text, by=lead, kind="accounts").state == "applied"
    account.refresh_from_db()
    assert (account.parent, account.version) == (above, 2)
    entry = Entry.objects.get(model="accounts.account", object_id=account.pk)
    assert (entry.verb, entry.actor, entry.after["parent_id"]) == ("changed", lead, above.pk)


def test_evidence_names_no_account_below_that_the_reader_does_not_see():
    lead, auditor = make.user(Role.TEAM_LEAD), make.user(Role.AUDITOR)
    own = make.account(code="OWN", team=make.team(lead))
    make.account(code="CHILD", parent=own, team=make.team())
    row = {"due_on": "2026-10-30", "paid_on": None, "issued_on": "2026-10-01", "amount": "9.00", "late": "9.00"}
    rows = [row | {"account": code, "document": f"DOC-{code}", "days": 3} for code in ("OWN", "CHILD")]
    finding = make.finding(make.term(make.agreement(own)), evidence=rows)
    for person, seen in ((lead, ["OWN"]), (auditor, ["OWN", "CHILD"])):
        told = of(person).get(reverse("api-findings-detail", args=[finding.pk])).json()["evidence"]
        assert [r["account"] for r in told] == seen
        page = of(person).get(finding.get_absolute_url()).content.decode()
        assert [code for code in ("OWN", "CHILD") if f"DOC-{code}" in page] == seen


def test_a_job_looks_at_the_rights_of_the_moment_it_runs(two):
    mine, _ = two
    file = io.BytesIO((ROWS + LINE.format("MINE")).encode())
    batch = receive(kind="invoices", file=file, file_name="f.csv", by=mine)
    mine.is_active = False
    mine.save()
    assert process(batch_id=batch.pk).state == "rejected"
    assert InvoiceLine.objects.count() == 0


def test_strangers_get_nothing_but_the_way_to_sign_in(two):
    account = Account.objects.first()
    for url in (account.get_absolute_url(), reverse("accounts:list") + "?format=csv", reverse("kpis:import-list"), "/"):
        answer = Client().get(url)
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, reverse("account_login"))
