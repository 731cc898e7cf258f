"""A frozen snapshot as rows to show; nothing here asks the database."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from plans import figures


@dataclass(frozen=True)
class Frozen:
    """The words and the grid of a snapshot."""

    snapshot: dict

    @property
    def account(self):
        return self.snapshot["account"]

    @property
    def author(self):
        return self.snapshot["author"]

    @property
    def words(self):
        """(heading, text) of the situation."""
        plan = self.snapshot["plan"]
        heads = (("where_we_stand", _("Where we stand")), ("what_they_want", _("What they want")))
        return [(head, plan[name]) for name, head in (*heads, ("white_space", _("White space")))]

    @property
    def goals(self):
        return [self._goal(n, goal) for n, goal in enumerate(self.snapshot["goals"], 1)]

    def _goal(self, number, goal):
        work = [(f"{number}.{i}", dated(row)) for i, row in enumerate(goal["initiatives"], 1)]
        return {
            "number": number,
            "title": goal["title"],
            "initiatives": work,
            "measures": [self._measure(row) for row in goal["measures"]],
        }

    def _measure(self, row):
        code = row["measure"]
        shown = {name: figures.rounded(code, row[name]) for name in ("base", "actual")}
        shown["target"] = figures.number(code, row["target"])
        return shown | {
            "label": figures.label(code),
            "unit": figures.unit(code, self.account["currency"]),
            "weight": figures.weight(row["weight"]),
            "as_of": _day(row["as_of"]),
        }


def dated(row):
    """An initiative of a snapshot with its due date as a date."""
    return row | {"due_on": _day(row["due_on"])}


def _day(text):
    return date.fromisoformat(text) if text else None
