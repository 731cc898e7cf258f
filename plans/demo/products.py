"""What Osterhall makes: eight categories of fifteen articles, with a price and a season each."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from math import exp

from kam.rounding import cents
from kam.text import sort_key
from kpis.models import Category, Product

RATES = {"EUR": Decimal("1.00"), "GBP": Decimal("0.86"), "CNY": Decimal("7.80")}

# code, name, variants, models with their net price in euro, season by month
CATALOGUE = (
    (
        "RUN",
        "Running",
        ("Women", "Men", "Junior"),
        (("Quillon 4 Shoe", 62), ("Sorrel Race Shoe", 84), ("Havel Tight", 31),
         ("Merlo Shirt", 22), ("Tarn Jacket", 48)),
        (0.85, 0.9, 1.2, 1.4, 1.3, 1.05, 0.9, 0.95, 1.1, 0.95, 0.75, 0.65),
    ),
    (
        "TRL",
        "Trail and hiking",
        ("Women", "Men", "Unisex"),
        (("Corrie Boot", 88), ("Scarp Trail Shoe", 71), ("Lauen Softshell", 76),
         ("Brack Trousers", 45), ("Fenn Pole", 34)),
        (0.6, 0.65, 0.85, 1.1, 1.3, 1.35, 1.3, 1.2, 1.2, 1.05, 0.75, 0.65),
    ),
    (
        "FTB",
        "Football",
        ("Adult", "Youth", "Kids"),
        (("Anstoss Boot", 54), ("Libero Ball", 19), ("Kurve Jersey", 36),
         ("Riegel Shin Guard", 11), ("Bolz Short", 16)),
        (0.7, 0.85, 1.1, 1.15, 1.2, 1.1, 1.1, 1.35, 1.15, 0.95, 0.75, 0.6),
    ),
    (
        "TRN",
        "Training",
        ("Women", "Men", "Unisex"),
        (("Pivot Trainer", 49), ("Stoa Legging", 29), ("Calder Hoodie", 39),
         ("Plinth Mat", 21), ("Tendo Band Set", 14)),
        (1.6, 1.3, 1.05, 0.95, 0.9, 0.8, 0.75, 0.8, 1.0, 0.95, 0.9, 1.0),
    ),
    (
        "RAC",
        "Racket sports",
        ("Light", "Medium", "Strong"),
        (("Volant Badminton Racket", 58), ("Ace Line Tennis Racket", 96),
         ("Skid Court Shoe", 67), ("Feder Shuttle", 9),
         ("Netz Bag", 32)),
        (0.75, 0.8, 1.0, 1.25, 1.35, 1.3, 1.2, 1.05, 0.95, 0.85, 0.75, 0.75),
    ),
    (
        "CYC",
        "Cycling",
        ("S", "M", "L"),
        (("Mistral Helmet", 52), ("Ravel Bib Short", 57), ("Spoke Glove", 17),
         ("Passo Jersey", 41), ("Drift Rain Jacket", 69)),
        (0.45, 0.6, 1.0, 1.35, 1.5, 1.5, 1.4, 1.2, 1.05, 0.8, 0.6, 0.55),
    ),
    (
        "WIN",
        "Winter sports",
        ("Women", "Men", "Junior"),
        (("Firn Ski Jacket", 112), ("Hagel Helmet", 64), ("Griesel Glove", 27),
         ("Wehe Base Layer", 33), ("Lawin Goggle", 46)),
        (1.9, 1.4, 0.7, 0.25, 0.15, 0.12, 0.12, 0.3, 0.85, 1.5, 2.2, 2.5),
    ),
    (
        "BAG",
        "Bags and accessories",
        ("15 l", "25 l", "40 l"),
        (("Transit Backpack", 44), ("Quai Duffel", 38), ("Sill Bottle", 8),
         ("Knoll Cap", 12), ("Lode Sock Pack", 10)),
        (0.85, 0.85, 0.95, 1.0, 1.05, 1.1, 1.15, 1.2, 1.05, 0.9, 0.9, 1.0),
    ),
)  # fmt: skip

# Seasons differ, but the company sells about the same every month.
USUAL = [sum(row[4][month] for row in CATALOGUE) / len(CATALOGUE) for month in range(12)]
SEASONS = {row[0]: [share / usual for share, usual in zip(row[4], USUAL, strict=True)] for row in CATALOGUE}
# month, day, width in days, height; Christmas here; 18 June, 11 November and the Spring Festival there
FEASTS = {"": ((12, 12, 15, 0.3), (11, 27, 6, 0.12)), "CN": ((6, 18, 6, 0.4), (11, 11, 7, 0.6), (2, 10, 7, -0.15))}


@dataclass(frozen=True)
class Article:
    """One article as the generator needs it: its number in the list is its rank within the company's habits."""

    number: int
    code: str
    name: str
    category: str
    price: Decimal

    def __hash__(self):  # asked for half a million times
        return self.number

    def net_price(self, currency):
        """Our list price in the account's currency."""
        return cents(self.price * RATES[currency])


def catalogue():
    """All articles, in a fixed order."""
    found = []
    for prefix, _name, variants, models, _season in CATALOGUE:
        for place, (model, price) in enumerate(models):
            for size, variant in enumerate(variants):
                code = f"{prefix}-{place + 1}{size + 1:02d}"
                net = Decimal(price) * (Decimal("1.00"), Decimal("1.05"), Decimal("0.80"))[size]
                found.append(Article(len(found), code, f"{model} {variant}", prefix, cents(net)))
    return found


# Units per case by category; six of all others.
CASES = {"BAG": 4, "RAC": 12, "FTB": 10, "WIN": 12}


def gtin(number):
    """A number from the range that is kept for use within a company, with its check digit."""
    digits = f"2004711{number:05d}"
    odd, even = (sum(map(int, digits[start::2])) for start in (0, 1))
    return f"{digits}{-(odd + 3 * even) % 10}"


def build(articles):
    """Insert categories and products; returns product ids by code."""
    categories = Category.objects.bulk_create([Category(code=row[0], name=row[1]) for row in CATALOGUE])
    by_code = {row.code: row for row in categories}
    rows = [
        Product(
            code=a.code,
            name=a.name,
            sort_name=sort_key(a.name),
            gtin=gtin(a.number),
            brand="Osterhall",
            case_size=CASES.get(a.category, 6),
            category=by_code[a.category],
        )
        for a in articles
    ]
    return {row.code: row.pk for row in Product.objects.bulk_create(rows)}


@cache
def season(category, country, monday):
    """Sales of a category in that week as a multiple of its average week."""
    months = SEASONS[category]
    middle = monday + timedelta(days=3)
    position = middle.month - 1 + (middle.day - 15) / 30.4
    left = int(position // 1) % 12
    share = position % 1
    return (months[left] * (1 - share) + months[(left + 1) % 12] * share) * feast(country, middle)


def feast(country, day):
    """The weeks when everybody shops, or nobody, as smooth hills of the year."""
    return 1 + sum(
        height * exp(-(((day - date(day.year, month, top)).days / width) ** 2))
        for month, top, width, height in FEASTS.get(country, FEASTS[""])
    )
