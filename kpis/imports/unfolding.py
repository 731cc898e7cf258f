"""A file that is no table of text made one: a process of its own, with little memory, little time and no secrets.

`workbook` starts it as `python -m kpis.imports.unfolding`. It gets JSON on stdin (see `workbook.ask`), writes a line of
JSON about the file and then rows of text to the file handle it is given, and says on stdout what it refused, if it did.
No Django here.
"""

import errno
import json
import os
import resource
import sys

from kpis.imports import amazon, edi, sheet
from kpis.imports.families import JSON, WORKBOOK
from kpis.imports.refused import Refused

MEMORY = 1 << 30
SECONDS = 60
WRITTEN = 1 << 30


def main() -> None:
    """Read the file that stdin asks for; what is refused is told on stdout."""
    asked = json.load(sys.stdin)
    _limit()
    try:
        with os.fdopen(asked["out"], "w", encoding="utf-8", newline="\n") as out:
            _writer(asked["family"])(asked, out)
    except (Refused, MemoryError, OSError) as problem:
        refusal = refusal_of(problem, asked["family"])
        json.dump({"code": refusal.code, "params": refusal.params}, sys.stdout)


def refusal_of(problem: Exception, family: str) -> Refused:
    """What to tell of a file that was refused, or that reached a limit; raises what is neither."""
    if isinstance(problem, MemoryError):
        return Refused("workbook_memory" if family == WORKBOOK else "file_memory", most=MEMORY >> 20)
    if isinstance(problem, OSError):
        if problem.errno != errno.EFBIG:
            raise problem
        return Refused("file_grown", most=WRITTEN >> 20)
    return problem


def _limit():
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, WRITTEN),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _writer(family):
    return {WORKBOOK: sheet.write, JSON: amazon.write}.get(family, edi.write)


if __name__ == "__main__":
    main()
