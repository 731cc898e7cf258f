"""How the goods of each order travelled, and what bringing them there cost us.

One consignment takes what left us for an order on one day. Who is far away or buys little at a time is dear to serve;
what was late is sent by express, and costs a penalty where we promised to be on time.
"""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from kam.rounding import cents
from plans.demo import stories

CARRIERS = {"DE": "Elbspedition", "AT": "Elbspedition", "CN": "顺运物流"}
BY_ROAD = "Northway Freight"
# Euro for the consignment, and for each unit in it.
FREIGHT, FREIGHT_EACH = Decimal(34), Decimal("0.31")
HANDLING_EACH = Decimal("0.12")
EXPRESS_EACH = Decimal("0.85")
PENALTY = Decimal("0.03")
FURTHER = {"GB": Decimal("1.35"), "IE": Decimal("1.5"), "CN": Decimal("0.8"), "NL": Decimal("1.1")}
RATES = {"EUR": Decimal(1), "GBP": Decimal("0.86"), "CNY": Decimal("7.8")}


@dataclass(frozen=True)
class Consignment:
    """What left for one order on one day; `delivered_on` is None while it is on its way."""

    number: str
    order: str
    carrier: str
    shipped_on: object
    promised_on: object
    delivered_on: object
    units: int
    costs: tuple

    @property
    def told_on(self):
        """The day it last changed."""
        return self.delivered_on or self.shipped_on


def consignments(client, lines, seed):
    """The consignments of one account's order lines, in order of their day."""
    rng = Random(f"{seed}/shipments/{client.code}")
    together = defaultdict(list)
    for line in lines:
        if line.shipped_on and line.shipped:
            together[line.shipped_on, line.order].append(line)
    return [_consignment(client, day, order, found, rng) for (day, order), found in sorted(together.items())]


def _consignment(client, day, order, lines, rng):
    units = sum(line.shipped for line in lines)
    received = [line.received_on for line in lines]
    return Consignment(
        f"LS{day:%y%m%d}-{order.removeprefix('PO-')}",
        order,
        CARRIERS.get(client.country, BY_ROAD),
        day,
        lines[0].requested_on,
        max(received) if all(received) else None,
        units,
        _costs(client, lines, units, rng),
    )


def _costs(client, lines, units, rng):
    """Freight, express surcharge, handling, penalties, returns; in the account's currency."""
    rate = RATES[client.currency]
    far = FURTHER.get(client.country, Decimal(1)) * Decimal(str(round(rng.uniform(0.93, 1.07), 3)))
    late = [line for line in lines if line.received_on and line.received_on > line.requested_on]
    express = sum(line.shipped for line in late) * EXPRESS_EACH
    promised = client.code in stories.RELIABLE
    penalty = sum((line.shipped * line.price for line in late), Decimal(0)) * PENALTY if promised else Decimal(0)
    freight = (FREIGHT + FREIGHT_EACH * units) * far
    return tuple(map(cents, (freight * rate, express * rate, HANDLING_EACH * units * rate, penalty, Decimal(0))))
