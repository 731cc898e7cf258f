"""EDI and JSON come from whoever may import: whatever they hold, they cost a sentence, some time and little memory.

A19 (nothing in them is fetched), A35 (what grows while it is read), A41 (keys said twice), F17, F18.
"""

import errno
import json
import resource
import subprocess
import sys
import tempfile
from collections import Counter

import pytest

from kpis.imports import unfolding
from kpis.imports import workbook as engine
from kpis.imports.check import check_file
from kpis.imports.errors import UnusableFile
from kpis.imports.mapping import Format
from kpis.imports.refused import Refused
from kpis.imports.toml import mapping_text, parse_mapping
from tests.kpis import edi
from tests.kpis.files import write

MEGABYTE = 1 << 20
HEAD = "UNB+UNOC:3+a+b+261116:0930+I1'"
INVOICE = ("BGM+380+R-1", "DTM+137:20261116:102", "LIN+1++A:SA", "QTY+47:1", "MOA+203:5")
ENTRY = {"asin": "B1", "startDate": "2026-11-08", "endDate": "2026-11-14", "shippedUnits": 5}
SALES = "GET_VENDOR_SALES_REPORT"


# The peak of a process that was forked begins with that of its parent; its own memory knows better.
MEASURED = """
import atexit, runpy, sys
def tell():
    peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
    sys.stderr.write(peak)
atexit.register(tell)
runpy.run_module("kpis.imports.unfolding", run_name="__main__")
"""


def cost(folder, content, wanted):
    """(code of the refusal or None, seconds of processor, megabytes) of the process that reads such a file."""
    path = write(folder, content, "data")
    with tempfile.TemporaryFile() as out:
        asked = engine.ask(path, Format(message=wanted), (), engine.Writing(), out.fileno())
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [sys.executable, "-E", "-s", "-c", MEASURED],
            **{"input": json.dumps(asked), "text": True, "capture_output": True, "check": True},
            **{"cwd": engine.ROOT, "env": {}, "pass_fds": [out.fileno()]},
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    code = json.loads(done.stdout)["code"] if done.stdout else None
    return code, after.ru_utime - before.ru_utime, int(done.stderr) // 1024


def groups(number):
    yield from ("BSN*00*S-1*20261116", "HL*1**S")
    yield from (f"HL*{n}*1*I" for n in range(2, number))


def stores(number):
    yield from ("XQ*H*20261108*20261114", "LIN**UP*1", "ZA*QS**EA")
    yield from (f"SDQ*EA*92*{'*'.join(f'{n + at}*1' for at in range(10))}" for n in range(0, number, 10))


def kinds(number):
    return edi.edifact(*(edi.message(f"X{n}", reference=str(n)) for n in range(number)), edi.message("INVOIC"))


def nested(depth):
    return edi.report(SALES, "salesByAsin", ENTRY).replace('"B1"', "[" * depth + "]" * depth)


def echo(rows):
    """One long text in the header, which each line item repeats."""
    lines = (f"LIN+{n}" for n in range(rows))
    return edi.edifact(edi.message("INVOIC", f"BGM+380+{'x' * 60_000}", *lines))


