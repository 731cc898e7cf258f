"""The files that people send: written from what is stored, as the other side would write them."""

from datetime import timedelta
from decimal import Decimal

from kam.rounding import cents
from kpis.models import InvoiceLine, OpenItem, SellThrough


def csv(head, rows):
    return "\n".join([head, *(",".join("" if cell is None else str(cell) for cell in row) for row in rows), ""])


def payments(account, day):
    """Finance: everything of the account that is due before `day` was paid the day before."""
    items = OpenItem.objects.filter(account=account, due_on__lt=day).exclude(paid__gte=1).order_by("document")
    rows = [
        (account.code, i.document, i.issued_on, i.due_on, day - timedelta(days=1), i.amount, i.amount, i.currency)
        for i in items
        if i.paid != i.amount
    ]
    return csv("account,document,issued_on,due_on,paid_on,amount,paid,currency", rows)


def invoice(account, day, value):
    """Our ERP: one more invoice of that value, of what they bought last."""
    line = InvoiceLine.objects.filter(account=account, is_credit=False).select_related("product").latest("invoiced_on")
    row = (account.code, f"RE{day:%y%m%d}-{account.code}-X", line.product.code, day, 10, value, account.currency)
    return csv("account,document,product,invoiced_on,quantity,value,currency", [row])


def sell_through(account, week, like, sold=Decimal(1), stock=lambda row: row.stock):
    """The account: a week that sold `sold` times what the week `like` did."""
    rows = SellThrough.objects.filter(account=account, week=like).select_related("store", "product")
    found = []
    for row in rows.order_by("store__code", "product__code"):
        units = int(row.units * sold)
        worth = cents(row.value / row.units * units) if row.units else Decimal(0)
        found.append((account.code, row.store.code, row.product.code, week, units, worth, int(stock(row)), 0))
    return csv("account,store,product,week,units,value,stock,receipts", found)
