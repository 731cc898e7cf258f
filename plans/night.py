"""What the night does for plans: fill the measures from the KPI floor, and raise what needs somebody."""

from datetime import timedelta

from django.db import connection
from django.db.models import F
from django.urls import reverse

from accounts import wording
from accounts.alerts import AlertRow, raise_alerts
from kam.measures import all_measures
from kam.roles import DataClass
from kam.rounding import cents
from kpis.calc import YOUNG_WEEKS, last_complete_week, sunday
from plans import calc
from plans.models import Plan, PlanMeasure

PATIENCE = timedelta(days=5)
YEAR_STARTS = "make_date({0}, 1, 4) - (extract(isodow FROM make_date({0}, 1, 4))::int - 1)"

# Amounts sum up over the year, rates divide summed sides, levels are those of the last week that has one. How much of
# the year is over follows complete weeks, up to the first of which the news is late; `curve` is `calc.season_share`.
FILL = f"""
WITH wanted AS (
    SELECT m.id, m.measure, p.account_id,
        {YEAR_STARTS.format("(p.year - 1)")} AS before,
        {YEAR_STARTS.format("p.year")} AS first, {YEAR_STARTS.format("(p.year + 1)")} AS next
    FROM plans_planmeasure m JOIN plans_goal g ON g.id = m.goal_id JOIN plans_plan p ON p.id = g.plan_id
    WHERE mod(p.account_id, %(shards)s) = %(shard)s AND p.state <> 'superseded'
        AND p.year BETWEEN %(year)s - 1 AND %(year)s
),
counted AS (
    SELECT w.id, least(%(last)s, w.next - 7, min(v.week) FILTER (WHERE v.late) - 7) AS through
    FROM wanted w JOIN kpis_measurevalue v ON v.account_id = w.account_id AND v.measure = w.measure
    WHERE v.week >= w.first AND v.week < w.next AND v.week <= %(date)s
    GROUP BY w.id, w.next
),
curve AS (
    SELECT w.id, CASE
        WHEN sum(v.numerator) <= 0 OR min(v.week) > w.before + 7 * (%(young)s - 1) THEN NULL
        WHEN c.through >= w.next - 7 THEN 1
        ELSE greatest(least(coalesce(sum(v.numerator) FILTER (WHERE v.week - w.before <= c.through - w.first), 0)
            / sum(v.numerator), 1), 0) END AS season
    FROM wanted w JOIN counted c ON c.id = w.id
    JOIN kpis_measurevalue v ON v.account_id = w.account_id AND v.measure = w.measure
    WHERE w.measure = ANY(%(amounts)s) AND v.week >= w.before AND v.week < w.first AND v.numerator IS NOT NULL
    GROUP BY w.id, w.before, w.first, w.next, c.through
),
known AS (
    SELECT w.id, v.numerator, v.denominator, v.as_of,
        row_number() OVER (PARTITION BY w.id ORDER BY v.week DESC) AS back
    FROM wanted w JOIN kpis_measurevalue v ON v.account_id = w.account_id AND v.measure = w.measure
    WHERE v.week >= w.first AND v.week < w.next AND v.week <= %(date)s
        AND v.numerator IS NOT NULL AND v.denominator IS NOT NULL
),
figure AS (
    SELECT w.id, max(k.as_of) AS as_of, round(CASE
        WHEN w.measure = ANY(%(levels)s) THEN max(k.numerator / nullif(k.denominator, 0)) FILTER (WHERE k.back = 1)
        WHEN w.measure = ANY(%(amounts)s) THEN sum(k.numerator)
        ELSE sum(k.numerator) / nullif(sum(k.denominator), 0) END, 4) AS actual
    FROM wanted w LEFT JOIN known k ON k.id = w.id
    GROUP BY w.id, w.measure
)
UPDATE plans_planmeasure m SET actual = f.actual, as_of = f.as_of, through = f.through, season = f.season
FROM (
    SELECT figure.*, CASE WHEN as_of IS NOT NULL THEN c.through END AS through, round(v.season, 6) AS season
    FROM figure LEFT JOIN counted c USING (id) LEFT JOIN curve v USING (id)
) f
WHERE f.id = m.id AND (m.actual, m.as_of, m.through, m.season) IS DISTINCT FROM (f.actual, f.as_of, f.through, f.season)
"""


def plan_measures(night):
    """Fill what is measured of the shard's plans and raise their alerts; returns the rows written.

    Looks at plans of the ISO year of the business date and of the year before.
    """
    rows = fill(night)
    rows += raise_alerts(waiting_rows(night), code="plan_waiting", night=night)
    return rows + raise_alerts(behind_rows(night), code="plan_behind", night=night)


def fill(night):
    """Bring the actuals up to date in one statement; what did not change is not written."""
    measures = all_measures().values()
    params = night.params | {
        "last": last_complete_week(night.date),
        "year": night.date.isocalendar().year,
        "young": YOUNG_WEEKS,
        "levels": [m.code for m in measures if m.snapshot],
        "amounts": [m.code for m in measures if m.kind == "amount" and not m.snapshot],
    }
    with connection.cursor() as cursor:
        cursor.execute(FILL, params)
        return cursor.rowcount


def _of_shard(rows, night, account):
    return rows.alias(shard=F(account) % night.shards).filter(shard=night.shard).order_by("pk")


def waiting_rows(night):
    """Plans that were submitted more than five days before the business date and are not signed yet."""
    submitted = Plan.objects.filter(state=Plan.State.SUBMITTED, submitted_at__date__lt=night.date - PATIENCE)
    return [_waiting(plan, night.date) for plan in _of_shard(submitted, night, "account_id")]


def _waiting(plan, day):
    since = plan.submitted_at.date()
    return AlertRow(
        account_id=plan.account_id,
        fingerprint=f"plan_waiting:{plan.pk}",
        params={
            "year": str(plan.year),
            "revision": plan.revision,
            "since": wording.day(since),
            "days": (day - since).days,
        },
        url=reverse("plans:signoff", args=[plan.pk]),
        shown_to=DataClass.RELATIONSHIP,
    )


def behind_rows(night):
    """Measures of this year's signed plans that stand worse than their path, beyond tolerance.

    A rate of the first weeks says little, so rates wait until the year has so many.
    """
    signed = PlanMeasure.objects.filter(
        goal__plan__state=Plan.State.SIGNED, goal__plan__year=night.date.isocalendar().year, actual__isnull=False
    )
    rows = _of_shard(signed.select_related("goal__plan__account"), night, "goal__plan__account_id")
    return [_behind(row) for row in rows if row.standing == calc.BEHIND and not _is_young(row)]


def _is_young(row):
    flows = row.described.kind != "amount" and not row.described.snapshot
    return flows and row.through.isocalendar().week < YOUNG_WEEKS


def _behind(row):
    plan = row.goal.plan
    lacking = calc.missing(row.actual, row.expected, row.way) if row.described.unit == "money" else None
    return AlertRow(
        account_id=plan.account_id,
        fingerprint=f"plan_behind:{row.pk}",
        params={
            "measure": wording.measure(row.measure),
            "year": str(plan.year),
            "actual": row.as_param(row.actual),
            "expected": row.as_param(row.expected),
            "target": row.as_param(row.target),
            "as_of": wording.day(sunday(row.through)),
        },
        at_stake=None if lacking is None else cents(lacking),
        currency="" if lacking is None else plan.account.currency,
        url=reverse("plans:detail", args=[plan.pk]),
        shown_to=DataClass.RELATIONSHIP,
    )
