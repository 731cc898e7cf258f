"""EDIFACT and X12 files for tests: envelopes with right counts around the segments that a test writes."""

import io
import json

from kpis.imports import amazon, edi
from kpis.imports.families import JSON, family_of
from kpis.imports.sheet_cells import CELL

ISA = "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *261116*0930*U*00401*000000007*0*P*>~"
MARKS = "+:'?"


def escaped(text: str, marks: str = MARKS) -> str:
    """A text whose marks are released, as EDIFACT wants them."""
    release = marks[3]
    return "".join(release + letter if letter in marks else letter for letter in text)


def message(kind: str, *segments: str, reference: str = "M1", marks: str = MARKS) -> list[str]:
    """The segments of one EDIFACT message, without what ends them."""
    element, component = marks[0], marks[1]
    head = element.join(["UNH", reference, component.join([kind, "D", "96A", "UN", "EAN008"])])
    return [head, *segments, element.join(["UNT", str(len(segments) + 2), reference])]


def edifact(*messages: list[str], una: str = "", charset: str = "UNOC", ends: str = "\n", marks: str = MARKS) -> str:
    """An interchange of such messages."""
    element, component, end = marks[:3]
    parties = (component.join([name, "14"]) for name in ("4012345000009", "4098765000008"))
    head = element.join(["UNB", component.join([charset, "3"]), *parties, component.join(["261116", "0930"]), "I1"])
    tail = element.join(["UNZ", str(len(messages)), "I1"])
    segments = [head, *(segment for one in messages for segment in one), tail]
    return una + "".join(f"{segment}{end}{ends}" for segment in segments)


def transaction(kind: str, *segments: str, reference: str = "0001") -> list[str]:
    """The segments of one X12 transaction set, without what ends them."""
    return [f"ST*{kind}*{reference}", *segments, f"SE*{len(segments) + 2}*{reference}"]


def x12(*sets: list[str], ends: str = "\n") -> str:
    """An interchange of one group of such sets."""
    head = "GS*XX*SENDER*RECEIVER*20261116*0930*1*X*004010"
    tail = [f"GE*{len(sets)}*1", "IEA*1*000000007"]
    return ISA + ends + "".join(f"{segment}~{ends}" for segment in [head, *(s for one in sets for s in one), *tail])


def report(kind: str, entries: str, *rows: dict, **rest) -> str:
    """An Amazon vendor report."""
    said = {"reportType": kind, "reportOptions": {"reportPeriod": "WEEK"}, "marketplaceIds": ["A1PA6795UKMFR9"]}
    return json.dumps({"reportSpecification": said, entries: rows} | rest)


def rows(folder, content: str | bytes, wanted: str, encoding: str | None = "utf-8") -> list[dict[str, str]]:
    """The rows of the wanted message, without empty cells, read in this process. Raises Refused."""
    content = content.encode() if isinstance(content, str) else content
    path = folder / "data"
    path.write_bytes(content)
    family, out = family_of(content), io.StringIO()
    asked = {"family": family, "message": wanted, "encoding": encoding, "path": str(path)}
    (amazon.write if family == JSON else edi.write)(asked, out)
    _facts, header, *lines = out.getvalue().removesuffix("\n").split("\n")
    names = header.split(CELL)
    return [{name: cell for name, cell in zip(names, line.split(CELL), strict=True) if cell} for line in lines]
