"""One brand in Iowa by week and city, 2012 to 2016: long enough to be compared with the year before."""

from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Sum

from kpis.models import SellThrough
from plans.real import plain, steps
from plans.real.cases import Case, each

TITLE = "Jim Beam in Iowa, weekly"
MAPPING = "iowa_jim_beam"
NIGHT = date(2016, 5, 29)
LAST = date(2016, 5, 23)
STATE = "STATE-OF-IOWA"
ALERTS = [(STATE, "sell_through_behind", "warning", Decimal("94376.51"))]
MEASURES = ["sell_through", "sell_through_rate", "sell_through_units"]


def check(folder):
    """The file, the night of its last Sunday, the file again."""
    path = steps.need(folder, "iowa_liquor", "brand_Jim Beam_iowa_liquor_sales_brand.csv")
    cells = list(plain.beam(path))
    said = steps.give("sell_through", path, MAPPING)
    yield Case("rows, rejected said", (70_639, 0), (said["rows"], said["rejected"]))
    stored = SellThrough.objects.all()
    yield Case("rows", 70_639, stored.count())
    yield Case("value", Decimal("20532132.26"), stored.aggregate(total=Sum("value"))["total"])
    by_item = plain.total(cells, "value", "product", "week")
    yield Case("value by item and week", by_item, steps.totals(stored, "value", "product__code", "week"))
    yield from _night(cells)
    yield from steps.the_same_again("sell_through", [path], MAPPING)
    yield from steps.the_same_night(NIGHT)


def _night(cells):
    yield from steps.nightly(NIGHT)
    litres, value = (plain.total(cells, amount, "account", "week") for amount in ("units", "value"))
    yield Case("value by week", value, steps.weekly("value"))
    yield Case("litres by week", litres, steps.weekly("units"))
    yield Case("value in all", Decimal("20532132.26"), sum(steps.weekly("value").values()))
    yield Case("measure sell_through", plain.over(value), steps.measured("sell_through"))
    yield Case("measure sell_through_units", plain.over(litres), steps.measured("sell_through_units"))
    yield Case("measure sell_through_rate: no stock", plain.over(litres, None), steps.measured("sell_through_rate"))
    yield Case("measures there", MEASURES, steps.measures_there())
    yield from _season(litres, value)


def _season(litres, value):
    """One alert: 15 % or more behind the season; at stake is what is missing, at the price of these weeks."""
    weeks = [LAST - timedelta(days=7 * n) for n in range(12)]
    now, then = ([litres[STATE, week - timedelta(days=back)] for week in weeks] for back in (0, 364))
    actual, expected = sum(now[:4]), sum(then[:4]) * sum(now[4:]) / sum(then[4:])
    price = sum(value[STATE, week] for week in weeks[:4]) / actual
    yield Case("litres of the last four weeks", Decimal("15233.925"), actual)
    yield Case("litres that last year's season leads to expect", Decimal("20023.10"), plain.cents(expected))
    yield from each("alert", ALERTS, steps.alerts(), 2)
    stake = plain.cents((expected - actual) * price)
    yield Case("open alerts computed once more", [(STATE, "sell_through_behind", "warning", stake)], steps.alerts())
