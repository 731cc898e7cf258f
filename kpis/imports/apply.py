"""One checked file into the database, whatever its kind; the caller holds the transaction, and may undo it."""

from collections import Counter
from dataclasses import dataclass, field

import polars as pl

from accounts.access import may_assign, may_create_account, may_edit
from accounts.models import Account, Store
from kam.leases import take_turns
from kam.services import change
from kpis import rollups, summing
from kpis.access import may_keep_house_feeds
from kpis.imports import despatches, masters
from kpis.imports.existing import complete
from kpis.imports.load import Known, resolve, visible_accounts
from kpis.imports.mapping import Mapping
from kpis.imports.merge import Merge, lock, lock_kind, stored_columns
from kpis.imports.reader import LINE
from kpis.imports.result import Result, faults
from kpis.imports.tables import TABLES
from kpis.models import ExchangeRate, ImportBatch, Product


@dataclass
class Outcome:
    """What became of the accepted rows: masters created, by kind, and rows new, changed and unchanged.

    `weeks` has the same of facts by account and week, see `weeks`.
    """

    created: dict[str, int] = field(default_factory=dict)
    changes: dict[str, int] = field(default_factory=dict)
    weeks: pl.DataFrame | None = None


def keeps_good_rows(batch: ImportBatch) -> bool:
    """Whether the batch's feed wants the good rows of facts stored where others are bad; the default is all or none."""
    return bool(batch.feed and batch.feed.keeps_good_rows and batch.kind in TABLES)


def apply(result: Result, mapping: Mapping, batch: ImportBatch) -> Outcome:
    """Store the accepted rows of a file for a batch; faults that only the database can tell are added to `result`.

    With any fault nothing is stored but, perhaps, masters: the caller then rolls back. Only where `keeps_good_rows`
    the good rows are stored nevertheless.
    """
    if result.kind.name in TABLES:
        return _facts(result, mapping, batch)
    masters.lock()
    return MASTERS[result.kind.name](result, mapping, batch)


def _facts(result, mapping, batch):
    merge, created = Merge(result.kind, batch.pk, result.assumed), Counter()
    keeps_good = keeps_good_rows(batch)
    if result.kept.is_cut:  # its accounts are known part by part, and would be locked in any order
        lock_kind(result.kind.name)
    known = Known()
    for rows in result.kept.taken():
        loaded = _resolved(rows, result, mapping, batch, known)
        created.update(loaded.created)
        if keeps_good or not result.rejected:
            _merge(loaded, merge)
    if result.rejected and not (keeps_good and result.accepted):
        return Outcome()
    merge.finish()
    return Outcome(dict(created), merge.counts, merge.weeks)


def _resolved(rows, result, mapping, batch, known):
    """Some accepted rows with the ids of what they name, without those whose faults only the database can tell."""
    source = batch.feed.code if batch.feed else mapping.name.removesuffix(".toml")
    loaded = resolve(rows, result, mapping, by=batch.by, source=source, known=known)
    if mapping.updates:
        complete(loaded, result)
    rows = result.refuse(rows, loaded.bad)
    if loaded.bad:
        loaded.frame = loaded.frame.join(rows, on=LINE, how="semi")
    return loaded


def _merge(loaded, merge):
    frame, loaded.frame = stored_columns(despatches.together(loaded.frame), merge.kind), None
    lock(merge.kind.name, frame.get_column("account_id").unique().sort().to_list())
    merge.add(frame)


def _rows(result, *drop):
    """Accepted rows as dictionaries of what the file says, without empty values."""
    frame = result.frame.with_columns(pl.selectors.categorical().cast(pl.String)).drop(LINE, *drop, strict=False)
    for row in frame.iter_rows(named=True):
        yield {name: value for name, value in row.items() if value is not None}


def _outcome(result, what, new, changed):
    rows = result.frame.height
    created = {what: new} if new else {}
    return Outcome(created, {"new": new, "changed": changed, "unchanged": rows - new - changed})


def _accounts(result, mapping, batch):
    by = batch.by
    rows = {row["code"]: row for row in _rows(result, "parent")}
    stored = {account.code: account for account in Account.objects.filter(code__in=rows)}
    seen = set(visible_accounts(by).filter(code__in=rows).values_list("code", flat=True))
    new = {code: row for code, row in rows.items() if code not in stored}
    result.frame = result.refuse(result.frame, _refused_accounts(result, stored, seen, new, by))
    if result.rejected:
        return Outcome()
    stored |= {account.code: account for account in masters.create_accounts(list(new.values()), by=by)}
    old = {code: row for code, row in rows.items() if code not in new}
    changed = masters.change(Account, stored, old, by=by)
    result.frame = result.refuse(result.frame, _parents(result, stored, old, by))
    return _outcome(result, "accounts", len(new), changed)


