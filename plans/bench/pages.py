"""How long people and other systems wait for a page of a company of a thousand accounts, and how many queries it costs.

A real web server on this machine answers one request after the other, without a browser; times include reading the
whole answer. Queries are counted in this process, on the second visit, when nothing is looked up for the first time.
"""

from collections.abc import Iterator
from statistics import quantiles

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kam import night
from kam.models import User
from kpis.models import ProductWeek, Touched
from plans.bench import company
from plans.bench.company import Size
from plans.bench.figures import figure, load
from plans.bench.night import in_this_process
from plans.bench.web import Page, get, signed_in, visitor, web_server, with_token
from plans.models import Plan
from tradeterms.models import Agreement

REQUESTS = 40
WARMING = 4
WEEKS = 80  # as far back as a page looks: half a year, and the same half a year before
MOST = 150


def visits(write, size: Size | None = None, requests: int = REQUESTS) -> Iterator[dict]:
    """Latency (p50, p95, in ms) and queries of each page; at most 150 ms are allowed for p95."""
    if not company.is_there():
        _company(size or Size(weeks=WEEKS))
    chosen = _pages()
    with web_server() as port, visitor(port) as server:
        for page in chosen:
            for _ in range(min(WARMING, requests)):
                get(server, page)
            cuts = quantiles([get(server, page)[0] for _ in range(requests)], n=20, method="inclusive")
            yield figure(f"{page.name}, p50", cuts[9], "ms")
            yield figure(f"{page.name}, p95", cuts[18], "ms", MOST)
            yield figure(f"{page.name}, queries", _queries(page), "queries")
    yield load()


def _company(size):
    day = night.default_date()
    Touched.objects.all().delete()
    company.build(size, day)
    in_this_process(day)


def _pages():
    director, manager = (User.objects.get(email=email) for email in (company.DIRECTOR, company.MANAGER))
    return [*_seen_by("director", director), *_seen_by("account manager", manager), *_called_by(director)]


def _seen_by(role, person):
    account = company.account()
    plan = Plan.objects.get(account=account)
    agreement = Agreement.objects.get(account=account)
    paths = {
        "home": reverse("home"),
        "accounts": reverse("accounts:list"),
        "account": account.get_absolute_url(),
        "plan": plan.get_absolute_url(),
        "agreement": agreement.get_absolute_url(),
        "KPI overview": reverse("kpis:overview"),
        **_figures_of(account),
        "imports": reverse("kpis:import-list"),
        "night": reverse("night-day", args=[night.default_date()]),
    }
    headers = signed_in(person)
    return [Page(f"{name}, {role}", path, headers) for name, path in paths.items()]


def _figures_of(account):
    """The explorer from all accounts down to the stores of a product, and what is open and late."""
    product = ProductWeek.objects.filter(account=account).order_by("product").values_list("product", flat=True).first()
    explorer, deliveries = reverse("kpis:explorer"), reverse("kpis:deliveries")
    return {
        "explorer": explorer,
        "explorer, by stock cover": f"{explorer}?sort=supply",
        "explorer, a year of value": f"{explorer}?show=value&weeks=52",
        "explorer, products": f"{explorer}?account={account.pk}&by=product",
        "explorer, stores": f"{explorer}?account={account.pk}&product={product}&by=store",
        "deliveries": deliveries,
        "deliveries, account": f"{deliveries}?account={account.pk}",
        "order lines past due": f"{reverse('kpis:order-line-list')}?state=past_due",
    }


def _called_by(person):
    headers = with_token(person)
    row = reverse("api-accounts-detail", args=[company.account().pk])
    return [
        Page("API, list of 50", reverse("api-accounts-list"), headers),
        Page("API, one account", row, headers),
    ]


def _queries(page):
    client = Client(headers=page.headers, SERVER_NAME="127.0.0.1")
    client.get(page.path)
    with CaptureQueriesContext(connection) as captured:
        client.get(page.path)
    return len(captured)
