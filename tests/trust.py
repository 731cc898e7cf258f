"""docs/trust.md as data: which tests hold which promise. `make faults` and `make attack` run what it names."""

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "trust.md"
ROW = re.compile(r"^\| ([AFS]\d+) \| .+ \| .+ \| (.+) \|$")
TEST = re.compile(r"`(tests/[^`]+)`")
MARKS = {"F": "fault", "A": "attack"}
FOLDERS = {"tests/faults/": "fault", "tests/attacks/": "attack"}


def promises() -> dict[str, list[str]]:
    """The ids of the page, each with its tests: a file, or a file and a function."""
    rows = filter(None, map(ROW.match, PAGE.read_text("utf-8").splitlines()))
    return {row[1]: TEST.findall(row[2]) for row in rows}


def marks() -> dict[str, set[str]]:
    """Which markers the tests get, by the beginning of their node id."""
    found = {folder: {mark} for folder, mark in FOLDERS.items()}
    for name, tests in promises().items():
        for test in tests:
            found.setdefault(test, set()).update(filter(None, [MARKS.get(name[0])]))
    return found
