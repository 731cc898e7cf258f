"""Why a product was out of stock: questions in a fixed order, of which the first that says so decides. Pure.

1. *Was it sold at all?* Stock is reported and nothing sold: phantom stock.
2. *Was it in the right stores?* The account had a week of sales or more, its stores did not: not on the shelf.
3. *Are its orders known?* No order line of the account, news that is late, or lines without a requested day: not known.
4. *Was it ordered?* No line for its weeks or the four before: not ordered.
5. *Did we confirm, deliver in full, deliver on time?* Where what we cut, what came short and what came late make up
   half of what was lost or more, the largest of the three is the cause; late is the carrier's where it left us in time.
6. *Was it ordered in time?* Nothing was ordered as long before as the account usually waits: ordered too late.
7. *Did demand jump?* The four weeks before brought `JUMP` times what the four before these had: demand above forecast.
8. *Was enough ordered?* Stock before it and what was ordered in time is less than what its weeks and the four before
   were expected to sell: ordered too little.
9. Otherwise the account had it in time and in full: not on the shelf.
"""

from dataclasses import asdict, dataclass, field
from decimal import Decimal

from accounts.wording import day, number
from kam.rounding import rounded
from kpis.models import StockOut
from kpis.stockouts.evidence import BEFORE, USUAL_LEAD

Cause = StockOut.Cause
HALF = Decimal("0.5")
JUMP = Decimal("1.5")


@dataclass(frozen=True)
class Answer:
    """One question of the path: its code, whether it decided, and the figures it was decided on, as parameters."""

    question: str
    decides: bool
    facts: dict = field(default_factory=dict)


def judge(gap):
    """(cause, path) of a gap with its supply: the path is a list of JSON objects, of which only the last decides."""
    path = []
    for question in QUESTIONS:
        found, facts = question(gap, gap.supply)
        path.append(asdict(Answer(question.__name__.strip("_"), found is not None, facts)))
        if found is not None:
            return found, path
    raise AssertionError("the last question always decides")


def _units(value):
    return number(None if value is None else rounded(Decimal(value), 1), 0 if _is_whole(value) else 1)


def _is_whole(value):
    return value is None or abs(Decimal(value)) >= 10 or Decimal(value) == Decimal(value).to_integral_value()


def _sold(gap, supply):
    phantom = gap.kind == StockOut.Kind.PHANTOM
    return Cause.PHANTOM if phantom else None, {"sold": _units(gap.sold), "expected": _units(gap.expected)}


def _placed(gap, supply):
    enough = gap.kind == StockOut.Kind.PART and gap.on_hand is not None and gap.on_hand >= gap.weekly
    facts = {"on_hand": _units(gap.on_hand), "weekly": _units(gap.weekly), "empty": gap.empty_stores or 0}
    return Cause.DISTRIBUTION if enough else None, facts | {"stores": gap.stores or 0}


def _known(gap, supply):
    missing = next((name for name in ("orders_late", "undated") if supply[name]), None)
    missing = missing or (None if supply["orders"] else "no_orders")
    return Cause.UNKNOWN if missing else None, {"missing": missing} if missing else {"lines": supply["lines"]}


def _ordered(gap, supply):
    facts = {"ordered": _units(supply["ordered"]), "lines": supply["lines"], "last": day(supply["last_order"])}
    return None if supply["lines"] else Cause.NOT_ORDERED, facts


def _held_back(gap, supply):
    """What we kept back or brought late, by cause, if it would have covered half of what was lost; else nothing."""
    ours = {
        Cause.CUT: supply["cut"],
        Cause.SHORT: supply["short"],
        Cause.LATE: supply["late"],
        Cause.TRANSIT: supply["transit"],
    }
    total = sum(ours.values(), Decimal(0))
    return max(ours, key=ours.get) if total > 0 and total >= HALF * gap.lost else None


def _confirmed(gap, supply):
    found = _held_back(gap, supply) == Cause.CUT
    facts = {"cut": _units(supply["cut"]), "ordered": _units(supply["ordered"]), "lost": _units(gap.lost)}
    return Cause.CUT if found else None, facts


def _full(gap, supply):
    found = _held_back(gap, supply) == Cause.SHORT
    return Cause.SHORT if found else None, {"short": _units(supply["short"]), "lost": _units(gap.lost)}


def _punctual(gap, supply):
    found, late = _held_back(gap, supply), supply["late"] + supply["transit"]
    facts = {"late": _units(late), "transit": _units(supply["transit"]), "lost": _units(gap.lost)}
    return found if found in (Cause.LATE, Cause.TRANSIT) else None, facts


def _early(gap, supply):
    lead = supply["lead"] if supply["lead"] is not None else Decimal(USUAL_LEAD)
    facts = {"in_time": _units(supply["in_time"]), "lead": number(lead), "first": day(supply["first_order"])}
    return None if supply["in_time"] > 0 else Cause.ORDERED_LATE, facts


def _steady(gap, supply):
    known = gap.recent is not None and gap.before is not None and gap.before > 0
    jumped = known and gap.recent >= JUMP * gap.before
    return Cause.FORECAST if jumped else None, {"recent": _units(gap.recent), "before": _units(gap.before)}


def _enough(gap, supply):
    wanted = gap.weekly * (gap.weeks + BEFORE // 7)
    had = (gap.opening or Decimal(0)) + supply["in_time"]
    facts = {"opening": _units(gap.opening), "in_time": _units(supply["in_time"]), "wanted": _units(wanted)}
    return Cause.ORDERED_LITTLE if had < wanted else None, facts


def _shelf(gap, supply):
    return Cause.DISTRIBUTION, {"ordered": _units(supply["ordered"])}


QUESTIONS = (
    _sold,
    _placed,
    _known,
    _ordered,
    _confirmed,
    _full,
    _punctual,
    _early,
    _steady,
    _enough,
    _shelf,
)
