"""What the docs name is there: files, settings, commands, targets. Tables that claim to be whole are held to that."""

import re
from pathlib import Path

import pytest

from kam.urls import router
from kpis.imports.kinds import KINDS

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
APPS = ("kam", "accounts", "kpis", "tradeterms", "plans")
OPERATIONS = (ROOT / "docs" / "operations.md").read_text("utf-8")
TICKED = re.compile(r"`([^`\n]+)`")
FILE = re.compile(r"(?:kam|accounts|kpis|tradeterms|plans|tests|templates|static|docs)/[\w./]*")
# Said by `make run` to the processes it starts, by nobody else.
BETWEEN_PROCESSES = {"KAM_INSTANCE"}
ASKED = re.compile(r'env\.\w+\(\s*f?"([A-Z][A-Z_]+)"')


def ticked(page):
    return TICKED.findall(page.read_text("utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_that_a_page_names_are_there(page):
    named = {word.partition("::")[0] for word in ticked(page) if FILE.fullmatch(word.partition("::")[0])}
    assert sorted(name for name in named if not (ROOT / name).exists()) == []


def code():
    files = [*(p for app in APPS for p in (ROOT / app).rglob("*.py")), ROOT / "manage.py", ROOT / "docker-compose.yml"]
    return "\n".join(path.read_text("utf-8") for path in files)


def table_of(head):
    """The first cells of the table that follows a heading, each split into the names in it."""
    part = OPERATIONS.partition(f"\n## {head}\n")[2].partition("\n## ")[0]
    rows = [re.split(r"(?<!\\)\|", line)[1] for line in part.splitlines() if line.startswith("| `")]
    return {name for cell in rows for name in TICKED.findall(cell)}


def test_the_table_of_the_environment_is_whole_and_true():
    told, source = table_of("Environment"), code()
    asked = set(ASKED.findall((ROOT / "kam" / "settings.py").read_text("utf-8")))
    assert asked - told == BETWEEN_PROCESSES
    assert {name for name in told if name not in source} == set()


def test_the_table_of_commands_is_whole():
    told = {name.split()[1] for name in table_of("Commands") if name.startswith("manage.py ")}
    assert told == {path.stem for path in ROOT.glob("*/management/commands/*.py")} - {"__init__"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_targets_that_a_page_names_are_there(page):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:^    |`)make ([a-z-]+)", page.read_text("utf-8"), re.MULTILINE))
    assert named - targets == set()


def test_the_table_of_kinds_of_files_is_true():
    told = [
        [TICKED.findall(cell) for cell in line.split("|")[1:-1]]
        for line in (ROOT / "docs" / "imports.md").read_text("utf-8").splitlines()
        if line.startswith("| `") and line.count("|") == 5
    ]
    assert told == [
        [
            [name],
            [field.name for field in kind.fields if field.required],
            [field.name for field in kind.fields if not field.required],
            list(kind.key),
        ]
        for name, kind in KINDS.items()
    ]


def test_the_table_of_nouns_is_whole():
    page = (ROOT / "docs" / "api.md").read_text("utf-8").partition("\n## Nouns\n")[2].partition("\n## ")[0]
    cells = [line.split("|")[2] for line in page.splitlines() if line.startswith("| `")]
    assert sorted(TICKED.findall(" ".join(cells))) == sorted(prefix for prefix, _view, _name in router.registry)
