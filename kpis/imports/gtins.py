"""Products by the GTIN on their packaging, which may be written with 8, 12, 13 or 14 digits."""

from collections import defaultdict

from kpis.models import Product

LENGTHS = (8, 12, 13, 14)
LONGEST = 14


def products(codes: set[str]) -> dict[str, list[int]]:
    """The ids of the products that have each code as their GTIN, zeros before it aside; codes of none are left out."""
    written = {form: code.zfill(LONGEST) for code in codes if is_gtin(code) for form in forms(code)}
    found = defaultdict(list)
    for gtin, product in Product.objects.filter(gtin__in=written).values_list("gtin", "pk"):
        found[written[gtin]].append(product)
    return {code: found[code.zfill(LONGEST)] for code in codes if is_gtin(code) and code.zfill(LONGEST) in found}


def is_gtin(code: str) -> bool:
    """Whether a code can be a GTIN."""
    return code.isascii() and code.isdigit() and 1 < len(code) <= LONGEST and bool(int(code))


def forms(code: str) -> set[str]:
    """Every way to write a GTIN: as it is, and with as many zeros before it as each length asks for."""
    bare = code.lstrip("0")
    return {code} | {bare.zfill(length) for length in LENGTHS if len(bare) <= length}
