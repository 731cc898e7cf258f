"""Short names of fields, where what they mean is too long for a choice."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kpis.imports.kinds import Field

TITLES = {
    "account": _("Account"),
    "parent": _("Account above"),
    "store": _("Store"),
    "product": _("Product"),
    "week": _("Week"),
    "units": _("Units"),
    "value": _("Value"),
    "stock": _("Stock"),
    "receipts": _("Receipts"),
    "returns": _("Returns"),
    "currency": _("Currency"),
    "country": _("Country"),
    "code": _("Number"),
    "line_number": _("Line of the order"),
    "document": _("Document"),
    "despatch": _("Despatch advice"),
    "occurrence": _("Occurrence"),
    "is_credit": _("Credit note"),
    "metric": _("Metric"),
    "place": pgettext_lazy("of a price", "Place"),
    "day": _("Day"),
    "kind": _("Kind"),
    "direction": _("Direction"),
    "quantity": _("Units"),
    "amount": _("Amount"),
    "on_order": _("On order"),
    "penalties": _("Penalties"),
    "aged": _("Aged units"),
    "unsellable": _("Unsellable units"),
}


def title(field: Field) -> str:
    """What a person may call a field in a word or two."""
    return str(TITLES.get(field.name, field.meaning))
