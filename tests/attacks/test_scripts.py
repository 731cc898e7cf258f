"""Text that people write, files they name and cells they import is shown as text: a real browser runs none of it."""

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse

from kam.roles import Role
from kpis.imports.toml import mapping_text
from kpis.models import Feed
from tests import make
from tests.clients import Api
from tests.kpis.files import take
from tests.make import PASSWORD

PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "'><svg/onload=alert(3)>",
    "</title><script>alert(4)</script>",
    "</script><script>alert(5)</script>",
    "<iframe srcdoc='<script>parent.alert(6)</script>'>",
    "<a href=javascript:alert(7) id=link autofocus onfocus=alert(7)>x</a>",
    "{{7*7}}{% load x %}${7*7}<%=7*7%>",
    "<input hx-get=/ hx-trigger=load hx-on:load=alert(8) data-x>",
    "javascript:alert(9)//<!--<img src=x onerror=alert(9)>",
)
ALL = " ".join(PAYLOADS)


@pytest.fixture
def director(transactional_db):
    return make.user(Role.DIRECTOR, name=PAYLOADS[0] + PAYLOADS[1], email="director@example.com", password=PASSWORD)


def poison(director):
    """A company whose every text is an attack, written through the doors people use; the addresses that show it."""
    api = Api()
    author = make.user(Role.TEAM_LEAD, name=PAYLOADS[2])
    account = make.account(director, code=PAYLOADS[1], name=ALL[:160], team=make.team(director, author), owner=author)
    api.force_login(author)
    for noun, fields in (
        ("stores", {"code": PAYLOADS[0], "name": ALL[:160], "city": PAYLOADS[2]}),
        ("contacts", {"name": ALL[:120], "title": ALL[:120], "buying_role": "decides", "phone": PAYLOADS[0]}),
        ("plans", {"year": 2026, "where_we_stand": ALL, "what_they_want": ALL, "white_space": ALL}),
    ):
        answer = api.post(reverse(f"api-{noun}-list"), {"account": account.pk, **fields}, format="json")
        assert answer.status_code == 201, answer.json()
    plan = account.plans.get()
    goal = make.goal(plan, title=ALL[:200])
    make.initiative(goal, title=ALL[:200], owner=author)
    make.plan_measure(goal)
    agreement = make.agreement(account, title=ALL[:160], number=PAYLOADS[0])
    finding = make.finding(make.term(agreement))
    alert = make.alert(account, params={"x": ALL}, code=PAYLOADS[0])
    told = {"note": ALL, "version": alert.version}
    answer = api.post(reverse("api-alerts-move", args=[alert.pk, "resolve"]), told, format="json")
    assert answer.status_code == 200
    Feed.objects.create(code="f", name=ALL[:120], kind="invoices", account=account)
    return account, plan, agreement, finding, imported(director)


def imported(person):
    """A rejected file whose name, header and cells are attacks."""
    cell = '"' + PAYLOADS[1].replace('"', '""') + '"'
    text = f"account,document,product,quantity,value,{PAYLOADS[0]}\n{cell},{PAYLOADS[0]},P,{PAYLOADS[2]},x,y\n"
    batch = take(text, mapping_text("default_invoices"), kind="invoices", by=person)
    batch.file_name = f"{PAYLOADS[0]}.csv"
    batch.save()
    return batch


def pages_of(account, plan, agreement, finding, batch):
    yield from ("/", "/accounts/", "/accounts/alerts/?state=resolved", "/plans/", "/terms/", "/terms/findings/")
    yield from (f"/search/?q={PAYLOADS[0]}", "/inbox/", "/me/", "/administration/people/")
    yield from ("/kpis/targets/", "/kpis/products/")
    yield from (account.get_absolute_url(), reverse("accounts:timeline", args=[account.pk]))
    yield from (reverse(f"accounts:{name}", args=[account.pk]) for name in ("whole", "contacts", "stores", "update"))
    yield from (plan.get_absolute_url(), reverse("plans:signoff", args=[plan.pk]), reverse("plans:create"))
    yield from (agreement.get_absolute_url(), finding.get_absolute_url())
    yield from (reverse("kpis:import-list"), reverse("kpis:import-detail", args=[batch.pk]), reverse("kpis:feed-list"))
    yield f"/accounts/?q={PAYLOADS[0]}&sort={PAYLOADS[1]}&country={PAYLOADS[2]}"
    yield f"/plans/?q={PAYLOADS[1]}&state={PAYLOADS[0]}"
    yield f"/account/login/?next={PAYLOADS[9]}"


def test_no_page_runs_what_somebody_wrote(page, director):
    ran = []
    page.on("dialog", lambda dialog: (ran.append(dialog.message), dialog.dismiss()))
    addresses = list(pages_of(*poison(director)))
    page.goto(reverse("account_login"))
    page.fill("[name=login]", director.email)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/")
    page.context.add_cookies([{"name": "theme", "value": "x'><script>alert(0)</script>", "url": page.url}])
    for address in addresses:
        answer = page.goto(address, wait_until="load")
        assert answer.status < 400, address
        foreign = "img[src=x], iframe, svg[onload], [onerror], [onfocus], [srcdoc], [hx-on\\:load], a[href^=javascript]"
        assert page.locator(foreign).count() == 0, address
        assert "49" not in (page.title() or ""), address
    assert ran == []
    assert get_user_model().objects.get(pk=director.pk).name.startswith("<script>")
