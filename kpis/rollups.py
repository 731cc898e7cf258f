"""From facts to sums by account and week: in all, by product, by category; `kpis.summing` says which weeks, and when.

Amounts in another currency than the account's are converted at the rates known at the end of the week; what has no rate
is left out and counted.
"""

from collections.abc import Iterator
from datetime import date

from django.db import IntegrityError, connection, transaction

from kpis.sql import WEEK

Pair = tuple[int, date]

GIVEN = "SELECT * FROM unnest(%(accounts)s::bigint[], %(weeks)s::date[]) AS p(account_id, week)"

# What a euro costs at the end of a week; nothing where no rate is known. A euro is one euro.
RATE = """
CASE WHEN {currency} = 'EUR' THEN 1 ELSE (
    SELECT r.per_euro FROM kpis_exchangerate r WHERE r.currency = {currency} AND r.day <= {week} + 6
    ORDER BY r.day DESC LIMIT 1
) END
"""
OWN, THEIRS = (RATE.format(currency=name, week="x.week") for name in ("a.currency", "x.currency"))
# An amount `x.value` in `x.currency`, in the account's own; nothing without both rates.
IN_OWN = f"""
sum(CASE WHEN x.currency = a.currency THEN x.value ELSE round(x.value * ({OWN}) / ({THEIRS}), 2) END)
"""
NO_RATE = f"x.currency <> a.currency AND ({OWN}) / ({THEIRS}) IS NULL"

# Facts are read once. Week by week, because a join of all of them is planned as a look at every fact between the oldest
# and the newest week. Weeks with lines in another currency are read once more, by currency, and only for these lines.
SOLD = f"""
pair AS MATERIALIZED (
    SELECT p.account_id, p.week, a.currency FROM ({GIVEN}) p JOIN accounts_account a ON a.id = p.account_id
),
own AS MATERIALIZED (
    SELECT p.account_id, p.week, s.* FROM pair p, LATERAL (
        SELECT f.product_id, sum(f.units) AS units, sum(f.value) FILTER (WHERE f.currency = p.currency) AS value,
            sum(f.returns) AS returns, sum(f.receipts) AS receipts, sum(f.stock) AS stock, count(*) AS stores,
            count(*) FILTER (WHERE f.stock <= 0) AS empty_stores,
            count(*) FILTER (WHERE f.currency <> p.currency) AS abroad
        FROM kpis_sellthrough f WHERE f.account_id = p.account_id AND f.week = p.week
        GROUP BY 1 ORDER BY 1
    ) s
),
abroad AS MATERIALIZED (
    SELECT x.account_id, x.week, x.product_id, {IN_OWN} AS value, sum(x.valued) FILTER (WHERE {NO_RATE}) AS not_valued
    FROM (
        SELECT p.account_id, p.week, s.* FROM pair p, LATERAL (
            SELECT f.product_id, f.currency, sum(f.value) AS value, count(f.value) AS valued
            FROM kpis_sellthrough f
            WHERE f.account_id = p.account_id AND f.week = p.week AND f.currency <> p.currency
            GROUP BY 1, 2
        ) s
        WHERE (p.account_id, p.week) IN (SELECT o.account_id, o.week FROM own o WHERE o.abroad > 0)
    ) x JOIN accounts_account a ON a.id = x.account_id
    GROUP BY 1, 2, 3
),
sold AS (
    SELECT o.account_id, o.week, o.product_id, o.units, coalesce(o.value + v.value, o.value, v.value) AS value,
        o.returns, o.receipts, o.stock, o.stores, o.empty_stores
    FROM own o LEFT JOIN abroad v USING (account_id, week, product_id)
)"""
PUT = """
    INSERT INTO kpis_productweek AS w (account_id, week, product_id, units, value, returns, receipts, stock,
        stores, empty_stores)
    SELECT account_id, week, product_id, units, value, returns, receipts, stock, stores, empty_stores
    FROM sold ORDER BY account_id, week, product_id
"""
NOT_VALUED = "(SELECT coalesce(sum(not_valued), 0) FROM abroad)::bigint"
# Weeks of which nothing is stored need no look for what is gone or is the same, which takes longer than the sums.
NEW_PRODUCT_WEEKS = f"""
WITH {SOLD},
put AS ({PUT})
SELECT (SELECT count(*) FROM own), {NOT_VALUED}
"""
# NOT IN is looked up in a hash table, as long as the planner believes that it fits into memory (`kam.sql.make_room`):
# that is why not all weeks are summed at once. Else it looks through all rows for each of them, which takes hours for
# two years of two hundred accounts. NOT EXISTS is planned as a loop in a loop too, because nobody can know how many
# rows `sold` will have.
AT_ONCE, AGAIN_AT_ONCE = 2_000, 250
PRODUCT_WEEKS = f"""
WITH {SOLD},
gone AS (
    DELETE FROM kpis_productweek w USING pair p
    WHERE w.account_id = p.account_id AND w.week = p.week
        AND (w.account_id, w.week, w.product_id) NOT IN (SELECT f.account_id, f.week, f.product_id FROM own f)
    RETURNING 1
),
put AS (
    {PUT}
    ON CONFLICT (account_id, week, product_id) DO UPDATE
    SET units = excluded.units, value = excluded.value, returns = excluded.returns, receipts = excluded.receipts,
        stock = excluded.stock, stores = excluded.stores, empty_stores = excluded.empty_stores
    WHERE (w.units, w.value, w.returns, w.receipts, w.stock, w.stores, w.empty_stores)
        IS DISTINCT FROM (excluded.units, excluded.value, excluded.returns, excluded.receipts, excluded.stock,
        excluded.stores, excluded.empty_stores)
    RETURNING 1
)
SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM put),
    {NOT_VALUED}
"""
# Those of the weeks whose products have sums already, looked up one by one like the facts.
SUMMED = f"""
SELECT p.account_id, p.week FROM ({GIVEN}) p, LATERAL (
    SELECT FROM kpis_productweek w WHERE w.account_id = p.account_id AND w.week = p.week LIMIT 1
) there
"""

