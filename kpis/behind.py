"""What stands behind a week of a measure: which facts, and the line of the file that each of them came from."""

from django.db.models import F, Q

from kpis.imports.trace import line_of
from kpis.models import ImportBatch, InvoiceLine, OpenItem, OrderLine, SellThrough


def _of_invoices(rows, week, end):
    return rows.filter(invoiced_on__range=(week, end)).select_related("product")


def _sold(rows, week, end):
    return rows.filter(week=week).select_related("product", "store")


def _requested(rows, week, end):
    return rows.filter(requested_on__range=(week, end)).select_related("product")


def _ordered(rows, week, end):
    return rows.filter(ordered_on__range=(week, end)).select_related("product")


def _open_orders(rows, week, end):
    """Lines with something left to ship at the end of the week."""
    left = Q(shipped_on__gt=end) | Q(shipped=None) | Q(shipped__lt=F("ordered"))
    return rows.filter(left, ordered_on__lte=end).select_related("product")


def _past_due(rows, week, end):
    return _open_orders(rows, week, end).filter(requested_on__lt=end)


def _open_items(rows, week, end):
    return rows.filter(Q(paid_on__gt=end) | ~Q(amount=F("paid")), issued_on__lte=end)


INVOICES = (InvoiceLine, _of_invoices, ("invoiced_on", "pk"))
SOLD = (SellThrough, _sold, ("store_id", "product_id"))
DELIVERED = (OrderLine, _requested, ("requested_on", "pk"))

# The facts behind a week of a measure: model, which rows of the week, their order.
FACTS = {
    "sell_in": INVOICES,
    "sell_in_units": INVOICES,
    "sell_through": SOLD,
    "sell_through_units": SOLD,
    "sell_through_rate": SOLD,
    "weeks_of_supply": SOLD,
    "backlog": (OrderLine, _open_orders, ("requested_on", "pk")),
    "past_due_backlog": (OrderLine, _past_due, ("requested_on", "pk")),
    "otif": DELIVERED,
    "on_time": DELIVERED,
    "in_full": DELIVERED,
    "fill_rate": DELIVERED,
    "confirmation_rate": DELIVERED,
    "book_to_bill": (OrderLine, _ordered, ("ordered_on", "pk")),
    "overdue_share": (OpenItem, _open_items, ("due_on", "pk")),
}


def name_of(fact):
    """How an address names a fact: by its id, or what stands in for one."""
    return ".".join(map(str, fact.pk)) if isinstance(fact.pk, tuple) else str(fact.pk)


def source_of(fact, user):
    """The line that a fact was read from, and its batch if the reader sees it."""
    visible = ImportBatch.objects.visible_to(user).filter(pk=fact.batch_id).exists()
    return {"fact": fact, "batch": fact.batch, "line": line_of(fact), "sees_batch": visible}