HOSTILE = {
    "a segment without end": (lambda: HEAD + "FTX+" + "x" * 5 * MEGABYTE, "INVOIC", "edi_long"),
    "nothing but released marks": (lambda: HEAD + "FTX+" + "?'" * 3 * MEGABYTE, "INVOIC", "edi_long"),
    "a million empty segments": (lambda: HEAD + "'" * MEGABYTE, "INVOIC", "edi_tag"),
    "white space only": (lambda: HEAD + "\n" * 5 * MEGABYTE, "INVOIC", "edi_ends"),
    "NUL": (lambda: HEAD + "\0" * 5 * MEGABYTE, "INVOIC", "edi_binary"),
    "kinds of messages without number": (lambda: kinds(5_000), "INVOIC", "message_kinds"),
    "groups without number": (lambda: edi.x12(edi.transaction("856", *groups(100_100))), "856", "edi_many"),
    "stores without number": (lambda: edi.x12(edi.transaction("852", *stores(100_100))), "852", "edi_many"),
    "a deep list": (lambda: nested(MEGABYTE // 10), SALES, "json_deep"),
    "a deep object": (lambda: '{"a":' * MEGABYTE, SALES, "json_deep"),
    "a long text": (lambda: '{"reportSpecification": "' + "x" * 5 * MEGABYTE, SALES, "json_long"),
    "a long number": (lambda: '{"reportSpecification": ' + "9" * 5 * MEGABYTE, SALES, "json_long"),
    "keys without number": (lambda: "{" + ",".join(f'"k{n}": 1' for n in range(200)) + "}", SALES, "json_keys"),
    "the same key": (lambda: '{"a": 1, "a": 2}', SALES, "json_twice"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_grows_without_measure_is_refused_before_it_hurts(tmp_path, name):
    content, wanted, expected = HOSTILE[name]
    code, seconds, megabytes = cost(tmp_path, content(), wanted)
    assert code == expected
    assert seconds < 5
    assert megabytes < 200


def many_lines(number):
    lines = (line for n in range(number) for line in (f"LIN+{n}++A-{n}:SA", "QTY+47:1", "MOA+203:5"))
    return edi.edifact(edi.message("INVOIC", "BGM+380+R-1", "DTM+137:20261116:102", *lines))


LARGE = {
    "a header that lines repeat": (lambda: echo(20_000), "INVOIC"),
    "lines of one message": (lambda: many_lines(30_000), "INVOIC"),
    "messages": (lambda: edi.edifact(*(edi.message("INVOIC", *INVOICE) for _ in range(10_000))), "INVOIC"),
    "entries": (lambda: edi.report(SALES, "salesByAsin", *[ENTRY] * 30_000), SALES),
    "marks that are released": (
        lambda: edi.edifact(edi.message("INVOIC", *["IMD+F++:::" + "?+" * 30_000] * 30)),
        "INVOIC",
    ),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_large_file_takes_time_but_no_memory(tmp_path, name):
    content, wanted = LARGE[name]
    code, seconds, megabytes = cost(tmp_path, content(), wanted)
    assert (code, megabytes < 40) == (None, True)
    assert seconds < 20


def refusal(folder, content, mapping="edifact_invoic"):
    with pytest.raises(UnusableFile) as caught:
        check_file(write(folder, content), parse_mapping(mapping_text(mapping), mapping).with_constants(account="K-1"))
    return caught.value.code


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("import resource; resource.setrlimit(resource.RLIMIT_CPU, (1, 1))\nwhile 1: pass", "file_time"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGABRT)", "file_memory"),
        ("raise SystemExit(1)", "broken_file"),
    ],
)
def test_a_reader_that_does_not_come_back_is_told_of(tmp_path, monkeypatch, program, code):
    monkeypatch.setattr(engine, "COMMAND", [sys.executable, "-E", "-s", "-c", program])
    assert refusal(tmp_path, edi.edifact(edi.message("INVOIC", *INVOICE))) == code


@pytest.mark.parametrize(
    ("problem", "family", "code"),
    [
        (OSError(errno.EFBIG, "File too large"), "edifact", "file_grown"),
        (MemoryError(), "edifact", "file_memory"),
        (MemoryError(), "workbook", "workbook_memory"),
        (Refused("edi_isa"), "x12", "edi_isa"),
    ],
)
def test_a_limit_that_is_reached_is_told(problem, family, code):
    assert unfolding.refusal_of(problem, family).code == code


def test_any_other_failure_is_ours():
    with pytest.raises(FileNotFoundError):
        unfolding.refusal_of(FileNotFoundError(errno.ENOENT, "gone"), "edifact")


def test_what_stands_between_cells_cannot_be_smuggled_in(tmp_path):
    lines = [line.replace("A:SA", "A\x1fB\x1eC:SA") for line in INVOICE]
    (row,) = edi.rows(tmp_path, edi.edifact(edi.message("INVOIC", *lines)), "INVOIC")
    assert (row["supplier_item"], row["quantity"]) == ("A B\x1eC", "1")


def test_a_file_cut_off_anywhere_says_so(tmp_path):
    content = edi.edifact(edi.message("INVOIC", *INVOICE))
    codes = Counter()
    for end in range(12, len(content) - 2):
        with pytest.raises(Refused) as caught:
            edi.rows(tmp_path, content[:end], "INVOIC")
        codes[caught.value.code] += 1
    assert set(codes) == {"edi_cut_off", "edi_ends"}