def _refused_accounts(result, stored, seen, new, by):
    """Faults of accounts that this person may not touch, and of new ones without country or currency."""
    allowed = {code for code in seen if by is None or may_edit(by, stored[code])}
    if by is None or may_create_account(by):
        allowed |= set(new)
    denied = result.frame.filter(~pl.col("code").is_in(sorted(allowed)))
    yield _faults(result, denied, "code", "not_allowed")
    for name in ("country", "currency"):
        lacking = pl.col(name).is_null() if name in result.frame.columns else pl.lit(True)
        yield _faults(result, result.frame.filter(lacking & pl.col("code").is_in(sorted(new))), "code", f"no_{name}")


def _faults(result, rows, name, code):
    return faults(rows[LINE], result.shown.get(name, name), rows[name], [code] * rows.height, "{}")


def _parents(result, stored, old, by):
    """Hang accounts below the parents the file names; faults of parents that are unknown or make a loop."""
    if "parent" not in result.frame.columns:
        return
    named = result.frame.filter(pl.col("parent").is_not_null()).with_columns(pl.col("parent").cast(pl.String))
    known = dict(visible_accounts(by).filter(code__in=set(named["parent"])).values_list("code", "pk"))
    for row in named.iter_slices(1):
        account, parent = stored[row["code"].item()], known.get(row["parent"].item())
        if parent is None:
            yield _faults(result, row, "parent", "unknown_account")
        elif account.parent_id != parent and by is not None and not may_assign(by, account):
            yield _faults(result, row, "parent", "not_allowed")
        elif account.parent_id != parent and not _hang(account, parent, by, account.code in old):
            yield _faults(result, row, "parent", "loop")


def _hang(account, parent_id, by, was_there):
    account.refresh_from_db()
    parent = Account.objects.get(pk=parent_id)
    if account.pk in parent.lineage:
        return False
    if was_there:
        change(account, by=by, version=None, fields={"parent": parent})
    else:
        account.parent = parent
        account.save()
    return True


def _stores(result, mapping, batch):
    loaded = resolve(result.frame, result, mapping, by=batch.by, source="")
    result.frame = result.refuse(result.frame, loaded.bad)
    if result.rejected:
        return Outcome()
    result.frame = loaded.frame
    rows = {}
    for row in _rows(result, "account", "currency"):
        rows[row["account_id"], row["code"]] = row
    accounts = {account for account, _ in rows}
    stored = {(store.account_id, store.code): store for store in Store.objects.filter(account__in=accounts)}
    new = [row for key, row in rows.items() if key not in stored]
    masters.create_stores(new, by=batch.by)
    old = {key: row for key, row in rows.items() if key in stored}
    changed = masters.change(Store, stored, old, by=batch.by)
    return _outcome(result, "stores", len(new), changed)


def _products(result, mapping, batch):
    rows = {row["code"]: row for row in _rows(result)}
    stored = Product.objects.select_related("category").in_bulk(list(rows), field_name="code")
    new = [row for code, row in rows.items() if code not in stored]
    masters.create_products(new, by=batch.by)
    old = {code: row for code, row in rows.items() if code in stored}
    categories = masters.categories({row.get("category") for row in old.values()})
    for row in old.values():
        if "category" in row:
            row["category"] = categories[row["category"]]
    was = {code: stored[code].category_id for code, row in old.items() if "category" in row}
    changed = masters.change(Product, stored, old, by=batch.by)
    rollups.products_moved([stored[code].pk for code in was if stored[code].category_id != was[code]])
    return _outcome(result, "products", len(new), changed)


# The weeks at whose end a rate of the batch holds, of all accounts: only their facts say which currencies they have.
CONVERTED = """
    SELECT w.account_id, w.week FROM (
        SELECT day, batch_id, lead(day) OVER (PARTITION BY currency ORDER BY day) AS until FROM kpis_exchangerate
    ) r JOIN kpis_accountweek w ON w.week + 6 >= r.day AND (r.until IS NULL OR w.week + 6 < r.until)
    WHERE r.batch_id = %s
"""


def _rates(result, mapping, batch):
    """Rates are common to the house: those who keep its feeds add days, and correct known ones."""
    if batch.by is not None and not may_keep_house_feeds(batch.by):
        result.frame = result.refuse(result.frame, [_faults(result, result.frame, "currency", "not_allowed")])
        return Outcome()
    stored = {(r.currency, r.day): r.per_euro for r in ExchangeRate.objects.all()}
    rows = [ExchangeRate(**row, batch_id=batch.pk) for row in _rows(result)]
    new = sum((row.currency, row.day) not in stored for row in rows)
    other = [row for row in rows if stored.get((row.currency, row.day)) != row.per_euro]
    ExchangeRate.objects.bulk_create(
        other,
        batch_size=masters.CHUNK,
        update_conflicts=True,
        unique_fields=["currency", "day"],
        update_fields=["per_euro", "batch"],
    )
    take_turns(summing.TURN, together=True)
    rollups.touch(f"{CONVERTED} UNION {rollups.WAITING}", [batch.pk])
    return Outcome({}, {"new": new, "changed": len(other) - new, "unchanged": len(rows) - len(other)})


MASTERS = {"accounts": _accounts, "stores": _stores, "products": _products, "rates": _rates}
