"""The plans of this year and those in the making, moved through people's own doors, on the days they would have."""

from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from django.db.models.signals import pre_save
from django.utils import timezone

from kam.models import Entry
from kam.workflow import move
from plans import services
from plans.demo import stories, targets, words
from plans.demo.products import CATALOGUE
from plans.models import Goal, Initiative, Plan, PlanMeasure, Signature
from plans.workflow import SIGN_OFF

# Plans in the making that have left the desk: how many days before yesterday they were submitted, and what came of it.
UNDER_WAY = {
    stories.PLAN_WAITING: (stories.DAYS_WAITING, "submitted"),
    "CN-210": (2, "submitted"),
    "DE-240": (1, "submitted"),
    stories.PLAN_RETURNED: (9, "returned"),
    stories.HEALTHY: (16, "signed"),
}
MONEY, MORE = ("sell_in", "sell_through"), Decimal("1.06")
RATES = {"weeks_of_supply": Decimal("7.5"), "otif": Decimal("0.96"), "overdue_share": Decimal("0.05")}
BASES = {"weeks_of_supply": Decimal("8.1"), "otif": Decimal("0.951"), "overdue_share": Decimal("0.08")}


def build(accounts, people, facts):
    """Sign this year's plan of every account, and leave several of the larger ones in the making.

    That is next year's plan, or in the first half of the year a revision of this year's.
    """
    days = facts.days
    for client in facts.cast.trading:
        desk = Desk(client, accounts[client.code], people, facts)
        begun = date(days.year - 1, 11, 10)
        signed = desk.submit(desk.draft(days.year, begun), begun + timedelta(days=18))
        desk.sign(signed, begun + timedelta(days=25))
        if client.tier != "C":
            _under_way(desk, days, signed)


def _under_way(desk, days, signed):
    ago, state = UNDER_WAY.get(desk.client.story or desk.client.code, (None, "draft"))
    begun = days.yesterday - timedelta(days=(ago or 0) + 12)
    if not days.plans_ahead and ago is None:
        return
    plan = desk.draft(days.year + 1, begun) if days.plans_ahead else desk.revise(signed, begun)
    if ago is None:
        return
    plan = desk.submit(plan, days.yesterday - timedelta(days=ago))
    if state == "returned":
        desk.send_back(plan, days.yesterday - timedelta(days=ago - 3))
    if state == "signed":
        desk.sign(plan, days.yesterday - timedelta(days=ago - 2))


class Desk:
    """Where one account's plans are written and signed."""

    def __init__(self, client, account, people, facts):
        self.client, self.account, self.facts = client, account, facts
        self.author = people[client.manager]
        self.director = people["director_europe" if client.manager == "uk" else "director"]
        self.helpers = [self.author, people["logistics"]]

    def draft(self, year, day):
        """A complete draft, written on that day."""
        last = targets.of_year(self.facts, self.client, year - 1)
        with on_day(day):
            plan = services.create_plan(
                account=self.account,
                year=year,
                by=self.author,
                where_we_stand=words.situation(self.client, year, last),
                what_they_want=words.wants(self.client),
                white_space=words.white_space(self.client, self._unlisted()),
            )
        Plan.objects.filter(pk=plan.pk).update(created_at=_morning(day))
        self._goals(plan, last)
        return plan

    def revise(self, plan, day):
        """The next revision of a signed plan: a little more of everything that is counted in money."""
        with on_day(day):
            draft = services.new_revision(plan, by=self.author)
        Plan.objects.filter(pk=draft.pk).update(created_at=_morning(day))
        for row in PlanMeasure.objects.filter(goal__plan=draft, measure__in=MONEY):
            PlanMeasure.objects.filter(pk=row.pk).update(target=targets.rounded(row.target * MORE))
        return draft

    def submit(self, plan, day):
        with on_day(day):
            return move(plan, SIGN_OFF, "submit", by=self.author)

    def send_back(self, plan, day):
        with on_day(day):
            return move(plan, SIGN_OFF, "return", by=self.director, note=words.RETURNED)

    def sign(self, plan, day):
        with on_day(day):
            return services.sign(plan, by=self.director, confirmed_at=timezone.now(), comment=words.SIGNED)

    def _unlisted(self):
        """The category the account buys least of."""
        flow = self.facts.flows[self.client.code]
        listed = [article.category for article in flow.articles]
        return min(CATALOGUE, key=lambda row: listed.count(row[0]))[1]

    def _goals(self, plan, last):
        planned = words.goals(self.client)
        goals = [Goal(plan=plan, position=place, title=title) for place, (title, *_) in enumerate(planned, 1)]
        for goal, (_title, initiatives, measures) in zip(Goal.objects.bulk_create(goals), planned, strict=True):
            Initiative.objects.bulk_create(self._initiatives(goal, initiatives))
            PlanMeasure.objects.bulk_create(self._measures(goal, measures, last))

    def _initiatives(self, goal, titles):
        for place, title in enumerate(titles, 1):
            yield Initiative(
                goal=goal,
                position=place,
                title=title,
                owner=self.helpers[(goal.position + place) % 2],
                due_on=date(goal.plan.year, min(3 * place + goal.position * 2, 12), 28),
                budget=Decimal(4000 * goal.position) if place == 1 else None,
            )

    def _measures(self, goal, measures, last):
        money = {"sell_in": last.sell_in, "sell_through": last.sell_through}
        for code, weight in measures:
            base = money.get(code, BASES.get(code))
            target = targets.rounded(base * (1 + targets.growth(self.client))) if code in money else RATES[code]
            yield PlanMeasure(goal=goal, measure=code, base=base, target=target, weight=weight)


@contextmanager
def on_day(day):
    """Everything that is logged, submitted or signed inside bears the morning of that day."""

    def stamp(sender, instance, **kwargs):
        if sender is Plan and instance.state == Plan.State.SUBMITTED:
            instance.submitted_at = _morning(day)
        elif sender is Signature:
            instance.signed_at = _morning(day)
        elif sender is Entry:
            instance.at = _morning(day)

    pre_save.connect(stamp, weak=False, dispatch_uid="demo")
    try:
        yield
    finally:
        pre_save.disconnect(dispatch_uid="demo")


def _morning(day):
    return datetime.combine(day, time(8, 30), UTC)
