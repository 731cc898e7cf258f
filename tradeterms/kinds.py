"""The kinds of terms: typed parameters, and the sentence that says to people what was agreed.

`parse(kind, params)` turns stored JSON into a frozen object or raises ValidationError with messages at the parameters;
`as_params()` is the way back, in one canonical form. Rates are fractions: 0.01 is 1 %.

Each class says which `side` usually owes, the `unit` of expected and observed, the calendar `period` it is judged in,
the `feed` of facts it waits for, whether facts after the period still change it (`settles_later`: payments, receipts),
and the `version` of the rule that judges it.
"""

from dataclasses import dataclass
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kam.audit import plain
from kam.templatetags import formats
from kpis.models.batch import Kind as FileKind
from tradeterms import calc, writing
from tradeterms.calc import Tier
from tradeterms.models import Term
from tradeterms.reader import Reader

RETROSPECTIVE, INCREMENTAL = "retrospective", "incremental"
UNITS, LINES = "units", "lines"
MODES = (
    (RETROSPECTIVE, gettext_lazy("On everything, back to the first unit")),
    (INCREMENTAL, gettext_lazy("On each slice")),
)
COUNTS = ((UNITS, gettext_lazy("Units")), (LINES, gettext_lazy("Order lines")))


@dataclass(frozen=True)
class VolumeRebate:
    """Rebate on what we invoiced net in the agreement's period, credits included, by tiers."""

    mode: str
    tiers: tuple[Tier, ...]

    kind: ClassVar = Term.Kind.VOLUME_REBATE
    side: ClassVar = Term.Side.WE_OWE
    unit: ClassVar = "money"
    period: ClassVar = "agreement"
    feed: ClassVar = FileKind.INVOICES
    settles_later: ClassVar = False
    version: ClassVar = 1

    @classmethod
    def parse(cls, params):
        read = Reader(params)
        mode = read.choice("mode", [RETROSPECTIVE, INCREMENTAL])
        tiers = read.tiers("tiers")
        read.done()
        return cls(mode, tiers)

    @property
    def rebate(self):
        """The arithmetic of the mode: a function of base and tiers."""
        return calc.rebate_retrospective if self.mode == RETROSPECTIVE else calc.rebate_incremental

    def sentence(self, currency):
        rates = " / ".join(writing.rate(t.rate) for t in self.tiers)
        starts = " / ".join(writing.amount(t.start, currency) for t in self.tiers)
        if self.mode == RETROSPECTIVE:
            text = _("Rebate of %(rates)s on all net purchases from %(starts)s, back to the first unit.")
        else:
            text = _("Rebate of %(rates)s on the net purchases above %(starts)s, slice by slice.")
        return text % {"rates": rates, "starts": starts}

    def as_params(self):
        return {"mode": self.mode, "tiers": [{"from": plain(t.start), "rate": plain(t.rate)} for t in self.tiers]}


@dataclass(frozen=True)
class MinimumPurchase:
    """So much net in the agreement's period, or a penalty on what is missing."""

    amount: object
    penalty_rate: object

    kind: ClassVar = Term.Kind.MINIMUM_PURCHASE
    side: ClassVar = Term.Side.THEY_OWE
    unit: ClassVar = "money"
    period: ClassVar = "agreement"
    feed: ClassVar = FileKind.INVOICES
    settles_later: ClassVar = False
    version: ClassVar = 1

    @classmethod
    def parse(cls, params):
        read = Reader(params)
        amount, rate = read.amount("amount", above_zero=True), read.rate("penalty_rate")
        read.done()
        return cls(amount, rate)

    def sentence(self, currency):
        return _("Buy at least %(amount)s net; on what is missing %(rate)s are due.") % {
            "amount": writing.amount(self.amount, currency),
            "rate": writing.rate(self.penalty_rate),
        }

    def as_params(self):
        return {"amount": plain(self.amount), "penalty_rate": plain(self.penalty_rate)}


