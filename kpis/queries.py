"""What the pages of the KPI floor read: figures of a period, series of weeks, always by numerator and denominator."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.contrib.postgres.aggregates import ArrayAgg, BoolOr
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, Count, DecimalField, F, Func, Max, OuterRef, Q, Subquery, Sum
from django.db.models.functions import NullIf, Round
from django.utils.dateparse import parse_date

from accounts.compiled import for_reader
from accounts.models import Account
from kam.context import last_night
from kam.expressions import among
from kam.measures import Measure
from kam.night import default_date
from kpis import calc
from kpis.access import readable_measures
from kpis.models import AccountWeek, MeasureValue, OpenItem, Target
from kpis.rates import in_own

KNOWN = Q(numerator__isnull=False, denominator__isnull=False)
# Of what is known; a sum leaves out by itself what is empty in its own column.
SUMS = {
    "over": Sum("numerator", filter=Q(denominator__isnull=False)),
    "under": Sum("denominator", filter=Q(numerator__isnull=False)),
}
LEVEL_WEEKS = 8
FIGURE = DecimalField(max_digits=30, decimal_places=8)
# Units of measures that are said in a currency: an amount, and what one unit of goods costs.
MONEY = ("money", "each")
FIRST_YEAR, LAST_YEAR = 1970, 2100
YEAR = timedelta(days=364)


@dataclass(frozen=True)
class Figure:
    """One measure over a period: an amount is its numerator, a rate is numerator ÷ denominator.

    `week` is the last week that counts in it; `late` says that news is missing.
    """

    measure: Measure
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    week: date | None = None
    late: bool = False

    @property
    def value(self):
        if self.measure.kind == "amount":
            return self.numerator
        return calc.rate(self.numerator, self.denominator)

    @property
    def shown(self):
        """The value in the unit people read: percent instead of a fraction."""
        value = self.value
        return value * 100 if value is not None and self.measure.unit == "percent" else value


def last_night_day() -> date:
    """The business date of the last night that measured something; yesterday before the first."""
    return last_night()["measured"] or default_date()


def last_week() -> date:
    """The Monday of the last week that was over by then."""
    return calc.last_complete_week(last_night_day())


def asked_week(request) -> date | None:
    """The Monday of the week that `?week=` names by any of its days; None for none, and for years without facts."""
    return monday_of(request.GET.get("week", ""))


def monday_of(text: str) -> date | None:
    """The Monday of the week of a day as it stands in an address; None for other text, and for years without facts."""
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    return calc.monday(day) if day and FIRST_YEAR <= day.year <= LAST_YEAR else None


def asked_number(request, name: str, offered, usual: int) -> int:
    """The number that a parameter asks for where it is one of those offered, else the usual one."""
    text = request.GET.get(name, "")
    return int(text) if text in map(str, offered) else usual


def span(last: date, weeks: int) -> tuple[date, date]:
    """The first and last Monday of `weeks` weeks."""
    return last - timedelta(weeks=weeks - 1), last


def figures(user, accounts, codes, last: date, weeks: int) -> dict[tuple[int, str], Figure]:
    """Each account's own figures of the `weeks` weeks to `last`, by account id and code: one query for all.

    Flows are summed over the weeks; of a level the last known one counts, at most eight weeks back.
    """
    measures = {code: m for code, m in readable_measures(user).items() if code in codes}
    levels = [code for code, measure in measures.items() if measure.snapshot]
    flows = [code for code in measures if code not in levels]
    values = (
        MeasureValue.objects.visible_to(user)
        .filter(account__in=[a.pk for a in accounts], measure__in=list(measures))
        .filter(week__range=span(last, max(weeks, LEVEL_WEEKS)))
        # Said as what is left out: of two conditions, either of which may hold, the database would look up both.
        .exclude(measure__in=flows, week__lt=span(last, weeks)[0])
        .exclude(measure__in=levels, week__lt=span(last, LEVEL_WEEKS)[0])
    )
    told = SUMS | {"newest": Max("week", filter=KNOWN), "missing": BoolOr("late")}
    if levels:
        told |= {
            "last_over": _newest("numerator", filter=KNOWN),
            "last_under": _newest("denominator", filter=KNOWN),
            "last_late": _newest("late", output_field=BooleanField()),
        }
    rows = values.order_by().values_list("account_id", "measure").annotate(**told)
    return {(account, code): _figure(measures[code], *rest) for account, code, *rest in rows}


def _figure(measure, over, under, newest, missing, last_over=None, last_under=None, last_late=False):
    if not measure.snapshot:
        return Figure(measure, over, under, newest, missing)
    return Figure(measure, last_over, last_under, newest, last_late)


def with_figure(accounts, code, last: date, weeks: int, measures):
    """Accounts annotated with `figure`, the value of one measure over the period, to sort by it."""
    of_account = _known_of(measures[code], last, weeks).filter(account=OuterRef("pk"))
    chosen = _by_account(of_account, measures[code]).values("figure")[:1]
    return accounts.annotate(figure=Subquery(chosen, output_field=FIGURE))


def with_known_figure(accounts, code, last: date, weeks: int, measures):
    """The accounts that have a value, annotated with it; found by their values, because most may have none."""
    known = _known_of(measures[code], last, weeks).order_by().values("account")
    found = with_figure(accounts.filter(pk__in=known), code, last, weeks, measures)
    is_known = measures[code].kind == "amount"  # a rate may have nothing to be divided by
    return found if is_known else found.filter(figure__isnull=False)


def largest(user, measure, last: date, weeks: int, n: int):
    """The `n` visible accounts whose value of a measure over the period is largest, that one first.

    Values are summed first, and only accounts chosen by them are read: the database would read all accounts otherwise.
    """
    known = _known_of(measure, last, weeks).visible_to(user)
    figures = _by_account(known, measure).filter(figure__isnull=False).order_by("-figure", "account")
    chosen = dict(figures.values_list("account", "figure")[:n])
    accounts = Account.objects.in_bulk(chosen).values()
    return sorted(accounts, key=lambda account: (-chosen[account.pk], account.sort_name, account.pk))


def _known_of(measure, last, weeks):
    """The known values of a measure in the period; of a level in the weeks in which the last one may stand."""
    weeks = LEVEL_WEEKS if measure.snapshot else weeks
    return MeasureValue.objects.filter(KNOWN, measure=measure.code, week__range=span(last, weeks))


def _by_account(known, measure):
    """Known values as one row of each `account` with its `figure`: of flows the sum, of a level the last one."""
    of_weeks = _newest if measure.snapshot else Sum
    parts = {"over": of_weeks("numerator"), "under": NullIf(of_weeks("denominator"), Decimal(0))}
    value = F("over") if measure.kind == "amount" else F("over") / F("under")
    rows = known.order_by().values("account").annotate(**parts)
    return rows.annotate(figure=Round(value, 8, output_field=FIGURE))


def _newest(column, output_field=FIGURE, **options):
    """The value of the last week."""
    values = ArrayAgg(column, order_by="-week", **options)
    return Func(values, template="(%(expressions)s)[1]", output_field=output_field)


def series(user, account, codes, first: date, last: date) -> dict[str, dict[date, Figure]]:
    """Weekly figures of an account and what the user sees below it, by code and week: one query.

    Money below counts where it is in the account's currency.
    """
    measures, money = _asked_for(user, codes)
    values = {"account": account.pk, "currency": account.currency, "weeks": _mondays([(first, last)])}
    return _by_week(measures, _series(user, tuple(measures), tuple(money), **values))


@for_reader
def _series(user, codes, money, *, account, currency, weeks):
    return _of_account(user, account, currency, codes, money, weeks).order_by("week")


def of_account(user, account, codes, spans) -> dict[str, dict[date, Figure]]:
    """The same from first to last Monday of each of the `spans`."""
    measures, money = _asked_for(user, codes)
    found = _of_account(user, account.pk, account.currency, list(measures), money, _mondays(spans))
    return _by_week(measures, found.order_by("week"))


def _of_account(user, account, currency, codes, money, weeks):
    """Weekly sums of readable measures, of which those in `money` count where they are in the currency.

    The measures are named once: twice would let the database expect so many steps that it reads the whole table.
    """
    counted = ~Q(measure__in=money) | Q(account__currency=currency)
    below = Account.objects.visible_to(user).filter(lineage__contains=[account]).order_by().values("pk")
    found = among("account", ArraySubquery(below))
    values = MeasureValue.objects.filter(found, counted, among("week", weeks, "date"))
    return _weekly(values.filter(measure__in=codes))


def portfolio(user, currency, codes, spans) -> dict[str, dict[date, Figure]]:
    """Weekly figures of everything the user sees, from first to last Monday of each of the `spans`.

    Money counts where it is in the currency. It is asked for apart: for a condition that needs the currency of some
    values only, the database would read that of every account of the house.
    """
    measures, money = _asked_for(user, codes)
    values = MeasureValue.objects.visible_to(user).filter(week__in=_mondays(spans))
    rest = values.filter(measure__in=[code for code in measures if code not in money])
    in_currency = values.filter(measure__in=money, account__currency=currency)
    return _by_week(measures, _weekly(rest).union(_weekly(in_currency), all=True).order_by("week"))


def _asked_for(user, codes):
    """The measures among `codes` that the user reads, by code, and the codes of those that are money."""
    measures = {code: m for code, m in readable_measures(user).items() if code in codes}
    return measures, [code for code, m in measures.items() if m.unit in MONEY]


def _mondays(spans):
    """The Mondays of the spans, each once: looked up one by one, and so the database knows how many rows there are."""
    return sorted({first + timedelta(weeks=n) for first, last in spans for n in range((last - first).days // 7 + 1)})


def _weekly(values):
    """The values summed by measure and week."""
    return values.order_by().values_list("measure", "week").annotate(**SUMS, missing=BoolOr("late"))


def _by_week(measures, rows):
    """The figures of such rows, which come in order of the weeks, by code and week."""
    found = {code: {} for code in measures}
    for code, week, over, under, missing in rows:
        found[code][week] = Figure(measures[code], over, under, week if over is not None else None, missing)
    return found


def over(points: dict[date, Figure], measure: Measure, first: date, last: date) -> Figure:
    """One figure of a weekly series: flows summed, of a level the last known one."""
    inside = [points[week] for week in sorted(points) if first <= week <= last]
    known = [p for p in inside if p.numerator is not None]
    late = bool(inside) and (inside[-1].late if measure.snapshot else any(p.late for p in inside))
    if not known:
        return Figure(measure, late=late)
    if measure.snapshot:
        return Figure(measure, known[-1].numerator, known[-1].denominator, known[-1].week, late)
    total = calc.summed(calc.Ratio(p.numerator, p.denominator) for p in known)
    return Figure(measure, total.numerator, total.denominator, known[-1].week, late)


def usual_currency(user) -> tuple[str, bool]:
    """The currency that most visible accounts trade in, and whether there are others."""
    found = list(_currencies(user)[:2])
    return (found[0] if found else ""), len(found) > 1


def currency_of_most(user) -> Subquery:
    """The same currency as part of another query."""
    return Subquery(_currencies(user)[:1])


def _currencies(user):
    counted = Account.objects.visible_to(user).order_by().values("currency").annotate(n=Count("pk"))
    return counted.order_by("-n", "currency").values_list("currency", flat=True)


def targets(user, account, codes, year: int) -> dict[str, Target]:
    """The account's own targets of a year by measure."""
    return {target.measure: target for target in _targets(user, tuple(codes), account=account.pk, year=year)}


