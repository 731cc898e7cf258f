"""How files call our fields, in English, German and Chinese: `words.toml` beside this."""

import tomllib
from functools import cache
from pathlib import Path

GTINS = frozenset(("gtin", "ean", "ean code", "upc", "barcode", "条码", "条形码"))


def words_of(field: str) -> tuple[str, ...]:
    """What files call a field, its own name first."""
    return (field.replace("_", " "), *_words().get(field, ()))


@cache
def _words():
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
