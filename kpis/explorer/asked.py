"""What a reader asks of the explorer, read from the address."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from accounts.models import Account
from kpis import calc, queries
from kpis.models import Category, Product
from kpis.queries import YEAR

ACCOUNT, CATEGORY, PRODUCT, STORE = LEVELS = ("account", "category", "product", "store")
UNITS, VALUE, FLOW = "units", "value", "flow"
BOUGHT, PAID = "sell_in_units", "sell_in"
SHOWS = (UNITS, VALUE, "rate", "supply", "stock", FLOW, "receipts", "returns", BOUGHT, PAID)
MONEY = (VALUE, PAID)
OF_ACCOUNTS = (BOUGHT, PAID)
SPANS = (4, 12, 26, 52)
YEAR_BEFORE, PERIOD_BEFORE = COMPARISONS = ("year", "period")
NO_CATEGORY = 0
MOST_OPEN = 40
# Stock cover looks at four weeks, the last of which is the week itself.
BASIS = timedelta(weeks=calc.BASIS_WEEKS - 1)


@dataclass(frozen=True)
class Asked:
    """One view of the explorer.

    `by` is the level of its outermost rows; `account`, `category` and `product` are what they are narrowed to;
    `accounts` are those that the filters leave, None for all. `opened` are paths of ids, outermost
    first, below which rows are shown. Weeks run to the Monday `last`.
    """

    user: object
    by: str = ACCOUNT
    account: Account | None = None
    category: Category | None = None
    product: Product | None = None
    accounts: object = None
    show: str = UNITS
    against: str = YEAR_BEFORE
    weeks: int = 12
    last: date | None = None
    newest: date | None = None
    opened: tuple = ()
    currency: str = ""

    @property
    def first(self):
        return self.last - timedelta(weeks=self.weeks - 1)

    @property
    def mondays(self):
        return calc.mondays(self.first, self.weeks)

    @property
    def back(self):
        """How far what is compared with lies behind."""
        return YEAR if self.against == YEAR_BEFORE else timedelta(weeks=self.weeks)

    @property
    def shows(self):
        """What may be shown: sell-in is known of whole accounts only."""
        return SHOWS if has_sell_in(self.by, self.category, self.product) else SHOWS[: -len(OF_ACCOUNTS)]

    @property
    def is_money(self):
        return self.show in MONEY

    def levels(self, depth):
        """The levels from the outermost rows down to `depth`."""
        at = LEVELS.index(self.by)
        return LEVELS[at : at + depth + 1]

    @property
    def levels_shown(self):
        """The levels of all rows: from the outermost ones down to those below what is opened."""
        return self.levels(max((len(path) for path in self.opened if self.may_open(len(path) - 1)), default=0))

    def may_open(self, depth):
        """Whether rows at this depth have others below them: down to stores, within one account."""
        return self._is_within_account() and LEVELS.index(self.by) + depth < len(LEVELS) - 1

    def _is_within_account(self):
        return self.by == ACCOUNT or self.account is not None


def levels_offered(account, product):
    """Products are those of an account, stores those of a product at an account: no reader adds up all others."""
    offered = [ACCOUNT, CATEGORY]
    offered += [PRODUCT] if account else []
    return [*offered, STORE] if account and product else offered


def asked_by(request, cleaned) -> Asked:
    """The view that a request's address names; what it does not say, or says wrongly, is as usual.

    `cleaned` are the filters' values (`kpis.filters.ExplorerFilter`).
    """
    params = request.GET
    account, product = cleaned.get("account"), cleaned.get("product")
    by = _one_of(params.get("by"), levels_offered(account, product), ACCOUNT)
    newest = queries.last_week()
    asked = Asked(
        user=request.user,
        by=by,
        account=account,
        category=cleaned.get("category"),
        product=product,
        accounts=_accounts(cleaned),
        against=_one_of(params.get("against"), COMPARISONS, YEAR_BEFORE),
        weeks=queries.asked_number(request, "weeks", SPANS, 12),
        last=min(queries.asked_week(request) or newest, newest),
        newest=newest,
        opened=tuple(filter(None, map(_path, params.getlist("open")[:MOST_OPEN]))),
    )
    asked = replace(asked, show=_one_of(params.get("show"), asked.shows, UNITS))
    return replace(asked, currency=_currency(asked))


def _currency(asked):
    """The currency in which money is added up; none where no money is shown."""
    if not asked.is_money:
        return ""
    return asked.account.currency if asked.account else queries.usual_currency(asked.user)[0]


def has_sell_in(by, category, product):
    """Sell-in is summed by account alone."""
    return by == ACCOUNT and not (category or product)


def _one_of(value, known, usual):
    return value if value in known else usual


def _path(text):
    """Ids of a path such as `12.3`; None for anything else."""
    parts = text.split(".")
    is_path = len(parts) < len(LEVELS) and all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts)
    return tuple(map(int, parts)) if is_path else None


def _accounts(cleaned):
    """The accounts that the filters leave, None where they leave all; the sums are of those that the reader sees."""
    account, text = cleaned.get("account"), cleaned.get("account_named")
    tiers, country = cleaned.get("tier"), cleaned.get("country")
    if not (account or text or tiers or country):
        return None
    found = Account.objects.order_by()
    found = found.filter(lineage__contains=[account.pk]) if account else found
    found = found.found_by(text) if text else found
    found = found.filter(tier__in=tiers) if tiers else found
    found = found.filter(country=country.upper()) if country else found
    return found.values("pk")
