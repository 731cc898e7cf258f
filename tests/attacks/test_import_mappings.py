"""A mapping is text from whoever may import: it reads no file of the server, and costs next to nothing to refuse."""

import time
import zlib

import pytest

from kpis.imports.check import check_file
from kpis.imports.errors import MappingError, UnusableFile
from kpis.imports.toml import mapping_text, parse_mapping
from tests.kpis.files import ours

COLUMNS = """
[columns]
account = "account"
store = "store"
product = "product"
week = "week"
units = "units"
"""
ROWS = b"account,store,product,week,units\nA,S,P,2026-11-16,1\n"


def mapping(text):
    return f'kind = "sell_through"\n{text}\n{COLUMNS}'


def lookup(file):
    return mapping(f"[[lookup]]\nfile = '{file}'\non = [['account', 1]]\nbring = {{ x = 1 }}")


@pytest.mark.parametrize("file", ["/etc/passwd", "../../../../etc/passwd", "..", ".", "./data", "a/b", ".hidden", ""])
def test_a_joined_file_is_named_plainly(file):
    with pytest.raises(MappingError):
        parse_mapping(lookup(file), "own")


@pytest.mark.parametrize("name", ["../toml", "/etc/passwd", "uci.toml", "UCI", "", "uci\0", "default_orders\n"])
def test_our_own_mappings_are_found_by_plain_name_only(name):
    with pytest.raises(MappingError):
        mapping_text(name)


@pytest.mark.parametrize("encoding", ["zip", "bz2", "hex", "base64", "uu", "rot13", "punycode", "idna", "a\\u0000b"])
def test_an_encoding_is_one_of_text_so_that_nothing_is_unpacked(tmp_path, encoding):
    (tmp_path / "data").write_bytes(zlib.compress(b"a" * 1_000_000))
    with pytest.raises(MappingError):
        check_file(tmp_path / "data", parse_mapping(mapping(f'[file]\nencoding = "{encoding}"'), "own"))


COSTLY = {
    "dotted key": ".".join(["a"] * 15_000) + " = 1",
    "quoted dotted key": ".".join(['"a"'] * 9_000) + " = 1",
    "dotted table": "[" + " . ".join(["a"] * 9_000) + "]",
    "nested arrays": "a = " + "[" * 30_000,
    "nested tables": "a = " + "{a=" * 15_000,
    "long number": "a = " + "9" * 60_000,
    "long text": "a = '" + "x" * 1_000_000 + "'",
    "patterns that grow": mapping("[[derived]]\nname = 'x'\nfrom = 'account'\npattern = '(a{1000}){1000}'"),
    "words that grow": mapping("[[derived]]\nname = 'x'\nfrom = 'account'\nfirst_words = 10000000"),
}


@pytest.mark.parametrize("name", COSTLY)
def test_a_costly_mapping_is_refused_at_once(name):
    began = time.monotonic()
    with pytest.raises(MappingError):
        parse_mapping(COSTLY[name], "own")
    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    "text",
    [
        "[file]\nquote = '“'",
        "[file]\ndates = []",
        "[[rules]]\nname = 'r'\naction = 'skip'\nwhen = []",
        "[[rules]]\nname = 'r'\naction = 'skip'\nwhen = [1]",
        "[[derived]]\nname = 'x'\nfrom = 'account'\nfirst_chars = -1",
    ],
)
def test_what_the_reader_could_not_run_is_refused_as_a_mapping(text):
    with pytest.raises(MappingError):
        parse_mapping(mapping(text), "own")


ODD = {
    "a zip called csv": b"PK\x03\x04" + ROWS,
    "a gzip called csv": b"\x1f\x8b" + ROWS,
    "NUL bytes": ROWS + b"\0\0",
    "a quote never closed": ROWS + b'A,"' + b"x\n" * 50_000,
    "nothing but quotes": b'"' * 100_001,
    "nothing": b"",
    "a hundred thousand columns": b",".join([b"c"] * 100_000) + b"\n1\n",
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_file_is_refused_with_a_short_sentence(tmp_path, name):
    (tmp_path / "data").write_bytes(ODD[name])
    began = time.monotonic()
    with pytest.raises(UnusableFile) as refusal:
        check_file(tmp_path / "data", ours("default_sell_through"))
    assert len(str(refusal.value)) < 20_000
    assert time.monotonic() - began < 2


def test_a_megabyte_in_a_cell_or_a_header_leaves_short_faults(tmp_path):
    long = b"x" * 900_000
    rows = b"account,store,product,week," + long + b'\nA,S,"' + long + b'",2026-11-16,no number\n'
    (tmp_path / "data").write_bytes(rows)
    text = mapping("").replace('units = "units"', "units = 5")
    faults = check_file(tmp_path / "data", parse_mapping(text, "own")).errors
    assert faults.height == 2
    assert max(len(value) for row in faults.select("column", "value", "params").rows() for value in row) <= 200
