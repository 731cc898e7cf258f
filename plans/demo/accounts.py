"""Whom Osterhall sells to: groups with banners, retailers, webshops, wholesale, and sellers on its own marketplace."""

from dataclasses import dataclass, replace
from random import Random
from typing import NamedTuple

from accounts.models import Account, Membership, Store
from kam.audit import log_many, snapshot
from kam.text import sort_key
from plans.demo import places, stories


@dataclass(frozen=True)
class Client:
    """One account as the generator needs it.

    `outlets` stores carry `carried` of the `range` articles each and sell about `pace` units of one in a week;
    `cover` is for how many weeks they buy ahead, `growth` what the second year brings over the first,
    `discount` what they get off the list, `weekday` when their sell-through file is due (None: they send none),
    `story` which of `plans.demo.stories` it tells.
    """

    code: str
    name: str
    slug: str
    kind: str
    country: str
    currency: str
    manager: str
    tier: str = "B"
    parent: str = ""
    team: str = ""
    outlets: int = 0
    carried: int = 7
    range: int = 20
    pace: float = 4.0
    cover: float = 6.0
    growth: float = 0.04
    discount: float = 0.0
    term_days: int = 30
    weekday: int | None = 1
    story: str = ""

    @property
    def reports(self):
        """Whether it sends its sell-through."""
        return self.weekday is not None

    @property
    def sells_with_us(self):
        return self.kind == "seller"

    @property
    def is_group(self):
        return self.kind == "group"

    @property
    def central(self):
        """One warehouse or webshop instead of shops, each with the whole range."""
        return self.kind in ("webshop", "wholesaler", "distributor", "seller")


DE = Client("", "", "", "retailer", "DE", "EUR", "dach")
UK = replace(DE, country="GB", currency="GBP", manager="uk")
CN = replace(DE, country="CN", currency="CNY", manager="china", term_days=60)
SHOP = {"kind": "webshop", "outlets": 1, "range": 48, "cover": 4.0}


def _client(base, code, name, slug, **fields):
    return replace(base, code=code, name=name, slug=slug, **fields)


CLIENTS = (
    _client(DE, "DE-100", "Feldkamm Gruppe", "feldkamm", kind="group", tier="A", weekday=None),
    _client(DE, "DE-110", "Feldkamm Sporthaus", "feldkamm-sporthaus", parent="DE-100", tier="A", outlets=40, range=30,
            pace=5.0, growth=0.06, discount=0.06, story=stories.NEXT_TIER),
    _client(DE, "DE-120", "Laufspur 42", "laufspur", parent="DE-100", outlets=24, range=18, growth=0.03),
    _client(DE, "DE-130", "Feldkamm Online", "feldkamm-online", parent="DE-100", pace=46, growth=0.11, **SHOP),
    _client(DE, "DE-200", "Nordhafen Warenhaus AG", "nordhafen", tier="A", outlets=16, carried=10, range=26, pace=4.5,
            growth=-0.02, term_days=45, weekday=2, story=stories.PLAN_RETURNED),
    _client(DE, "DE-210", "Gratweg Outdoor GmbH", "gratweg", outlets=22, range=18, pace=3.8, story=stories.STOCK_OUT),
    _client(DE, "DE-220", "Radhaus Kessler KG", "radhaus-kessler", tier="C", outlets=10, range=14, pace=3.2,
            story=stories.FEED_SMALL),
    _client(DE, "DE-230", "Kurvenwerk Sport AG", "kurvenwerk", tier="A", outlets=26, range=24, pace=4.6, growth=0.02,
            story=stories.LATE_PAYER),
    _client(DE, "DE-240", "Sportrampe24 SE", "sportrampe24", tier="A", pace=58, growth=0.14, discount=0.04, weekday=0,
            **SHOP),
    _client(DE, "DE-250", "Krautwald & Söhne Großhandel", "krautwald", kind="wholesaler", tier="C", outlets=2,
            range=32,
            pace=34, cover=5.0, discount=0.12, growth=0.01, weekday=3),
    _client(DE, "AT-260", "Almkante Sport GmbH", "almkante", country="AT", outlets=12, range=20, pace=4.4,
            growth=0.09, story=stories.HEALTHY),
    _client(DE, "NL-270", "Van der Lekke Groothandel", "vanderlekke", kind="wholesaler", country="NL", tier="C",
            outlets=1,
            range=26, pace=38, discount=0.12, weekday=None),
    _client(UK, "UK-100", "Thornleigh Leisure Group plc", "thornleigh", kind="group", tier="A", weekday=None),
    _client(UK, "UK-110", "Pacer's Yard", "pacersyard", parent="UK-100", tier="A", outlets=32, range=26, pace=4.6,
            growth=0.05, story=stories.OTIF_MISSED),
    _client(UK, "UK-120", "Fellgate Outdoor", "fellgate", parent="UK-100", outlets=18, range=20, pace=4.0,
            growth=0.03, story=stories.BEHIND_CURVE),
    _client(UK, "UK-200", "Hollin & Marsh", "hollinmarsh", tier="A", outlets=12, carried=10, range=24, pace=4.4,
            weekday=2, story=stories.PLAN_WAITING),
    _client(UK, "UK-210", "Sidelane Sports Ltd", "sidelane", tier="C", outlets=14, range=16, pace=3.4,
            story=stories.FEED_PARTIAL),
    _client(UK, "UK-220", "Swiftlark", "swiftlark", pace=36, growth=0.1, weekday=0, **SHOP),
    _client(UK, "IE-230", "Carrowmoyle Distribution", "carrowmoyle", kind="distributor", country="IE", currency="EUR",
            outlets=2, range=30, pace=30, cover=5.0, discount=0.15, weekday=3),
    _client(CN, "CN-100", "岳澜体育集团", "yuelan", kind="group", tier="A", weekday=None),
    _client(CN, "CN-110", "岳澜运动城", "yuelan-city", parent="CN-100", tier="A", outlets=28, range=24, pace=5.2,
            growth=0.02, story=stories.DRIFTING),
    _client(CN, "CN-120", "跃野户外", "yueye", parent="CN-100", outlets=14, range=18, pace=4.0, growth=0.07),
    _client(CN, "CN-200", "江岚百货", "jianglan", outlets=12, carried=9, range=22, pace=4.2, growth=0.1,
            story=stories.FEED_MISSING),
    _client(CN, "CN-210", "劲川优选", "jinchuan", tier="A", pace=70, growth=0.16, weekday=0, **SHOP),
    _client(CN, "CN-220", "华澈商贸", "huache", kind="distributor", outlets=3, range=30, pace=32, discount=0.15,
            weekday=3),
    _client(DE, "MP-310", "Tapehaus Zubehör", "tapehaus", kind="seller", tier="C", team="Marketplace", outlets=1,
            range=8, pace=22),
    _client(UK, "MP-320", "Gripwell Accessories", "gripwell", kind="seller", tier="C", team="Marketplace", outlets=1,
            range=8, pace=18),
    _client(CN, "MP-330", "轻羽运动配件", "qingyu", kind="seller", tier="C", team="Marketplace", outlets=1, range=8,
            pace=26),
)  # fmt: skip

