"""Figures that somebody types into the grid of a forecast."""

from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from kpis.forecast import services
from kpis.models import Product
from kpis.queries import monday_of

FIELD = "f."
MOST = 2000
LARGEST = 10**11


class Typed:
    """What a form of the grid holds: a text for each cell, named by product, week and the version it was made from."""

    def __init__(self, data):
        self.reason = data.get("reason", "").strip()
        self.texts = {name: text.strip() for name, text in data.items() if name.startswith(FIELD)}

    def field_of(self, product, cell):
        """(name, text, cell) of a cell's field: what was typed, else the figure that was set by hand."""
        name = f"{FIELD}{product.pk}.{cell.week.isoformat()}.{cell.own.version if cell.own else 0}"
        return name, self.texts.get(name, plain(cell.own.units) if cell.own else ""), cell

    def save(self, account, *, by) -> int:
        """Set what differs from what the form showed; returns how many figures. Raises what the service raises."""
        figures, seen = self._figures(account)
        if figures and not self.reason:
            raise ValidationError(_("Say why: a figure set by hand needs a reason."))
        return services.set_figures(account, by=by, figures=figures, seen=seen, reason=self.reason)

    def _figures(self, account):
        cells = [cell for name, text in list(self.texts.items())[:MOST] if (cell := _cell(name, text))]
        products = Product.objects.in_bulk({pk for pk, *_rest in cells})
        own = {(row.product_id, row.week): row for row in account.forecast_overrides.filter(product__in=products)}
        figures, seen = {}, {}
        for pk, week, version, text in cells:
            row = own.get((pk, week))
            shown = plain(row.units) if row and row.version == version else ""
            if pk in products and text != shown:
                figures[products[pk], week], seen[products[pk], week] = units_of(text), version
        return figures, seen


def _cell(name, text):
    """(product id, Monday, version, text) of a field, None for a name that is none of ours."""
    parts = name.removeprefix(FIELD).split(".")
    if len(parts) != 3:
        return None
    product, week, version = number_of(parts[0]), monday_of(parts[1]), number_of(parts[2])
    return (product, week, version, text) if product and week else None


def plain(units):
    """A figure as it is typed: without separators, and decimals only where it has some."""
    return format(units.normalize(), "f")


def number_of(text):
    """A number in an address or a name, 0 for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def units_of(text):
    """Units as typed, with a comma or a point before decimals; None for an empty cell. Raises ValidationError."""
    if not text:
        return None
    try:
        units = Decimal(text.replace(",", "."))
    except InvalidOperation:
        units = Decimal("NaN")
    if not (units.is_finite() and 0 <= units < LARGEST):
        raise ValidationError(_("“%(text)s” is no number of units.") % {"text": text[:30]})
    return round(units, 3)
