"""Accounts, stores and products by the thousand: created and changed with sort keys, lineage and audit entries."""

from django.db import connection
from django.utils.translation import gettext as _

from accounts.models import Account, Store
from kam.audit import log_many, snapshot
from kam.text import sort_key
from kpis.models import Category, Product

CHUNK = 2000
CHARGES = "CHARGES"


def lock() -> None:
    """One import at a time creates masters, so that two files with the same new code do not collide."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('kam_import_masters'))")


def create_accounts(rows: list[dict], *, by) -> list[Account]:
    """Create accounts that stand alone, from fields by name; the rows are valid and their codes are new."""
    made = [Account(sort_name=sort_key(row["name"]), **row) for row in rows]
    Account.objects.bulk_create(made, batch_size=CHUNK)
    _plant()
    for account in made:
        account.lineage = [account.pk]
    log_many(made, "created", by=by, after=snapshot)
    return made


def _plant():
    """Roots that were created in bulk have no lineage yet; it is themselves."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_account SET lineage = ARRAY[id] WHERE lineage = '{}' AND parent_id IS NULL")


def unassigned_code(source: str) -> str:
    """The number of the account that takes the lines of one source that name no customer."""
    return f"UNASSIGNED-{source.upper()}"[:40]


def unassigned_account(*, source: str, title: str, currency: str, by) -> Account:
    """The account that takes the lines of one source that name no customer; created when there is none."""
    code = unassigned_code(source)
    for first_look in (True, False):
        if found := Account.objects.filter(code=code).first():
            return found
        if first_look:
            lock()
    fields = {"name": (_("Unassigned, %(title)s") % {"title": title})[:160], "kind": Account.Kind.UNASSIGNED}
    return create_accounts([{"code": code, "country": "ZZ", "currency": currency} | fields], by=by)[0]


def create_stores(rows: list[dict], *, by) -> list[Store]:
    """Create stores from fields by name, with `account_id`."""
    made = Store.objects.bulk_create([Store(**row) for row in rows], batch_size=CHUNK)
    accounts = Account.objects.in_bulk({store.account_id for store in made})
    for store in made:
        store.account = accounts[store.account_id]
    log_many(made, "created", by=by, after=snapshot)
    return made


def create_products(rows: list[dict], *, by) -> list[Product]:
    """Create products from fields by name; `category` is a code, `is_charge` puts a row among the charges."""
    found = categories({row.get("category") for row in rows}, charges=any(row.get("is_charge") for row in rows))
    made = []
    for row in rows:
        category = found.get(CHARGES if row.pop("is_charge", False) else row.get("category"))
        made.append(Product(**row | {"category": category, "sort_name": sort_key(row["name"])}))
    Product.objects.bulk_create(made, batch_size=CHUNK)
    log_many(made, "created", by=by, after=snapshot)
    return made


def categories(codes, *, charges: bool = False) -> dict[str, Category]:
    """Categories by code, created where missing, with that of charges if wanted."""
    named = {code: code for code in codes if code}
    if charges:
        named[CHARGES] = _("Charges, not products")
    new = [Category(code=code, name=name) for code, name in sorted(named.items())]
    Category.objects.bulk_create(new, ignore_conflicts=True)
    return {category.code: category for category in Category.objects.filter(code__in=named)}


def change(model, found: dict, rows: dict[object, dict], *, by) -> int:
    """Set the given fields of stored rows where they differ; both dictionaries have the same keys. Returns how many."""
    changed, before = [], {}
    for key, fields in rows.items():
        row = found[key]
        was = snapshot(row)
        if _set(row, fields):
            row.version += 1
            before[row.pk] = was
            changed.append(row)
    if changed:
        names = {name for fields in rows.values() for name in fields} | {"version"}
        names |= {"sort_name"} if hasattr(model, "sort_name") else set()
        _write(model, changed, sorted(names))
        log_many(changed, "changed", by=by, before=lambda row: before[row.pk], after=snapshot)
    return len(changed)


def _write(model, changed, names):
    """One prepared statement for all rows, sent without waiting for each answer."""
    fields = [model._meta.get_field(name) for name in names]
    values = ", ".join(f'"{field.column}" = %s' for field in fields)
    sql = f'UPDATE "{model._meta.db_table}" SET {values}, updated_at = now() WHERE id = %s'
    with connection.cursor() as cursor:
        cursor.executemany(sql, [[*(field.value_from_object(row) for field in fields), row.pk] for row in changed])


def _set(row, fields):
    differs = {name: value for name, value in fields.items() if getattr(row, name) != value}
    for name, value in differs.items():
        setattr(row, name, value)
    if "name" in differs and hasattr(row, "sort_name"):
        row.sort_name = sort_key(row.name)
    return bool(differs)