@for_reader
def _targets(user, codes, *, account, year):
    return Target.objects.visible_to(user).filter(account=account, measure__in=codes, year=year).order_by()


def expected_by(target: Target, measure: Measure, points: dict[date, Figure], week: date) -> Decimal:
    """What a target asks for by the end of a week.

    Of an amount that adds up it is the share that last year had brought by the same ISO week, as far as `points` know
    last year, else the share of the year's weeks that are over.
    """
    if measure.snapshot or measure.kind != "amount":
        return target.value
    known = {monday: point.numerator for monday, point in points.items() if point.numerator is not None}
    season = calc.season_share(known, week)
    return target.value * (calc.year_share(week) if season is None else season)


def account_weeks(user, account, first: date, last: date) -> dict[date, dict]:
    """Sell-in beside sell-through by week, of the account and what the user sees below it in its currency."""
    sums = _account_weeks(user, account=account.pk, currency=account.currency, first=first, last=last)
    return {row["week"]: row for row in sums}


@for_reader
def _account_weeks(user, *, account, currency, first, last):
    rows = AccountWeek.objects.visible_to(user).filter(
        account__lineage__contains=[account], currency=currency, week__range=(first, last)
    )
    return rows.order_by("week").values("week").annotate(sell_in=Sum("sell_in_value"), sell_through=Sum("value"))


