"""Every page a role can reach by links, in a real browser: no script error, no violated policy, nothing too wide.

Each menu of a page is opened too and must stand within the window, and nothing to click is smaller than 24 px.
"""

import re
from urllib.parse import urldefrag, urlparse

import pytest
from django.urls import path

from kam import urls
from kam.roles import Role
from kam.views.gallery import Gallery
from kpis.models import ImportBatch
from tests import make, world

# The site with the gallery, which has an address only with DEBUG.
urlpatterns = [*urls.urlpatterns, path("kit/", Gallery.as_view(), name="gallery")]

SKIP = re.compile(r"logout|/account/|format=|\.csv|\.docx|letter\.html|/api/|#")
MOST = 70
COUNTED = ("nameless", "alt", "unscoped", "outside")
FACTS = """() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const tooSmall = (e) => {
    if (e.matches('.k-skip') || e.closest('p, li p') || getComputedStyle(e).display === 'inline') return false;
    const target = (e.matches('[type=checkbox], [type=radio]') && e.labels[0]) || e;
    const { width, height } = target.getBoundingClientRect();
    return width > 0 && (width < 23.5 || height < 23.5);
  };
  const outside = (menu) => {
    menu.open = true;
    const place = menu.querySelector('.k-menu-list')?.getBoundingClientRect();
    menu.open = false;
    return place && (place.left < 0 || place.right > innerWidth);
  };
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  return {
    title: document.title.trim(), h1: document.querySelectorAll('h1').length,
    wide: document.documentElement.scrollWidth - window.innerWidth,
    twice: [...new Set(ids.filter((x, i) => ids.indexOf(x) !== i))],
    nameless: [...document.querySelectorAll('button, a[href], input:not([type=hidden]), select, textarea')].filter(
      e => !(e.textContent.trim() || e.querySelector('[aria-label]') || e.getAttribute('aria-label') ||
        e.title || (e.labels && e.labels.length) || e.value)).length,
    alt: document.querySelectorAll('img:not([alt])').length,
    small: all('a[href], button, summary, input:not([type=hidden]), select, textarea').filter(tooSmall)
      .map(e => e.outerHTML.slice(0, 80)),
    unscoped: all('th:not([scope])').length + all('table:not(:has(caption))').length,
    outside: all('details[data-menu]:not([open])').filter(outside).length,
    links: [...document.querySelectorAll('a[href]')].map(a => a.href),
  };
}"""


def pattern(url):
    """One page stands for all of its kind: numbers, dates and what stands in the query are folded."""
    parts = urlparse(url)
    return re.sub(r"/\d[\d-]*(?=/|$)", "/*", parts.path) + ("?" if parts.query else "")


def faults_of(facts):
    found = [] if facts["title"] else ["no title"]
    found += [] if facts["h1"] == 1 else [f"{facts['h1']} h1"]
    found += [f"{facts['wide']} px too wide"] if facts["wide"] > 1 else []
    found += [f"ids twice: {facts['twice']}"] if facts["twice"] else []
    found += [f"too small: {html}" for html in facts["small"]]
    return found + [f"{facts[k]} {k}" for k in COUNTED if facts[k]]


def sign_in(context, client, person):
    client.force_login(person)
    cookie = client.cookies["kam_session"]
    context.add_cookies([{"name": "kam_session", "value": cookie.value, "domain": "localhost", "path": "/"}])


def crawl(page, start):
    """Follow every link once per pattern; returns the faults by pattern."""
    queue, seen, faults, said = [start], set(), {}, []
    page.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: said.append(str(e)))
    while queue and len(seen) < MOST:
        url = queue.pop(0)
        if pattern(url) in seen:
            continue
        seen.add(pattern(url))
        said.clear()
        answer = page.goto(url, wait_until="load")
        facts = page.evaluate(FACTS)
        found = [*said, *faults_of(facts), *([] if answer.ok else [f"status {answer.status}"])]
        if found:
            faults[pattern(url)] = found
        links = (urldefrag(link)[0] for link in facts["links"])
        queue += [x for x in links if urlparse(x).netloc == urlparse(start).netloc and not SKIP.search(x)]
    return faults, seen


DESKTOP = {"viewport": {"width": 1440, "height": 900}}
PHONE_IN_THE_DARK = {"viewport": {"width": 360, "height": 780}, "color_scheme": "dark", "has_touch": True}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("role", "language", "look", "least"),
    [
        (Role.ACCOUNT_MANAGER, "en", PHONE_IN_THE_DARK, 40),
        (Role.DIRECTOR, "zh-hans", DESKTOP, 40),
        (Role.ANALYST, "de", PHONE_IN_THE_DARK, 20),
        (Role.ADMIN, "de", PHONE_IN_THE_DARK, 25),
        (Role.FUNCTION, "en", DESKTOP, 1),
    ],
)
def test_every_page_a_role_reaches_is_without_fault(browser, live_site, client, role, language, look, least):
    person = world.build().people[role]
    ImportBatch.objects.update(file_name=f"sell-through_{'2026-W46_' * 8}.csv", sha256="5e" * 32)
    person.language = language
    person.save()
    context = browser.new_context(**look)
    sign_in(context, client, person)
    faults, seen = crawl(context.new_page(), f"{live_site.url}/")
    context.close()
    assert faults == {}
    assert len(seen) >= least


@pytest.mark.django_db(transaction=True)
@pytest.mark.urls(__name__)
@pytest.mark.parametrize("look", [DESKTOP, PHONE_IN_THE_DARK])
def test_every_part_of_the_kit_is_without_fault(browser, live_site, client, look):
    context = browser.new_context(**look)
    sign_in(context, client, make.user())
    page = context.new_page()
    page.goto(f"{live_site.url}/kit/", wait_until="load")
    faults = faults_of(page.evaluate(FACTS))
    context.close()
    assert faults == []