VISITED = {"DE-110", "AT-260"}
LANGUAGES = {"DE": ["de"], "AT": ["de"], "NL": ["nl", "en"], "GB": ["en"], "IE": ["en"], "CN": ["zh-hans"]}


@dataclass(frozen=True)
class Cast:
    """The accounts of one company."""

    clients: tuple = CLIENTS

    @property
    def trading(self):
        """All but the groups."""
        return tuple(client for client in self.clients if not client.is_group)

    @property
    def customers(self):
        """Those who buy from us."""
        return tuple(client for client in self.trading if not client.sells_with_us)

    def without(self, *told):
        """The same accounts, of which those that told these stories live like the others."""
        return Cast(tuple(replace(c, story="") if c.story in told else c for c in self.clients))

    def only(self, *told):
        """The accounts that tell these stories, and the groups above them."""
        chosen = [client for client in self.clients if client.story in told]
        codes = {client.code for client in chosen} | {client.parent for client in chosen}
        return Cast(tuple(client for client in self.clients if client.code in codes))


def code_of(story):
    """The account that tells a story."""
    return next(client.code for client in CLIENTS if client.story == story)


def build(cast, people, teams):
    """Insert the account tree with owners and memberships; returns accounts by code."""
    top = [client for client in cast.clients if not client.parent]
    below = [client for client in cast.clients if client.parent]
    found = _insert(top, {}, people, teams)
    found |= _insert(below, found, people, teams)
    Membership.objects.bulk_create(_memberships(top, found, people))
    return found


def _insert(clients, above, people, teams):
    rows = Account.objects.bulk_create([_account(c, above.get(c.parent), people, teams) for c in clients])
    for row in rows:
        row.lineage = [*(row.parent.lineage if row.parent else ()), row.pk]
    Account.objects.bulk_update(rows, ["lineage"])
    log_many(rows, "created", by=None, after=snapshot)
    return {row.code: row for row in rows}


def _account(client, parent, people, teams):
    return Account(
        code=client.code,
        name=client.name,
        sort_name=sort_key(client.name),
        kind=client.kind,
        direction="sell_with" if client.sells_with_us else "sell_to",
        tier=client.tier,
        country=client.country,
        currency=client.currency,
        languages=LANGUAGES[client.country],
        parent=parent,
        team=teams[client.team] if client.team else None,
        owner=people[client.manager],
    )


def _memberships(top, found, people):
    """Managers look after what stands at the top, and so after all below; the field visits a banner and a retailer."""
    for client in top:
        yield Membership(account=found[client.code], user=people[client.manager], function="Account manager")
    for code in found.keys() & VISITED:
        yield Membership(account=found[code], user=people["field"], function="Store visits")


class Shop(NamedTuple):
    """One store: its id, its number at its account, and how large it is, about 1 on average."""

    pk: int
    code: str
    size: float


def stores(cast, found, seed):
    """Insert the stores of all accounts; returns {account code: [Shop]}."""
    rows, sizes = [], []
    for client in cast.trading:
        rng = Random(f"{seed}/stores/{client.code}")
        for number, (name, city) in enumerate(places.of(client, rng), 1):
            rows.append(_store(client, found[client.code], number, name, city))
            sizes.append(1.0 if client.central else rng.choice((0.7, 0.8, 0.9, 1.0, 1.0, 1.15, 1.35)))
    by_account = {client.code: [] for client in cast.trading}
    codes = {account.pk: code for code, account in found.items()}
    for row, size in zip(Store.objects.bulk_create(rows), sizes, strict=True):
        by_account[codes[row.account_id]].append(Shop(row.pk, row.code, size))
    return by_account


def _store(client, account, number, name, city):
    kinds = {"webshop": "webshop", "seller": "webshop", "wholesaler": "warehouse", "distributor": "warehouse"}
    return Store(
        account=account,
        code=f"{number:03d}",
        name=name,
        kind=kinds.get(client.kind, "outlet"),
        city=city,
        country=client.country,
    )
