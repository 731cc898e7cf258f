"""What shoppers bought, week by week, and what the stores received for it.

Stock always adds up: stock at the end of a week = stock before + receipts − units sold. What shoppers bring back to a
webshop goes to its returns centre, not back on the shelf.
"""

from collections import Counter
from dataclasses import dataclass, field
from random import Random

from plans.demo import stories
from plans.demo.days import WEEKS
from plans.demo.products import season

LOT = 2
BEST = 4
ALL_YEAR = ("RUN", "FTB", "TRN", "BAG")


@dataclass
class Flow:
    """One account's goods: `lines` are weekly rows of stores, `shipped` and `withheld` units by (week, article)."""

    articles: list
    lines: list = field(default_factory=list)
    shipped: Counter = field(default_factory=Counter)
    withheld: Counter = field(default_factory=Counter)


@dataclass
class Shelf:
    """One article in one store, and what is on the shelf."""

    store: object
    article: object
    rate: float
    stock: int = 0


def assortment(client, articles, seed):
    """The articles an account lists, best-sellers first; those sell all year round. Sellers offer accessories."""
    rng = Random(f"{seed}/assortment/{client.code}")
    if client.sells_with_us:
        return rng.sample([a for a in articles if a.category == "BAG"], client.range)
    best = sorted(rng.sample([a for a in articles if a.category in ALL_YEAR], BEST), key=lambda a: -a.price)
    return best + rng.sample([a for a in articles if a not in best], client.range - BEST)


def simulate(client, stores, articles, days, seed):
    """Run all weeks for one account; `stores` are its Shops. Returns its Flow."""
    rng = Random(f"{seed}/sales/{client.code}")
    flow = Flow(assortment(client, articles, seed))
    shelves = [shelf for store in stores for shelf in _shelves(client, flow.articles, store, rng)]
    levels = {a.number: _levels(client, a, days) for a in flow.articles}
    for shelf in shelves:
        shelf.stock = round(shelf.rate * levels[shelf.article.number][0] * client.cover)
        _live(client, shelf, levels[shelf.article.number], flow, days, rng)
    flow.lines.sort(key=lambda line: line[0])
    return flow


def _shelves(client, articles, store, rng):
    """What a store carries: the best-sellers and a choice of the rest; a warehouse carries everything."""
    carried = articles if client.central else articles[:BEST] + rng.sample(articles[BEST:], client.carried - BEST)
    for article in carried:
        popularity = 1.7 / (1 + articles.index(article) * 0.12) ** 0.8
        yield Shelf(store, article, client.pace * store.size * popularity)


def _levels(client, article, days):
    """The article's expected sales by week as a multiple of its rate: season times growth."""
    return [
        season(article.category, client.country, week) ** stories.swing(client.story)
        * (1 + client.growth * (index - WEEKS / 2) / (WEEKS / 2))
        for index, week in enumerate(days.weeks)
    ]


def _live(client, shelf, levels, flow, days, rng):
    """Let one shelf live through all weeks."""
    story, article = client.story, shelf.article
    is_best, last = article == flow.articles[0], len(levels) - 1
    for index, level in enumerate(levels):
        age = days.age(index)
        receipts = 0
        if (index + article.number) % 2 == 0:
            ahead = shelf.rate * (level + levels[min(index + 2, last)]) / 2
            receipts = _wanted(ahead * stories.cover(story, age, client.cover) - shelf.stock)
        if receipts and stories.withheld(story, is_best, age):
            flow.withheld[index, article] += receipts
            receipts = 0
        if receipts:
            flow.shipped[index, article] += receipts
        expected = shelf.rate * level * stories.demand(story, age) * stories.rush(story, is_best, age)
        units = min(shelf.stock + receipts, max(0, round(rng.gauss(expected, (0.3 * expected) ** 0.5))))
        shelf.stock += receipts - units
        if index < WEEKS:
            flow.lines.append((index, shelf.store, article, units, shelf.stock, receipts))


def _wanted(units):
    return max(0, -(-int(units) // LOT) * LOT)
