"""The days of the demo: two years of ISO weeks that end with the last complete one before today."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property

from kpis import calc

WEEKS = 104
AHEAD = 3


@dataclass(frozen=True)
class Days:
    """Every date of the demo follows from `today`; facts reach up to the day before it."""

    today: date

    @property
    def yesterday(self):
        return self.today - timedelta(days=1)

    @property
    def year(self):
        """The ISO year of yesterday, which the night calls this year."""
        return self.yesterday.isocalendar().year

    @property
    def plans_ahead(self):
        """Whether next year is planned already; in the first half people revise the plan of this year."""
        return self.yesterday.month > 6

    @property
    def monday(self):
        """The Monday of the running week."""
        return calc.monday(self.today)

    @cached_property
    def weeks(self):
        """Mondays of the complete weeks, of the running one and of those whose orders are already placed."""
        first = self.monday - timedelta(weeks=WEEKS)
        return [first + timedelta(weeks=i) for i in range(WEEKS + AHEAD)]

    @property
    def complete(self):
        return self.weeks[:WEEKS]

    @property
    def months(self):
        """The first day of every month that a complete week begins in."""
        return sorted({week.replace(day=1) for week in self.complete})

    def age(self, index):
        """How many weeks the week `index` lies before the last complete one; negative when it is still to come."""
        return WEEKS - 1 - index

    def months_ago(self, day):
        """How many calendar months a day lies before the month of yesterday."""
        last = self.yesterday
        return (last.year - day.year) * 12 + last.month - day.month

    def week_of_age(self, age):
        """The inverse of `age`."""
        return WEEKS - 1 - age

    def index(self, day):
        """The position in `weeks` of the week that holds `day`, the first one for earlier days."""
        return max(0, (day - self.weeks[0]).days // 7)

    def known(self, day):
        """The day if it is past, else None: nobody knows yet."""
        return day if day <= self.yesterday else None

    @cached_property
    def contract_year(self):
        """First and last day of the agreements in force: the calendar year, or July to June while it is young."""
        if self.today.month >= 5:
            return date(self.today.year, 1, 1), date(self.today.year, 12, 31)
        return date(self.today.year - 1, 7, 1), date(self.today.year, 6, 30)

    def instant(self, day, hour=4):
        """A time of that day, but never later than half past midnight today."""
        latest = datetime.combine(self.today, time(0, 30), UTC)
        return min(datetime.combine(day, time(hour), UTC), latest)
