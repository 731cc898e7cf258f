"""Requests that reach for rows of other people, by name and role: for reading, and for writing with their references.

Each is a function that makes it, and answers the same whenever nothing that it reads was changed.
"""

from copy import deepcopy
from datetime import date

from django.core.files.base import ContentFile
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.models import Account, Alert, Contact
from accounts.services import remove_contact
from kam.handover import hand_over
from kam.mail import kind_named
from kam.models import Delivery, Mail, Removal, SavedView, User
from kam.roles import Role
from kam.views.night import Rerun
from kam.webhooks.sender import may_be_told
from kpis.import_forms import UploadForm
from kpis.imports.load import visible_accounts
from kpis.models.batch import BatchWeek
from plans.models import Plan
from tests import policy, world
from tests.clients import Api
from tests.test_access import VIEWSETS, aliases, detail, noun_of, queries, reference_fields
from tests.test_access_pages import address


class Browser(Client):
    """A signed-in browser that keeps nothing of what it is answered, so that each request starts alike."""

    def __init__(self, person):
        super().__init__()
        self.force_login(person)
        self.kept = deepcopy(self.cookies)

    def request(self, **request):
        self.cookies = deepcopy(self.kept)
        return super().request(**request)


def requests(here, roles, *, plain):
    """{(label, role): function that makes the request}. The plain ones leave out filters of lists over the API."""
    found = {}
    for role in roles:
        browser, api = Browser(here.people[role]), Api()
        api.credentials(HTTP_AUTHORIZATION=f"Bearer {here.tokens[role]}")
        for part in (lists(here, browser), rows(here, browser), others(here, browser), facts(here, browser)):
            found |= {(label, role): make for label, make in part}
        for part in (calls(here, api, plain), scenes(here, role, browser, api), questions(here, role)):
            found |= {(label, role): make for label, make in part}
    return found


def lists(here, browser):
    account = here.foreign.account
    for route in policy.LISTS:
        for what, query in (("", {}), (" ?account", {"account": account.pk}), (" ?team", {"team": account.team_id})):
            yield f"{route}{what}", lambda r=route, q=query: browser.get(reverse(r), q)
    words = {"name": account.name, "product": "Ball", "number": here.foreign.agreement.number}
    words |= {"contact": here.foreign.contact.name, "store": here.foreign.store.name}
    for what, word in words.items():
        yield f"search {what}", lambda w=word: browser.get(reverse("search"), {"q": w})
    yield "inbox", lambda: browser.get(reverse("inbox:list"))


def rows(here, browser):
    for route, page in policy.PAGES.items():
        for whose in ("own", "foreign"):
            url = address(route, page, row_of(here, whose, page["noun"]))
            yield f"{route} {whose}", lambda u=url: browser.get(u)
            yield f"POST {route} {whose}", lambda u=url: browser.post(u, foreign_references(here))


def row_of(here, whose, noun):
    """The own or the foreign row; of what the house shares there is one."""
    return getattr(here, noun) if noun in policy.SHARED else aliases(getattr(here, whose), noun)


def foreign_references(here):
    """A body that names a foreign row in every reference a form may have."""
    found = here.foreign
    return {
        "account": found.account.pk,
        "team": found.account.team_id,
        "parent": found.account.pk,
        "feed": found.feed.code,
        "numbers": found.account.code,
    }


def others(here, browser):
    for route in policy.OTHERS:
        if route not in ("night-day", "schema"):
            yield route, lambda r=route: browser.get(reverse(r))
            yield f"POST {route}", lambda r=route: browser.post(reverse(r), foreign_references(here))
    for what in ("night-day", "night-rerun"):
        yield what, lambda w=what: browser.get(reverse(w, kwargs={"day": world.DAY}))
        yield f"POST {what}", lambda w=what: browser.post(reverse(w, kwargs={"day": world.DAY}))


def facts(here, browser):
    url = reverse("kpis:facts", args=[here.own.account.pk, "sell_in"])
    asked = {"week": {"week": world.WEEK}, "next week": {"week": world.DAY}, "row": {"row": here.own.invoiceline.pk}}
    for what, query in asked.items():
        yield f"kpis:facts {what}", lambda q=query: browser.get(url, q)
    for what, row in (("feed", here.foreign.feed), ("again", here.foreign.batch)):
        yield f"kpis:import-new ?{what}", lambda q={what: row.pk}: browser.get(reverse("kpis:import-new"), q)