@dataclass(frozen=True)
class PaymentTerm:
    """Pay within so many days of the invoice; late amounts bear interest from the day they were due."""

    days: int
    grace_days: int
    interest_rate: object

    kind: ClassVar = Term.Kind.PAYMENT_TERM
    side: ClassVar = Term.Side.THEY_OWE
    unit: ClassVar = "days"
    period: ClassVar = "month"
    feed: ClassVar = FileKind.OPEN_ITEMS
    settles_later: ClassVar = True
    version: ClassVar = 1

    @classmethod
    def parse(cls, params):
        read = Reader(params)
        days, grace = read.whole("days", 0, 365), read.whole("grace_days", 0, 90)
        rate = read.rate("interest_rate")
        read.done()
        return cls(days, grace, rate)

    def sentence(self, currency):
        said = ngettext(
            "Pay invoices within %(days)d day of invoice date.",
            "Pay invoices within %(days)d days of invoice date.",
            self.days,
        )
        parts = [said % {"days": self.days}]
        if self.grace_days:
            said = ngettext("%(days)d day of grace.", "%(days)d days of grace.", self.grace_days)
            parts.append(said % {"days": self.grace_days})
        if self.interest_rate:
            rate = writing.rate(self.interest_rate)
            parts.append(_("Late amounts bear %(rate)s interest a year.") % {"rate": rate})
        return formats.sentences(parts)

    def as_params(self):
        return {"days": self.days, "grace_days": self.grace_days, "interest_rate": plain(self.interest_rate)}


@dataclass(frozen=True)
class DataReporting:
    """Deliver each week's sell-through by a weekday (0 is Monday) of the week after; each missing week costs a fee."""

    weekday: int
    fee_per_week: object

    kind: ClassVar = Term.Kind.DATA_REPORTING
    side: ClassVar = Term.Side.THEY_OWE
    unit: ClassVar = "weeks"
    period: ClassVar = "quarter"
    feed: ClassVar = ""
    settles_later: ClassVar = True
    version: ClassVar = 2

    @classmethod
    def parse(cls, params):
        read = Reader(params)
        weekday, fee = read.whole("weekday", 0, 6), read.amount("fee_per_week")
        read.done()
        return cls(weekday, fee)

    def sentence(self, currency):
        said = _("Deliver the sell-through of each week by %(weekday)s of the next; each missing week costs %(fee)s.")
        return said % {"weekday": WEEKDAYS[self.weekday], "fee": writing.amount(self.fee_per_week, currency)}

    def as_params(self):
        return {"weekday": self.weekday, "fee_per_week": plain(self.fee_per_week)}


@dataclass(frozen=True)
class DeliveryOtif:
    """Our duty: so much of what was requested arrives on time and in full, or a penalty on the lines that failed."""

    minimum: object
    penalty_rate: object
    early_days: int
    late_days: int
    count: str

    kind: ClassVar = Term.Kind.DELIVERY_OTIF
    side: ClassVar = Term.Side.WE_OWE
    unit: ClassVar = "rate"
    period: ClassVar = "month"
    feed: ClassVar = FileKind.ORDERS
    settles_later: ClassVar = True
    version: ClassVar = 1

    @classmethod
    def parse(cls, params):
        read = Reader(params)
        minimum, penalty = read.rate("minimum", above_zero=True), read.rate("penalty_rate")
        early, late = read.whole("early_days", 0, 60), read.whole("late_days", 0, 60)
        count = read.choice("count", [UNITS, LINES])
        read.done()
        return cls(minimum, penalty, early, late, count)

    def sentence(self, currency):
        if self.count == LINES:
            text = _("Deliver %(minimum)s of order lines on time and in full, else %(rate)s of the value that failed.")
        else:
            text = _("Deliver %(minimum)s of units on time and in full, else %(rate)s of the value that failed.")
        said = text % {"minimum": writing.rate(self.minimum), "rate": writing.rate(self.penalty_rate)}
        if self.early_days or self.late_days:
            window = _("On time is from −%(early)d to +%(late)d days around the requested day.")
            said = formats.sentences([said, window % {"early": self.early_days, "late": self.late_days}])
        return said

    def as_params(self):
        return {
            "minimum": plain(self.minimum),
            "penalty_rate": plain(self.penalty_rate),
            "early_days": self.early_days,
            "late_days": self.late_days,
            "count": self.count,
        }


KINDS = {k.kind.value: k for k in (VolumeRebate, MinimumPurchase, PaymentTerm, DataReporting, DeliveryOtif)}


def parse(kind, params):
    """The typed parameters of a term of this kind. Raises ValidationError naming each wrong parameter."""
    if kind not in KINDS:
        raise ValidationError({"kind": _("There is no kind of term called “%(kind)s”.") % {"kind": kind}})
    return KINDS[kind].parse(params)


def of(term):
    """The typed parameters of a stored term."""
    return parse(term.kind, term.params)


def sentence(term):
    """What a term says, in words of the current language; the agreement must be loaded."""
    return of(term).sentence(term.agreement.currency)