# From the products' sums, after these; 0 stands for no category where one is looked up.
CATEGORY_WEEKS = f"""
WITH pair AS MATERIALIZED ({GIVEN}),
fresh AS MATERIALIZED (
    SELECT x.account_id, m.category_id, x.week, sum(x.units) AS units, sum(x.value) AS value,
        sum(x.returns) AS returns, sum(x.receipts) AS receipts, sum(x.stock) AS stock
    FROM pair p
    JOIN kpis_productweek x ON x.account_id = p.account_id AND x.week = p.week
    JOIN kpis_product m ON m.id = x.product_id
    GROUP BY 1, 2, 3
),
gone AS (
    DELETE FROM kpis_categoryweek w USING pair p
    WHERE w.account_id = p.account_id AND w.week = p.week
        AND (w.account_id, w.week, coalesce(w.category_id, 0))
            NOT IN (SELECT f.account_id, f.week, coalesce(f.category_id, 0) FROM fresh f)
    RETURNING 1
),
put AS (
    INSERT INTO kpis_categoryweek AS w (account_id, category_id, week, units, value, returns, receipts, stock)
    SELECT * FROM fresh ORDER BY account_id, week, category_id
    ON CONFLICT (account_id, week, category_id) DO UPDATE
    SET units = excluded.units, value = excluded.value, returns = excluded.returns, receipts = excluded.receipts,
        stock = excluded.stock
    WHERE (w.units, w.value, w.returns, w.receipts, w.stock)
        IS DISTINCT FROM (excluded.units, excluded.value, excluded.returns, excluded.receipts, excluded.stock)
    RETURNING 1
)
SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM put)
"""

