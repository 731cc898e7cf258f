"""Codes to rows: the accounts, stores and products that a checked file names, found or, where allowed, created."""

import json
from dataclasses import dataclass, field

import polars as pl

from accounts.access import may_create_account
from accounts.models import Account, Store
from kpis.imports import gtins, masters
from kpis.imports.mapping import Mapping
from kpis.imports.reader import LINE
from kpis.imports.result import Result, faults
from kpis.models import Product

PIECE = 100_000
STORES = {"account_id": pl.Int64, "store": pl.String, "store_id": pl.Int64}


@dataclass
class Known:
    """What was looked up for earlier rows of a file: accounts, products, and all stores of the accounts in `of`."""

    accounts: list[tuple[str, int, str]] = field(default_factory=list)
    products: list[tuple[str, int]] = field(default_factory=list)
    stores: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=STORES))
    of: set[int] = field(default_factory=set)

    def covers(self, rows: pl.DataFrame) -> bool:
        """Whether nothing that these rows name has to be looked up any more."""
        ids, named = {code: pk for code, pk, _currency in self.accounts}, _codes(rows, "account")
        if not named <= ids.keys():
            return False
        if "store" in rows.columns and not {ids[code] for code in named} <= self.of:
            return False
        return "product" not in rows.columns or _codes(rows, "product") <= {code for code, _pk in self.products}


@dataclass
class Loaded:
    """Rows with ids: `account_id`, `store_id`, `product_id`, `currency`; and how many masters were created."""

    frame: pl.DataFrame
    created: dict[str, int] = field(default_factory=dict)
    bad: list[pl.DataFrame] = field(default_factory=list)


def resolve(
    rows: pl.DataFrame, result: Result, mapping: Mapping, *, by, source: str, known: Known | None = None
) -> Loaded:
    """Find the ids of every code in accepted rows of a file, inside the caller's transaction.

    Missing masters are created where the mapping allows it; `source` names the import for its unassigned account. A
    person only reaches accounts they see: others are unknown to them. What stays unknown is in `bad`, as faults.
    `known` is what was looked up for rows before these, in the same transaction.
    """
    loaded, known = Loaded(rows), known or Known()
    names = set(rows.columns)
    _accounts(loaded, result, mapping, by, source, known)
    if "store" in names:
        _stores(loaded, result, mapping, by, known)
    if "product" in names:
        _products(loaded, result, mapping, by, known)
    return loaded


def _accounts(loaded, result, mapping, by, source, looked_up):
    rows = looked_up.accounts
    if wanted := _codes(loaded.frame, "account") - {code for code, *_ in rows}:
        rows += visible_accounts(by).filter(code__in=wanted).values_list("code", "id", "currency")
        rows += _new_accounts(loaded, result, mapping, by, wanted - {code for code, *_ in rows})
    if mapping.unassigned and loaded.frame.get_column("account").null_count():
        rows = rows + _unassigned(mapping, by, source)
    schema = {"account": pl.String, "account_id": pl.Int64, "own_currency": pl.String}
    known = pl.DataFrame(rows, schema=schema, orient="row").with_columns(_categories("account", "own_currency"))
    _add(loaded, known, ["account"])
    _refuse(loaded, result, "account", "account_id")
    own = pl.col("own_currency").alias("currency")
    if "currency" in loaded.frame.columns:
        own = pl.coalesce("currency", "own_currency").alias("currency")
    loaded.frame = loaded.frame.with_columns(own).drop("own_currency")


def _unassigned(mapping, by, source):
    """The account of lines that name none, for those who may open it and see it; for others such lines are unknown."""
    code = masters.unassigned_code(source)
    if by is not None and not (may_create_account(by) or visible_accounts(by).filter(code=code).exists()):
        return []
    account = masters.unassigned_account(
        source=source,
        title=mapping.title or mapping.name,
        currency=mapping.constants.get("currency", "EUR"),
        by=by,
    )
    seen = visible_accounts(by).filter(pk=account.pk).exists()
    return [(None, account.pk, account.currency)] if seen else []


def visible_accounts(by):
    """The accounts a person may import into; all of them for the system."""
    return Account.objects.visible_to(by) if by else Account.objects.all()


def _new_accounts(loaded, result, mapping, by, missing):
    """Create missing accounts; without the right to, they stay missing."""
    if not missing or not mapping.may_create("accounts") or not (by is None or may_create_account(by)):
        return []
    masters.lock()
    there = Account.objects.filter(code__in=missing)
    since = list(visible_accounts(by).filter(pk__in=there).values_list("code", "id", "currency"))
    missing -= set(there.values_list("code", flat=True))
    rows, poor = [], {}
    for row in _described(result, "accounts", missing, ("account",)):
        lacks = next((name for name in ("country", "currency") if not row.get(name)), None)
        if lacks:
            poor[row["code"]] = f"no_{lacks}"
        else:
            rows.append(row)
    made = masters.create_accounts(rows, by=by)
    loaded.created["accounts"] = len(made)
    _refuse_poor(loaded, result, poor)
    return since + [(account.code, account.pk, account.currency) for account in made]


def _refuse_poor(loaded, result, poor):
    for code, fault in poor.items():
        rows = loaded.frame.filter(pl.col("account") == code)
        shown = result.shown.get("account", "account")
        loaded.bad.append(faults(rows[LINE], shown, rows["account"], [fault] * rows.height, "{}"))
        loaded.frame = loaded.frame.filter(pl.col("account").ne_missing(pl.lit(code)))


