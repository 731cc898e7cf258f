"""How far a person sees, as values: what the access rule stands on, asked of the database in small queries.

The conditions made of it are plain comparisons, so that the database knows how many rows they leave.
"""

from dataclasses import dataclass
from functools import reduce

from django.apps import apps
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Q
from django.utils.functional import cached_property

from accounts.models.team import Team
from kam.compiled import Someone, blanks, compiled
from kam.expressions import among
from kam.models.deputy import places_of
from kam.reading import once
from kam.roles import MEMBERS, TEAM_SCOPED, Role


@dataclass(frozen=True)
class Reach:
    """All accounts with `everything`; else those of `teams`, in `countries`, and those that members see.

    `outside` are countries of which all others are caught; none where no rule says so. `own` are ids of single
    accounts as the database writes an array, such as `{1,2}`, because many queries name them; empty where there are
    none.
    """

    everything: bool = False
    teams: tuple[int, ...] = ()
    countries: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    own: str = ""

    @classmethod
    def of(cls, teams, own=()):
        """The reach of rows of teams, each by assignment and by its scope rule, and of single accounts by id."""
        caught = {scope: [frozenset(t.countries) for t in teams if t.scope == scope] for scope in Team.Scope}
        left_out = caught[Team.Scope.COUNTRIES_NOT_IN]
        outside = tuple(sorted(frozenset.intersection(*left_out))) if left_out else ()
        ids = ",".join(map(str, own))
        return cls(
            everything=bool(caught[Team.Scope.EVERYTHING]) or bool(left_out and not outside),
            teams=tuple(sorted(team.pk for team in teams)),
            countries=tuple(sorted(frozenset().union(*caught[Team.Scope.COUNTRIES_IN]))),
            outside=outside,
            own=f"{{{ids}}}" if ids else "",
        )

    @cached_property
    def parts(self) -> frozenset[str]:
        """What it is made of: the fields that say something."""
        if self.everything:
            return frozenset({"everything"})
        return frozenset(name for name, value in self.values.items() if value)

    @cached_property
    def values(self) -> dict:
        """What fills in the blanks of whoever is `Reaching` as far."""
        several = {"teams": self.teams, "countries": self.countries, "outside": self.outside}
        return {name: list(values) for name, values in several.items()} | {"own": self.own}

    def accounts(self) -> Q:
        """The condition on accounts."""
        if self.everything:
            return Q()
        parts = [among("team", self.teams)] if self.teams else []
        parts += [among("country", self.countries, "text")] if self.countries else []
        parts += [~among("country", self.outside, "text")] if self.outside else []
        parts += [among("pk", self.own)] if self.own else []
        return reduce(Q.__or__, parts) if parts else Q(pk__in=())

    def hanging_off(self, path: str) -> Q:
        """The condition on rows of which `path` leads to the account; it is never empty there."""
        if self.everything:
            return Q()
        if self.own and not self.teams:
            return among(path, self.own)
        rows = apps.get_model("accounts", "Account").objects.filter(self.accounts())
        return Q(**{f"{path}__in": rows.order_by().values("pk")})


@dataclass(frozen=True)
class Reaching(Someone):
    """The same with the parts of a reach, which are blanks."""

    parts: frozenset[str]

    @property
    def reach(self):
        everything = "everything" in self.parts
        return Reach(everything, **({} if everything else blanks(*self.parts)))


def reach_of(user) -> Reach:
    """How far `user` sees today; nobody who is not active sees anything."""
    if isinstance(user, Reaching):
        return user.reach
    if not user.is_authenticated or not user.is_active:
        return Reach()
    if user.role == Role.AUDITOR:
        return Reach(everything=True)
    return once(("reach", user.pk, user.role), lambda: _asked(user))


def _asked(user):
    places = places_of(user)
    members = [pk for pk, role in places if role in MEMBERS]
    workers = [pk for pk, role in places if role in TEAM_SCOPED]
    teams = _worked_in_by(persons=workers) if workers else ()
    return Reach.of(teams, _looked_after_by(persons=members) if members else ())


@compiled
def _worked_in_by(*, persons):
    return Team.objects.worked_in_by(persons).order_by().only("pk", "scope", "countries")


@compiled
def _looked_after_by(*, persons):
    """Ids of the accounts that these people are members of, and of all below them."""
    memberships = apps.get_model("accounts", "Membership").objects.filter(among("user", persons))
    looked_after = ArraySubquery(memberships.order_by().values("account"))
    below = apps.get_model("accounts", "Account").objects.filter(lineage__overlap=looked_after)
    return below.order_by().values_list("pk", flat=True)
