"""When weeks are summed whose facts changed: at once, as far as nobody else is at it, and at the latest at night.

Whoever changes facts touches their accounts and weeks (`kpis.rollups.touch`) in the same transaction, and so asks for
sums; a week that is summed stays touched until a night has taken notice of it. Sums at once keep out of the way of
nights and imports. Rows of touched weeks are locked before facts are read, and only these are then said to be summed:
what is told meanwhile is asked for anew.
"""

from collections.abc import Iterable
from datetime import date

from django.db import connection, transaction

from kam import night as nights
from kam.leases import take_turns, try_turn
from kam.sql import make_room
from kpis.archive.away import IS_AWAY
from kpis.rollups import GIVEN, Pair, by_account, columns, summed
from kpis.sql import MINE

TURN = "kam:sums"
# Weeks that are summed at once together; short, because whoever touches one of them waits so long.
PIECE = 200
IS_OVER = "t.week + 6 <= %(date)s"
WAITS = f"t.night IS NULL AND NOT {IS_AWAY.format('t.week')}"
# A night for a past date takes nothing that arrived since: accounts with a later night keep their new weeks. What is
# archived keeps its sums, and waits until it is back.
FREE = f"""
    {WAITS} AND t.week <= %(date)s AND {MINE.format("t")}
    AND NOT EXISTS (SELECT 1 FROM kpis_touched n WHERE n.account_id = t.account_id AND n.night > %(date)s)
"""
# In the order in which they are touched, so that nobody waits in a circle.
LOCK = f"SELECT t.id FROM kpis_touched t WHERE {FREE} ORDER BY t.account_id, t.week FOR UPDATE"
PAIRS = f"""
    SELECT t.account_id, t.week FROM kpis_touched t
    WHERE t.night = %(date)s AND {MINE.format("t")} AND NOT {IS_AWAY.format("t.week")}
    UNION
    SELECT t.account_id, t.week FROM kpis_touched t WHERE t.id = ANY(%(locked)s) AND NOT t.is_summed
    ORDER BY 1, 2
"""
FORGET = f"""
    DELETE FROM kpis_touched t USING kpis_touched d
    WHERE t.id = ANY(%(locked)s) AND {IS_OVER}
        AND d.account_id = t.account_id AND d.week = t.week AND d.night = %(date)s
"""
STAMP = f"UPDATE kpis_touched t SET night = %(date)s WHERE t.id = ANY(%(locked)s) AND {IS_OVER}"

NEXT = f"""
    SELECT t.account_id, t.week FROM kpis_touched t
    WHERE {WAITS} AND {IS_OVER} AND NOT t.is_summed AND (t.account_id, t.week) > (%(account)s, %(week)s)
    ORDER BY 1, 2 LIMIT %(most)s FOR UPDATE SKIP LOCKED
"""
MARK = f"""
    UPDATE kpis_touched t SET is_summed = true FROM ({GIVEN}) p
    WHERE t.account_id = p.account_id AND t.week = p.week AND t.night IS NULL
"""
OF_THESE = f"""
    SELECT t.account_id, t.week FROM kpis_touched t JOIN ({GIVEN}) p USING (account_id, week)
    WHERE t.night IS NULL ORDER BY 1, 2 FOR UPDATE OF t SKIP LOCKED
"""
# Nobody told of these weeks after this batch, nor was it taken back.
STILL_LAST = f"""
    SELECT p.account_id, p.week FROM ({GIVEN}) p, LATERAL (
        SELECT w.batch_id FROM kpis_batchweek w
        WHERE w.account_id = p.account_id AND w.week = p.week ORDER BY w.id DESC LIMIT 1
    ) told
    JOIN kpis_importbatch b ON b.id = told.batch_id
    WHERE b.id = %(batch)s AND b.state = 'applied'
    ORDER BY 1, 2
"""


@transaction.atomic
def by_night(night) -> int:
    """Sum the touched weeks of a shard and stamp those that are over; returns rows written.

    A week that is not over stays touched and is summed again every night. What is left out for want of a rate is noted.
    """
    take_turns(TURN, together=True)
    with connection.cursor() as cursor:
        cursor.execute(LOCK, night.params)
        given = night.params | {"locked": [pk for (pk,) in cursor.fetchall()]}
        cursor.execute(PAIRS, given)
        rows, not_valued = summed(cursor.fetchall(), night.date)
        if not_valued:
            night.note("foreign_currency", lines=not_valued)
        cursor.execute(FORGET, given)
        cursor.execute(STAMP, given)
    return rows


def last_day() -> date:
    """The day until which weeks have to be over to be summed at once: those that run are the night's."""
    return nights.default_date()


def at_once(most: int = 0) -> int:
    """Sum weeks that are over, touched and not summed yet, some at a time, until about so many are; returns how many.

    Stops where a night sums, or an import that sums by itself.
    """
    count, last = 0, (0, date.min)
    while (not most or count < most) and (pairs := _piece_after(last)):
        count, last = count + len(pairs), pairs[-1]
    return count


@transaction.atomic
def _piece_after(last):
    if not try_turn(TURN):
        return []
    make_room()
    given = {"date": last_day(), "account": last[0], "week": last[1], "most": PIECE}
    with connection.cursor() as cursor:
        cursor.execute(NEXT, given)
        pairs = cursor.fetchall()
    if pairs:
        _rows, not_valued = summed(pairs, given["date"])
        _mark(pairs, not_valued)
    return pairs


def categories_of(products: Iterable[int], *, held: bool = False) -> dict[int, int | None]:
    """The category of each product; while they are `held`, whoever moves one waits, and then finds its sums."""
    lock = "FOR SHARE" if held else ""
    with connection.cursor() as cursor:
        sql = f"SELECT id, category_id FROM kpis_product WHERE id = ANY(%s) ORDER BY id {lock}"
        cursor.execute(sql, [sorted(products)])
        return dict(cursor.fetchall())


def finish(pairs: list[Pair], batch: int) -> None:
    """Sum weeks by account whose other sums were made, in this transaction, of what a batch told.

    Weeks of which more has been told since stay to be summed. The caller has the turn.
    """
    with connection.cursor() as cursor:
        cursor.execute(OF_THESE, columns(pairs))
        locked = cursor.fetchall()
        if not locked:
            return
        cursor.execute(STILL_LAST, columns(locked) | {"batch": batch})
        pairs = cursor.fetchall()
    if pairs:
        _mark(pairs, by_account(pairs, last_day()))


def _mark(pairs, not_valued):
    """These weeks need no sums any more; but where something was left out, a night has to say so, and sums again."""
    if not not_valued:
        with connection.cursor() as cursor:
            cursor.execute(MARK, columns(pairs))