def calls(here, api, plain):
    for name, viewset in VIEWSETS.items():
        noun = noun_of(viewset)
        if noun in policy.SHARED:
            yield f"{name} list", lambda n=name: api.get(reverse(f"{n}-list"))
            continue
        asked = [{}] if plain else queries(viewset, here, aliases(here.foreign, noun))
        for query in asked:
            yield f"{name} {query}", lambda n=name, q=query: api.get(reverse(f"{n}-list"), q)
        for whose in ("own", "foreign"):
            pk = aliases(getattr(here, whose), noun).pk
            yield f"{name} {whose}", lambda n=name, k=pk: api.get(detail(n, k))
        for field, model in reference_fields(viewset).items():
            if model._meta.model_name not in policy.SHARED:
                body = {field: aliases(here.foreign, model._meta.model_name).pk}
                yield f"POST {name} {field}", lambda n=name, b=body: api.post(reverse(f"{n}-list"), b)
                if getattr(viewset, "bulk", None):
                    yield f"bulk {name} {field}", lambda n=name, b=body: api.post(reverse(f"{n}-bulk"), [b])


def scenes(here, role, browser, api):
    """Requests after something happened to foreign rows that the world does not have."""
    person, foreign = here.people[role], here.foreign

    def view_of_a_colleague():
        SavedView.objects.create(user=here.user, page="accounts:list", name="Only mine", query="state=active")
        return browser.get(reverse("accounts:list"))

    def undo():
        remove_contact(Contact.objects.get(pk=foreign.contact.pk), by=person)
        browser.post(reverse("undo", args=[Removal.objects.get(by=person).pk]))
        return said(Contact.objects.filter(pk=foreign.contact.pk).exists())

    def submitted(url):
        Plan.objects.filter(pk=foreign.plan.pk).update(state=Plan.State.SUBMITTED, submitted_at=world.NOON)
        return browser.get(url)

    def correct():
        file = {"kind": "sell_through", "file": ContentFile(b"a;b\n", "again.csv"), "again": foreign.batch.pk}
        return browser.post(reverse("kpis:import-new"), file)

    def weeks(whose, account, url):
        BatchWeek.objects.create(batch=whose.batch, account=account, week=world.WEEK)
        return (api if url.startswith("/api/") else browser).get(url)

    def abroad():
        Account.objects.filter(pk=foreign.account.pk).update(currency="USD")
        return browser.get(reverse("home"))

    def away():
        url, version = detail("api-accounts", here.own.account.pk), f'"{here.own.account.version}"'
        return api.patch(url, {"team": None}, headers={"If-Match": version})

    yield "list with a colleague's view", view_of_a_colleague
    yield "undo of what is foreign now", undo
    yield "home, a plan submitted", lambda: submitted(reverse("home"))
    yield "sign-off, a plan submitted", lambda: submitted(reverse("plans:signoff", args=[here.own.plan.pk]))
    yield "a corrected file", correct
    for whose, about in (("own", foreign.account), ("foreign", None)):
        batch = getattr(here, whose).batch
        urls = {"page": reverse("kpis:import-detail", args=[batch.pk])}
        urls["API"] = f"{detail('api-batches', batch.pk)}weeks/"
        for what, url in urls.items():
            found = getattr(here, whose)
            yield f"weeks of a file, {what} {whose}", lambda f=found, a=about, u=url: weeks(f, a, u)
    yield "home, accounts abroad", abroad
    yield "an account given away", away
    yield "digest", lambda: said(daily_mail(here, person))


def questions(here, role):
    """What is asked by work that no request waits for, with foreign rows and people who have gone."""
    person, gone = here.people[role], {"is_active": False}

    def handed_over():
        return hand_over(here.user, by=here.people[Role.ADMIN], successors={"plans": person}, reason="x")

    def told_when_gone():
        User.objects.filter(pk=here.webhook.user_id).update(**gone)
        return may_be_told(Delivery.objects.select_related("webhook__user", "entry").get(pk=here.delivery.pk))

    def rerun_when_gone():
        request = RequestFactory().post("/")
        request.user = User(role=role, **gone)
        return Rerun().post(request, world.DAY)

    yield "the night again by somebody gone", rerun_when_gone

    def refused():
        found = here.foreign
        return sorted(UploadForm({"again": found.batch.pk, "feed": found.feed.code}, user=person).errors)

    yield "a form about foreign files", lambda: said(refused())
    yield "accounts of a file", lambda: said(sorted(visible_accounts(person).values_list("code", flat=True)))
    yield "plans handed over", lambda: said(handed_over())
    yield "a webhook of somebody gone", lambda: said(told_when_gone())


def said(answer):
    return HttpResponse(str(answer))


def daily_mail(here, user):
    """The text of somebody's mail on the day after the world's; with a feed that is late for long, too."""
    for whose in (here.own, here.foreign):
        late = Alert(account=whose.account, fingerprint=f"late{whose.account.pk}", code="feed_late", severity="warning")
        late.raised_on = late.seen_on = date(2026, 11, 1)
        late.save()
    row = Mail(user=user, kind="digest", params={"day": "2026-11-24"})
    message = kind_named("digest").build(row, row.params)
    return message.text if message else ""
