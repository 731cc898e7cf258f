"""XLS files for the tests, as no library writes them any more."""

from struct import pack

BIFF = {"#NULL!": 0, "#DIV/0!": 7, "#VALUE!": 15, "#REF!": 23, "#NAME?": 29, "#NUM!": 36, "#N/A": 42}


def older_workbook(*sheets, padded: int = 4096) -> bytes:
    """An XLS file of sheets of rows: words, numbers, errors such as #N/A, and formulas, ("=", what they came to).

    Its book is padded to a length; below 4,096 bytes it lies among the small files, as it would in a real one.
    """
    bodies = [
        _record(0x809, pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0)) + _cells(rows) + _record(0x0A) for rows in sheets
    ]
    start = _record(0x809, pack("<HHHHII", 0x600, 0x05, 0, 0, 0, 0)) + _record(0x42, pack("<H", 1200))
    names = [f"Sheet{number}".encode() for number, _rows in enumerate(sheets, 1)]
    at = len(start) + sum(4 + 8 + len(name) for name in names) + len(_record(0x0A))
    for name, body in zip(names, bodies, strict=True):
        start += _record(0x85, pack("<IHBB", at, 0, len(name), 0) + name)
        at += len(body)
    return _compound((start + _record(0x0A) + b"".join(bodies)).ljust(padded, b"\0"))


def _record(code, data=b""):
    return pack("<HH", code, len(data)) + data


def _cells(rows):
    return b"".join(
        _older_cell(pack("<HHH", row, column, 0), value)
        for row, values in enumerate(rows)
        for column, value in enumerate(values)
        if value is not None
    )


def _older_cell(place, value):
    if isinstance(value, tuple):
        result = pack("<BBBBBBH", 2, 0, BIFF[value[1]], 0, 0, 0, 0xFFFF) if value[1] in BIFF else pack("<d", value[1])
        return _record(0x06, place + result + pack("<HIHB", 0, 0, 1, 0x16))
    if value in BIFF:
        return _record(0x205, place + pack("<BB", BIFF[value], 1))
    if isinstance(value, bool):
        return _record(0x205, place + pack("<BB", value, 0))
    if isinstance(value, str):
        return _record(0x204, place + pack("<HB", len(value), 1) + value.encode("utf-16-le"))
    return _record(0x203, place + pack("<d", value))


def _compound(book):
    """The file system around a book: a header, its table of sectors, its directory, and the book."""
    small, free, end = len(book) < 4096, 0xFFFFFFFF, 0xFFFFFFFE
    body = book.ljust(-(-len(book) // 512) * 512, b"\0")
    count = len(body) // 512
    table = [0xFFFFFFFD, end, end, *range(4, 3 + count), end]
    tables = [pack("<128I", *(table + [free] * 128)[:128])]
    small_table = [*range(1, len(body) // 64), end]
    directory = _entry("Root Entry", 5, 3 if small else end, len(body) if small else 0)
    directory += _entry("Workbook", 2, 0 if small else 3, len(book)) + bytes(256)
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + pack("<HHHHH6xII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1)
    header += pack("<IIIIIII", 1, 0, 4096, 2 if small else end, int(small), end, 0) + pack("<109I", 0, *[free] * 108)
    return header + tables[0] + directory + pack("<128I", *(small_table + [free] * 128)[:128]) + body


def _entry(name, kind, start, size):
    text = (name + "\0").encode("utf-16-le")
    child = 1 if kind == 5 else 0xFFFFFFFF
    return text.ljust(64, b"\0") + pack("<HBBIII36xII4x", len(text), kind, 1, *[0xFFFFFFFF] * 2, child, start, size)