@dataclass(frozen=True)
class Receivables:
    """Open items of an account at the end of a day: by age, in all, and how long they take to be paid.

    `left_out` counts those that no amount knows, because nobody knows an exchange rate.
    """

    currency: str
    day: date
    buckets: dict
    counts: dict
    total: Decimal
    overdue: Decimal
    dso: Decimal | None
    best_dso: Decimal | None
    left_out: int = 0


DSO_DAYS = 91
AGED = ("amount", "paid", "paid_on", "due_on", "issued_on")


def receivables(user, account, day: date) -> Receivables | None:
    """The ageing of an account and what is below it in its currency; None when the user sees no open items."""
    since = day - timedelta(days=DSO_DAYS)
    opened, sales, left_out = [], Decimal(0), 0
    for amount, paid, paid_on, due_on, issued_on, rate in _with_rate(user, account, since, day):
        left = calc.open_amount(amount, paid, paid_on, day)
        if rate is None:
            left_out += left != 0
            continue
        sales += amount * rate if issued_on > since else 0
        if left:
            opened.append((left * rate, due_on))
    if not (opened or left_out):
        return None
    buckets, counts = calc.ageing(opened, day), defaultdict(int)
    for _left, due_on in opened:
        counts[calc.bucket(due_on, day)] += 1
    total, current = sum(buckets.values()), buckets["not_due"]
    return Receivables(
        currency=account.currency,
        day=day,
        buckets=buckets,
        counts=dict(counts),
        total=total,
        overdue=total - current,
        dso=calc.days_sales_outstanding(total, sales, DSO_DAYS),
        best_dso=calc.days_sales_outstanding(current, sales, DSO_DAYS),
        left_out=left_out,
    )


def _with_rate(user, account, since, day):
    """AGED of each item and what one unit of its currency is in the account's; asked for where one is in another."""
    given = {"account": account.pk, "currency": account.currency, "since": since, "day": day}
    rows = _aged(user, **given)
    if any(theirs != account.currency for theirs, *_values in rows):
        return _items(user, **given).annotate(rate=in_own("issued_on")).values_list(*AGED, "rate")
    return [(*values, Decimal(1)) for _theirs, *values in rows]


@for_reader
def _aged(user, *, account, currency, since, day):
    items = _items(user, account=account, currency=currency, since=since, day=day)
    return items.values_list("currency", *AGED)


def _items(user, *, account, currency, since, day):
    """What is open on a day, and what was issued in the time before that is asked about."""
    items = OpenItem.objects.visible_to(user).filter(
        Q(issued_on__gt=since) | Q(paid_on__gt=day) | ~Q(amount=F("paid")),
        account__lineage__contains=[account],
        account__currency=currency,
        issued_on__lte=day,
    )
    return items.order_by("due_on")