# From the categories' sums, after these, so that an account has what its categories and their products have.
ACCOUNT_WEEKS = f"""
WITH pair AS MATERIALIZED ({GIVEN}),
through AS (
    SELECT x.account_id, x.week, sum(x.units) AS units, sum(x.value) AS value, sum(x.returns) AS returns,
        sum(x.receipts) AS receipts, sum(x.stock) AS stock
    FROM pair p JOIN kpis_categoryweek x ON x.account_id = p.account_id AND x.week = p.week
    GROUP BY 1, 2
),
sell_in AS (
    SELECT x.account_id, x.week, sum(x.units) AS units, {IN_OWN} AS value
    FROM (
        SELECT i.account_id, {WEEK.format("i.invoiced_on")} AS week, i.currency, sum(i.quantity) AS units,
            sum(i.value) AS value
        FROM kpis_invoiceline i
        WHERE i.account_id = ANY(%(among)s::bigint[])
            AND i.invoiced_on BETWEEN %(oldest)s AND least(%(newest)s::date + 6, %(date)s)
        GROUP BY 1, 2, 3
    ) x
    JOIN accounts_account a ON a.id = x.account_id
    GROUP BY 1, 2
),
fresh AS MATERIALIZED (
    SELECT p.account_id, p.week, a.currency, i.units AS sell_in_units, i.value AS sell_in_value,
        s.units, s.value, s.returns, s.receipts, s.stock
    FROM pair p
    JOIN accounts_account a ON a.id = p.account_id
    LEFT JOIN through s ON s.account_id = p.account_id AND s.week = p.week
    LEFT JOIN sell_in i ON i.account_id = p.account_id AND i.week = p.week
    WHERE s.account_id IS NOT NULL OR i.account_id IS NOT NULL
),
gone AS (
    DELETE FROM kpis_accountweek w USING pair p
    WHERE w.account_id = p.account_id AND w.week = p.week
        AND (w.account_id, w.week) NOT IN (SELECT f.account_id, f.week FROM fresh f)
    RETURNING 1
),
put AS (
    INSERT INTO kpis_accountweek AS w (account_id, week, currency, sell_in_units, sell_in_value, units, value, returns,
        receipts, stock)
    SELECT * FROM fresh ORDER BY account_id, week
    ON CONFLICT (account_id, week) DO UPDATE
    SET currency = excluded.currency, sell_in_units = excluded.sell_in_units, sell_in_value = excluded.sell_in_value,
        units = excluded.units, value = excluded.value, returns = excluded.returns, receipts = excluded.receipts,
        stock = excluded.stock
    WHERE (w.currency, w.sell_in_units, w.sell_in_value, w.units, w.value, w.returns, w.receipts, w.stock)
        IS DISTINCT FROM (excluded.currency, excluded.sell_in_units, excluded.sell_in_value, excluded.units,
        excluded.value, excluded.returns, excluded.receipts, excluded.stock)
    RETURNING 1
)
SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM put)
"""

# Weeks that somebody may be summing at this moment, whose sums nobody else sees yet.
WAITING = "SELECT account_id, week FROM kpis_touched WHERE night IS NULL AND NOT is_summed"
# In order, so that two that touch the same weeks wait for each other and never in a circle.
TOUCH = """
INSERT INTO kpis_touched (account_id, week, night, is_summed)
SELECT DISTINCT account_id, week, NULL::date, false FROM ({}) t WHERE week IS NOT NULL ORDER BY 1, 2
ON CONFLICT (account_id, week, night) DO UPDATE SET is_summed = false WHERE kpis_touched.is_summed
"""

# Invoice lines whose value is left out, because nobody knows a rate.
INVOICES_WITHOUT_RATE = f"""
WITH pair AS MATERIALIZED ({GIVEN})
SELECT count(*) FROM (
    SELECT i.account_id, i.currency, p.week FROM kpis_invoiceline i
    JOIN pair p ON p.account_id = i.account_id AND i.invoiced_on BETWEEN p.week AND p.week + 6
    WHERE i.invoiced_on <= %(date)s
) x JOIN accounts_account a ON a.id = x.account_id
WHERE {NO_RATE}
"""


