"""The pictures of the guide, taken anew: `make screenshots`, with the KAM_VAR= and PORT= of a demo that runs.

Take them from a demo of their own: on the way a store is moved and a file is checked.
"""

import base64
import json
import os
import re
import shutil
import struct
import sys
import zlib
from pathlib import Path

from playwright.sync_api import sync_playwright

OUT = Path(__file__).resolve().parent.parent / "images"
BASE = f"http://127.0.0.1:{os.environ.get('PORT', '8000')}"
WIDTH = 1280
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
SHOTS = []

# The commonest colours that differ enough to be 256 at most; all others take the nearest of them.
TO_PALETTE = """async (src) => {
  const image = await createImageBitmap(await (await fetch(src)).blob());
  const { width, height } = image, context = new OffscreenCanvas(width, height).getContext("2d");
  context.drawImage(image, 0, 0);
  const pixels = new Uint32Array(context.getImageData(0, 0, width, height).data.buffer), count = new Map();
  for (const p of pixels) count.set(p, (count.get(p) ?? 0) + 1);
  const rgb = (p) => [p & 255, (p >> 8) & 255, (p >> 16) & 255];
  const far = (a, b) => a.reduce((sum, x, i) => sum + (x - b[i]) ** 2, 0);
  const common = [...count].sort((a, b) => b[1] - a[1]).map(([p]) => rgb(p));
  let palette = common;
  for (let apart = 6; palette.length > 256; apart *= 1.5) {
    palette = [];
    for (const colour of common) if (palette.every((other) => far(other, colour) >= apart)) palette.push(colour);
  }
  const nearer = (p) => (best, one, i) => (far(one, rgb(p)) < far(palette[best], rgb(p)) ? i : best);
  const place = new Map([...count.keys()].map((p) => [p, palette.reduce(nearer(p), 0)]));
  let bytes = "";
  for (const p of pixels) bytes += String.fromCharCode(place.get(p));
  return { width, height, palette: palette.flat(), pixels: btoa(bytes) };
}"""


def shot(role, height=800):
    """The function leads a page of this role to what the picture of its name shows."""

    def keep(function):
        SHOTS.append((function.__name__.replace("_", "-"), role, height, function))
        return function

    return keep


@shot("account_manager", 1000)
def home(page):
    page.goto("/")


@shot("account_manager", 720)
def account(page):
    open_account(page)


@shot("account_manager", 620)
def alerts(page):
    page.goto("/accounts/alerts/")
    page.locator("tr[data-row] summary").first.click()


@shot("account_manager", 900)
def finding(page):
    page.goto("/terms/findings/")
    open_first(page)


@shot("account_manager", 900)
def measure(page):
    open_account(page)
    page.locator("main a[href*='/sell_through']").first.click()


@shot("account_manager", 860)
def plan(page):
    page.goto("/plans/?state=draft")
    open_first(page)


@shot("account_manager", 400)
def why(page):
    open_account(page)
    page.get_by_role("link", name="Why do I see this?").click()


@shot("account_manager", 480)
def filters(page):
    page.goto("/accounts/?tier=A")
    page.locator("summary", has_text="Views").click()


@shot("account_manager", 460)
def search(page):
    page.goto("/accounts/")
    page.keyboard.press("Control+k")
    page.keyboard.type("feld", delay=80)
    page.wait_for_timeout(1500)


@shot("account_manager", 460)
def sign_in(page):
    page.goto("/me/sign-in/")


@shot("account_manager", 720)
def conflict(page):
    open_account(page)
    page.get_by_role("link", name="Stores").first.click()
    page.locator("main a[href*='/stores/'][href$='/edit/']").first.click()
    other = page.context.new_page()
    other.goto(page.url)
    theirs = "Weimar" if page.locator("main [name=city]").input_value() == "Jena" else "Jena"
    for one, city in ((other, theirs), (page, "Gera")):
        one.locator("main [name=city]").fill(city)
        one.locator("main form.k-form button[type=submit]").first.click()
    other.close()


@shot("director", 900)
def sign_off(page):
    page.goto("/plans/?state=submitted&q=Sportrampe")
    open_first(page)
    page.get_by_role("link", name="Open sign-off").click()


@shot("team_lead", 680)
def team(page):
    page.goto("/administration/teams/")
    page.get_by_role("link", name="DACH", exact=True).click()


@shot("analyst", 800)
def import_file(page):
    page.goto("/kpis/imports/new/")