def _described(result, what, missing, drop=()):
    """What the file says of missing masters: fields by name, the code for a name where it gives none."""
    found = result.masters[what].drop(LINE)
    found = found.with_columns(pl.selectors.categorical().cast(pl.String))
    for row in found.iter_rows(named=True):
        if row["code"] in missing:
            given = {name: value for name, value in row.items() if value is not None and name not in drop}
            yield {"name": row["code"]} | given


def _stores(loaded, result, mapping, by, known):
    pairs = loaded.frame.select("account_id", "store").unique().drop_nulls().cast({"store": pl.String})
    if new := set(pairs.get_column("account_id").unique()) - known.of:
        known.of |= new
        known.stores = pl.concat([known.stores, _stored_stores(new)])
    missing = _without(pairs, known)
    if missing.height and mapping.may_create("stores"):
        masters.lock()
        known.stores = _stored_stores(known.of)
        known.stores = pl.concat([known.stores, _new_stores(loaded, result, _without(pairs, known), by)])
    _add(loaded, known.stores.with_columns(_categories("store")), ["account_id", "store"])
    _refuse(loaded, result, "store", "store_id")


def _stored_stores(accounts):
    stored = Store.objects.filter(account__in=accounts).values_list("account_id", "code", "id")
    return pl.DataFrame(list(stored), schema=STORES, orient="row")


def _without(pairs, known):
    return pairs.join(known.stores, on=["account_id", "store"], how="anti")


def _new_stores(loaded, result, missing, by):
    ids = dict(loaded.frame.select(pl.col("account").cast(pl.String), "account_id").unique().iter_rows())
    wanted = set(missing.select("account_id", "store").iter_rows())
    rows = []
    for row in _described(result, "stores", set(missing["store"])):
        account = ids.get(row.pop("account", None))
        if (account, row["code"]) in wanted:
            rows.append(row | {"account_id": account})
    made = masters.create_stores(rows, by=by)
    loaded.created["stores"] = len(made)
    return pl.DataFrame([(s.account_id, s.code, s.pk) for s in made], schema=STORES, orient="row")


def _products(loaded, result, mapping, by, looked_up):
    rows = looked_up.products
    wanted = _codes(loaded.frame, "product") - {code for code, _ in rows}
    if wanted and mapping.by_gtin:
        rows += _by_gtin(loaded, result, mapping, wanted)
        wanted -= {code for code, _ in rows}
    if wanted:
        rows += _by_code(loaded, result, mapping, by, wanted)
    known = pl.DataFrame(rows, schema={"product": pl.String, "product_id": pl.Int64}, orient="row")
    known = known.with_columns(_categories("product"))
    _add(loaded, known, ["product"])
    if not mapping.updates:  # there the stored product counts, and a number nobody knows says nothing against it
        _refuse(loaded, result, "product", "product_id")


def _by_code(loaded, result, mapping, by, wanted):
    stored = Product.objects.filter(code__in=wanted).values_list("code", "id")
    known = list(stored)
    if len(known) < len(wanted) and mapping.may_create("products"):
        masters.lock()
        known = list(stored.all())
        known += _new_products(loaded, result, wanted - {code for code, _ in known}, by)
    return known


def _new_products(loaded, result, missing, by):
    made = masters.create_products(list(_described(result, "products", missing)), by=by)
    charges = sum(1 for product in made if product.category and product.category.code == masters.CHARGES)
    loaded.created |= {"products": len(made) - charges} | ({"charges": charges} if charges else {})
    return [(product.code, product.pk) for product in made]


def _by_gtin(loaded, result, mapping, wanted):
    """(GTIN, product) of those found; several products of one GTIN are faults of its rows."""
    found = gtins.products(wanted)
    for code in [code for code, products in found.items() if len(products) > 1 and not mapping.updates]:
        rows = loaded.frame.filter(pl.col("product") == code)
        shown = result.shown.get("product", "product")
        loaded.bad.append(faults(rows[LINE], shown, rows["product"], ["shared_gtin"] * rows.height, "{}"))
        loaded.frame = loaded.frame.filter(pl.col("product").ne_missing(pl.lit(code)))
    return [(code, products[0]) for code, products in found.items() if len(products) == 1]


def _codes(frame, name):
    return set(frame.get_column(name).unique().drop_nulls().cast(pl.String))


def _categories(*names):
    return [pl.col(name).cast(pl.Categorical) for name in names]


def _add(loaded, known, on):
    """Join on the key columns alone and some rows at a time, so that what joins make for themselves stays small."""
    pieces = loaded.frame.select(on).iter_slices(PIECE)
    joined = [piece.join(known, on=on, how="left", nulls_equal=True, maintain_order="left") for piece in pieces]
    found = pl.concat(joined).drop(on) if joined else known.drop(on).clear()
    loaded.frame = loaded.frame.with_columns(found)


def _refuse(loaded, result, name, found):
    """Faults for the rows whose code was not found; only an account must be there at all."""
    lost = pl.col(found).is_null()
    rows = loaded.frame.filter(lost if name == "account" else lost & pl.col(name).is_not_null())
    if name == "store":
        rows = rows.filter(pl.col("account_id").is_not_null())
    if not rows.height:
        return
    params = [json.dumps({"account": code} if name == "store" else {}) for code in rows["account"]]
    shown = result.shown.get(name, name)
    loaded.bad.append(faults(rows[LINE], shown, rows[name], [f"unknown_{name}"] * rows.height, pl.Series(params)))
