"""A letter as a Word file: paragraphs and tables in the few parts of the format that they need."""

from io import BytesIO
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

MIME = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
PARTS = {
    "[Content_Types].xml": f"""{HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Override PartName="/word/document.xml" ContentType="{MIME}.main+xml"/></Types>""",
    "_rels/.rels": f"""{HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="r" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
Target="word/document.xml"/></Relationships>""",
}
BORDERS = "".join(
    f'<w:{side} w:val="single" w:sz="4" w:color="999999"/>' for side in ("top", "bottom", "insideH")
)  # fmt: skip
# XML knows no other control characters than these.
CONTROLS = dict.fromkeys(n for n in range(32) if chr(n) not in "\t\n\r")


def document(title, parts) -> bytes:
    """A DOCX file: the title, then `parts`, which are texts of paragraphs and tables (title, header, rows, numbers).

    `numbers` is the first column of a table whose cells are aligned to the right.
    """
    body = _paragraph(title, bold=True, size=28)
    for part in parts:
        body += _paragraphs(part) if isinstance(part, str) else _table(part)
    page = '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1134" w:right="1134" w:bottom="1134" '
    page += 'w:left="1134" w:header="567" w:footer="567" w:gutter="0"/></w:sectPr>'
    whole = f'{HEAD}<w:document xmlns:w="{W}"><w:body>{body}{page}</w:body></w:document>'
    target = BytesIO()
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        for name, text in {**PARTS, "word/document.xml": whole}.items():
            archive.writestr(name, text)
    return target.getvalue()


def _paragraphs(text):
    return "".join(_paragraph(part) for part in text.split("\n\n"))


def _paragraph(text, *, bold=False, size=21, right=False):
    style = f'<w:rPr>{"<w:b/>" if bold else ""}<w:sz w:val="{size}"/></w:rPr>'
    side = '<w:jc w:val="right"/>' if right else ""
    place = f'<w:pPr><w:spacing w:after="120"/>{side}</w:pPr>'
    lines = escape(text.translate(CONTROLS)).splitlines() or [""]
    runs = "<w:br/>".join(f'<w:t xml:space="preserve">{line}</w:t>' for line in lines)
    return f"<w:p>{place}<w:r>{style}{runs}</w:r></w:p>"


def _table(table):
    rows = [table["header"], *table["rows"]]
    drawn = "".join(_row(row, table["numbers"], bold=not at) for at, row in enumerate(rows))
    look = f'<w:tblPr><w:tblW w:w="5000" w:type="pct"/><w:tblBorders>{BORDERS}</w:tblBorders></w:tblPr>'
    grid = "<w:tblGrid>" + "<w:gridCol/>" * len(table["header"]) + "</w:tblGrid>"
    title = _paragraph(table["title"], bold=True)
    return f"{title}<w:tbl>{look}{grid}{drawn}</w:tbl>{_paragraph('')}"


def _row(cells, numbers, *, bold):
    drawn = (_paragraph(cell, bold=bold, size=18, right=at >= numbers) for at, cell in enumerate(cells))
    return "<w:tr>" + "".join(f"<w:tc>{cell}</w:tc>" for cell in drawn) + "</w:tr>"
