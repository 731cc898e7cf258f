"""The guide says what stands on the pages, and its links and pictures are there."""

import re
import struct
from pathlib import Path

import polib
import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
GUIDE = DOCS / "guide"
IMAGES = DOCS / "images"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md")), *sorted(GUIDE.glob("*.md"))]
BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)
STRING = re.compile(r'translate "([^"]+)"|_\(\s*"([^"]+)"')
YEAR = re.compile(r"\b20\d\d\b")
# Bold words that name a case of the reader's, not a thing on a page, end with a mark.
OF_THE_GUIDE = re.compile(r"[:.?]$|^bold$")
APPS = ("kam", "accounts", "kpis", "tradeterms", "plans")
MOST_IMAGES, MOST_BYTES, WIDTH = 25, 2_500_000, 1280


def prose(page):
    return CODE.sub("", page.read_text("utf-8"))


def words_of_pages():
    """Every string that pages can show: of the catalogue, and of templates and code that wait to be collected."""
    found = {entry.msgid for entry in polib.pofile(str(ROOT / "locale" / "de" / "LC_MESSAGES" / "django.po"))}
    sources = [*ROOT.glob("templates/**/*.html"), *(p for app in APPS for p in (ROOT / app).glob("**/*.py"))]
    for source in sources:
        found.update(one or other for one, other in STRING.findall(source.read_text("utf-8")))
    return {shape(word) for word in found}


def shape(word):
    """A string without parameters and counts, so that “Set target 2026” is an instance of “Set target %(year)s”."""
    bare = re.sub(r"%\(\w+\)s|\{\{.*?\}\}", "…", word).removesuffix(" (…)")
    return re.sub(r"^[a-zäöü]", lambda first: first[0].upper(), " ".join(YEAR.sub("…", bare).split()))


def quoted(page):
    words = (" ".join(word.split()) for word in BOLD.findall(prose(page)))
    return {word for word in words if not OF_THE_GUIDE.search(word)}


@pytest.mark.parametrize("page", sorted(GUIDE.glob("*.md")), ids=lambda page: page.stem)
def test_what_the_guide_quotes_stands_on_a_page(page):
    known = words_of_pages()
    assert sorted(word for word in quoted(page) if shape(word) not in known) == []


def anchors(page):
    """What GitHub makes of headings: lower case, punctuation away, hyphens for spaces."""
    heads = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_somewhere(page):
    broken = []
    for link in LINK.findall(prose(page)):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        is_there = "://" in link or (target.exists() and (not anchor or anchor in anchors(target)))
        broken += [] if is_there else [link]
    assert broken == []


def test_each_image_is_used_and_all_are_small():
    images = {path.resolve() for path in IMAGES.iterdir()}
    used = {(page.parent / link).resolve() for page in PAGES for link in LINK.findall(prose(page)) if "images/" in link}
    assert images == used
    assert len(images) <= MOST_IMAGES
    assert sum(path.stat().st_size for path in images) <= MOST_BYTES


@pytest.mark.parametrize("image", sorted(IMAGES.iterdir()), ids=lambda image: image.name)
def test_each_image_is_a_picture_of_the_width_of_the_guide(image):
    head = image.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">I", head[16:20]) == (WIDTH,)


def test_each_page_of_the_guide_is_in_its_table():
    listed = {link.partition("#")[0] for link in LINK.findall(prose(GUIDE / "README.md"))}
    assert {page.name for page in GUIDE.glob("*.md")} - {"README.md"} <= listed


def test_each_picture_is_taken_by_the_script():
    script = (GUIDE / "screenshots.py").read_text("utf-8")
    taken = {name.replace("_", "-") for name in re.findall(r"@shot\([^)]*\)\ndef (\w+)", script)}
    assert {path.stem for path in IMAGES.iterdir()} == taken
