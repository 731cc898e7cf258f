"""The grid of a plan as rows to show: goals, what serves them, how they are measured."""

from dataclasses import dataclass

from plans import calc, figures
from plans.checks import sum_of_weights

LEVELS = {calc.OPEN: "open", calc.REACHED: "good", calc.ON_TRACK: "neutral", calc.BEHIND: "warning"}


@dataclass(frozen=True)
class Figure:
    """One measure of a goal with its numbers as text."""

    row: object
    currency: str

    def __str__(self):
        return str(self.row)

    @property
    def unit(self):
        return figures.unit(self.row.measure, self.currency)

    @property
    def base(self):
        return figures.rounded(self.row.measure, self.row.base)

    @property
    def target(self):
        return figures.number(self.row.measure, self.row.target)

    @property
    def actual(self):
        return figures.rounded(self.row.measure, self.row.actual)

    @property
    def progress(self):
        return figures.progress(self.row.measure, self.row.actual, self.row.target, self.currency)

    @property
    def weight(self):
        return figures.weight(self.row.weight)

    @property
    def standing(self):
        return self.row.standing

    @property
    def level(self):
        return LEVELS[self.standing]

    @property
    def share(self):
        """How much of the way to the target is done, for the fill of a bar."""
        return self._way_done(self.row.actual)

    @property
    def share_expected(self):
        """The same of what is expected by now, for the tick; None before there are facts."""
        return None if self.row.actual is None else self._way_done(self.row.expected)

    def _way_done(self, value):
        row = self.row
        return calc.way_done(value, row.target, row.base, row.way, sums=row.sums)


@dataclass(frozen=True)
class Section:
    """One goal with its number, its initiatives as (number, row) and its measures."""

    number: int
    goal: object
    currency: str

    @property
    def initiatives(self):
        return [(f"{self.number}.{i}", row) for i, row in enumerate(self.goal.initiatives.all(), 1)]

    @property
    def measures(self):
        return [Figure(row, self.currency) for row in self.goal.measures.all()]

    @property
    def weight(self):
        return figures.weight(sum_of_weights([self.goal]))


def sections(plan):
    """The goals of a plan loaded `with_parts`, in order."""
    return [Section(n, goal, plan.account.currency) for n, goal in enumerate(plan.goals.all(), 1)]


def counts(plan):
    """How many measures stand how, by word of `plans.calc`."""
    found = dict.fromkeys(LEVELS, 0)
    for goal in plan.goals.all():
        for row in goal.measures.all():
            found[row.standing] += 1
    return found


def weights(plan):
    """The sum of weights as text."""
    return figures.weight(sum_of_weights(plan.goals.all()))