def summed(pairs: list[Pair], until: date) -> tuple[int, int]:
    """Sum the facts of accounts and weeks until a day; (rows written, lines whose value is left out)."""
    written = [(0, 0)]
    with connection.cursor() as cursor:
        for some in _in_parts(pairs, AT_ONCE):
            written += _product_weeks(cursor, some)
            written.append((_asked(cursor, CATEGORY_WEEKS, columns(some))[0], 0))
            written += _accounts(cursor, some, until)
    rows, not_valued = map(sum, zip(*written, strict=True))
    return rows, not_valued


def by_category(pairs: list[Pair]) -> None:
    """Sum weeks by category whose sums by product are there."""
    with connection.cursor() as cursor:
        for some in _in_parts(pairs, AT_ONCE):
            cursor.execute(CATEGORY_WEEKS, columns(some))


def by_account(pairs: list[Pair], until: date) -> int:
    """Sum weeks by account whose sums by category are there; lines whose value is left out."""
    with connection.cursor() as cursor:
        parts = [list(_accounts(cursor, some, until)) for some in _in_parts(pairs, AT_ONCE)]
    return sum(not_valued for part in parts for _rows, not_valued in part)


def _in_parts(pairs: list[Pair], most: int) -> Iterator[list[Pair]]:
    """Accounts and weeks, at most so many at a time."""
    return (pairs[start : start + most] for start in range(0, len(pairs), most))


def has_sums(pairs: list[Pair]) -> bool:
    """Whether products have sums of any of these weeks."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS ({SUMMED})", columns(pairs))
        return cursor.fetchone()[0]


def _product_weeks(cursor, pairs):
    """Sum the facts of weeks by product."""
    cursor.execute(SUMMED, columns(pairs))
    there = sorted(cursor.fetchall())
    new = sorted(set(pairs) - set(there))
    for some in _in_parts(new, AT_ONCE):
        try:
            with transaction.atomic():
                done = _asked(cursor, NEW_PRODUCT_WEEKS, columns(some))
        except IntegrityError:  # an import has just committed sums of its own
            there += some
        else:
            yield done
    for some in _in_parts(there, AGAIN_AT_ONCE):
        yield _asked(cursor, PRODUCT_WEEKS, columns(some))


def _accounts(cursor, pairs, until):
    """Sum weeks by account; (rows written, lines whose value is left out) of each statement."""
    among, weeks = {account for account, _week in pairs}, [week for _account, week in pairs]
    given = columns(pairs) | {"among": sorted(among), "oldest": min(weeks), "newest": max(weeks), "date": until}
    yield _asked(cursor, ACCOUNT_WEEKS, given)[0], 0
    yield 0, _asked(cursor, INVOICES_WITHOUT_RATE, given)[0]


def columns(pairs: list[Pair]) -> dict[str, list]:
    """Accounts and weeks as the parameters of GIVEN."""
    accounts, weeks = zip(*pairs, strict=True)
    return {"accounts": list(accounts), "weeks": list(weeks)}


def touch(weeks: str, params=()) -> None:
    """Have summed again what a SELECT of account_id and week yields, see `kpis.summing`; empty weeks are left out."""
    with connection.cursor() as cursor:
        cursor.execute(TOUCH.format(weeks), params or None)


def products_moved(products: list[int]) -> None:
    """Have the categories of these products summed again, which belong to another one now."""
    if products:
        sold = "SELECT account_id, week FROM kpis_productweek WHERE product_id = ANY(%s)"
        touch(f"{sold} UNION {WAITING}", [products])


def _asked(cursor, sql, params):
    cursor.execute(sql, params)
    return cursor.fetchone()