@shot("analyst", 760)
def import_faults(page):
    rows = [
        "account,store,product,week,units",
        "DE-100,DE-110-01,RUN-101,2026-11-16,twelve",
        "DE-999,X,RUN-1,2026-11-17,4",
    ]
    hand_in(page, "sell-through-w47.csv", rows)
    page.get_by_text("Nothing was stored.").wait_for(timeout=60_000)


@shot("analyst", 800)
def import_columns(page):
    rows = [
        "Abverkauf Feldkamm;;;;;",
        "Kunde;Filiale;Artikelnummer;Verkaufswoche;Menge;Umsatz netto;Bestand",
        *(f"DE-110;DE-110-0{n};RUN-101;16.11.2026;{12 + n};{(12 + n) * 49},90;{40 - n}" for n in range(1, 7)),
    ]
    hand_in(page, "feldkamm-kw47.csv", rows)
    page.get_by_role("heading", name="Map the columns").wait_for(timeout=60_000)


@shot("account_manager", 760)
def sell_through(page):
    page.goto("/kpis/sell-through/")


@shot("account_manager", 860)
def stock_out(page):
    page.goto("/kpis/stock-outs/")
    open_first(page)


@shot("account_manager", 760)
def forecast(page):
    page.goto("/accounts/?q=Sportrampe24")
    open_first(page)
    page.goto(page.url.replace("/accounts/", "/kpis/forecasts/"))


@shot("analyst", 620)
def feeds(page):
    page.goto("/kpis/feeds/")


@shot("finance", 900)
def agreement(page):
    page.goto("/terms/?state=in_force")
    open_first(page)


@shot("admin", 460)
def person(page):
    page.goto("/administration/people/")
    page.get_by_role("link", name="Mia Berger").click()


@shot("admin", 640)
def hand_over(page):
    person(page)
    page.get_by_role("link", name="Hand over").click()


@shot("auditor", 640)
def audit_log(page):
    page.goto("/administration/log/")


@shot("account_manager", 420)
def inbox(page):
    page.goto("/inbox/")


def hand_in(page, name, rows):
    page.goto("/kpis/imports/new/")
    page.locator("select[name=kind]").select_option("sell_through")
    file = {"name": name, "mimeType": "text/csv", "buffer": "\n".join(rows).encode()}
    page.locator("input[name=file]").set_input_files(file)
    page.get_by_label("Check only, store nothing").check()
    page.get_by_role("button", name="Hand in").click()


def open_first(page):
    page.locator("tr[data-row] a").first.click()
    page.wait_for_load_state("networkidle")


def open_account(page):
    page.goto("/accounts/?q=Feldkamm+Sporthaus")
    open_first(page)


def people():
    """The login of each role; where several people have it, the first."""
    logins = json.loads((Path(os.environ.get("KAM_VAR", "var")) / "demo-logins.json").read_text("utf-8"))
    return {login["role"]: login for login in reversed(logins)}


def signed_in(browser, login):
    context = browser.new_context(base_url=BASE, viewport={"width": WIDTH, "height": 800}, color_scheme="light")
    context.add_cookies([{"name": "django_language", "value": "en", "url": BASE}])
    page = context.new_page()
    page.goto("/account/login/")
    page.fill("input[name=login]", login["email"])
    page.fill("input[name=password]", login["password"])
    page.press("input[name=password]", "Enter")
    page.wait_for_url(re.compile(r"/$"))
    return page


def compressed(page, png):
    """The picture with at most 256 colours, as PNG bytes."""
    found = page.evaluate(TO_PALETTE, "data:image/png;base64," + base64.b64encode(png).decode())
    width, pixels = found["width"], base64.b64decode(found["pixels"])
    lines = b"".join(b"\0" + pixels[at : at + width] for at in range(0, len(pixels), width))
    head = struct.pack(">IIBBBBB", width, found["height"], 8, 3, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"PLTE", bytes(found["palette"])), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    packed = (struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def main(wanted):
    chromium = os.environ.get("KAM_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        blank, pages, logins = browser.new_page(), {}, people()
        for name, role, height, lead in SHOTS:
            if wanted and name not in wanted:
                continue
            page = pages.get(role) or pages.setdefault(role, signed_in(browser, logins[role]))
            page.set_viewport_size({"width": WIDTH, "height": height})
            lead(page)
            page.wait_for_load_state("networkidle")
            page.wait_for_timeout(400)
            (OUT / f"{name}.png").write_bytes(compressed(blank, page.screenshot()))
            sys.stdout.write(f"{name} {page.url.removeprefix(BASE)}\n")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
