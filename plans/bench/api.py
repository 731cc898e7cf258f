"""How the API and the pages beside it stand eight readers at once, in a company of a hundred thousand accounts.

Each reader asks again as soon as the answer is there; two processes answer. The readers run on the same machine and
take their share of it. Each address is first asked by one reader alone.

The API, the list of accounts and the page of one have to keep their limit with eight readers at once, though people
read what they got, and eight of them who ask again at once are many more than eight in an office. The other pages have
to keep it for one reader alone, and what eight at once wait is told without a limit.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import chain
from statistics import quantiles

from django.urls import reverse

from accounts.models import Account
from kam import night
from kam.keyset import Keyset
from kam.models import User
from plans.bench import crowd
from plans.bench.figures import figure, load
from plans.bench.web import Page, get, signed_in, visitor, web_server, with_token

ACCOUNTS = 100_000
READERS = 8
REQUESTS = 50  # of each reader, of each address
SECONDS = 6  # after which a slow address has been asked often enough
WARMING = 3
MOST = 150
CROWDED = ("API", "accounts,", "account,")


def crowds(write, accounts: int = ACCOUNTS, requests: int = REQUESTS) -> Iterator[dict]:
    """Latency (in ms: p95 of one reader alone, p50 and p95 of eight at once) and requests a second of each address.

    At most 150 ms are allowed for p95: of one reader alone, and of eight at once where the address is CROWDED.
    """
    began = time.perf_counter()
    crowd.gather(accounts, night.default_date())
    yield figure(f"making {accounts:,} accounts", time.perf_counter() - began, "s")
    with web_server() as port:
        for name, pages in _addresses(port):
            alone, _seconds = _rush(port, pages[:1], requests)
            yield figure(f"{name}, p95 alone", _cuts(alone)[18], "ms", MOST)
            taken, seconds = _rush(port, pages, requests)
            yield figure(f"{name}, p50", _cuts(taken)[9], "ms")
            yield figure(f"{name}, p95", _cuts(taken)[18], "ms", MOST if name.startswith(CROWDED) else None)
            yield figure(f"{name}, {READERS} at once", len(taken) / seconds, "requests/s")
    yield load()


def _cuts(taken):
    return quantiles(taken, n=20, method="inclusive") if len(taken) > 1 else taken * 19


def _addresses(port):
    """(name, the page as each of the readers asks for it); a program has a token of its own, and its own limit."""
    director, manager = (User.objects.get(email=email) for email in (crowd.DIRECTOR, crowd.MANAGER))
    first = Account.objects.get(code="C-000000")
    for name, path in _called(first):
        pages = [Page(name, path, with_token(director)) for _ in range(READERS)]
        yield name, pages
        if name == "API, one account":
            yield f"{name}, 304", [_known(port, page) for page in pages]
    for role, person in (("director", director), ("account manager", manager)):
        headers = signed_in(person)
        for name, path in _visited(first):
            asking = headers | {"HX-Request": "true"} if name == "account, further down" else headers
            yield f"{name}, {role}", [Page(name, path, asking)] * READERS


def _called(account):
    rows, order = reverse("api-accounts-list"), Keyset(("sort_name", "pk"), 50)
    deep = order.cursor(Account.objects.order_by("-sort_name", "-pk")[Account.objects.count() // 4])
    return {
        "API, one account": reverse("api-accounts-detail", args=[account.pk]),
        "API, list of 50": rows,
        "API, list of 50, far behind": f"{rows}?after={deep}",
        "API, list of 50, filtered": f"{rows}?tier=A&country=DE",
        "API, list of 50, found by name": f"{rows}?q=falke",
    }.items()


def _visited(account):
    return {
        "accounts": reverse("accounts:list"),
        "account": account.get_absolute_url(),
        "account, further down": reverse("accounts:whole", args=[account.pk]),
        "home": reverse("home"),
        "search": f"{reverse('search')}?q=falke",
    }.items()


def _known(port, page):
    """The same page, asked for by somebody who holds it already."""
    with visitor(port) as server:
        _ms, answer = get(server, page)
    return replace(page, headers=page.headers | {"If-None-Match": answer.headers["ETag"]}, status=304)


def _rush(port, pages, requests):
    """These readers at once: milliseconds of every answer, and the seconds in which they came."""
    with ThreadPoolExecutor(READERS) as readers:
        list(readers.map(partial(_read, port, requests=min(WARMING, requests)), pages))
        began = time.perf_counter()
        taken = list(chain.from_iterable(readers.map(partial(_read, port, requests=requests), pages)))
        return taken, time.perf_counter() - began


def _read(port, page, requests):
    until, taken = time.monotonic() + SECONDS, []
    with visitor(port) as server:
        while len(taken) < requests and time.monotonic() < until:
            taken.append(get(server, page)[0])
    return taken
