"""How far a person sees, as values: what the access rule stands on, asked of the database in small queries.

The conditions made of it are plain comparisons, so that the database knows how many rows they leave.
"""

from dataclasses import dataclass
from functools import reduce

from django.apps import apps
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, F, Func, Q
from django.utils.functional import cached_property

from accounts.models.team import Team
from kam.models.deputy import places_of
from kam.reading import once
from kam.roles import MEMBERS, TEAM_SCOPED, Role


@dataclass(frozen=True)
class Reach:
    """All accounts with `everything`; else those of `teams`, in `countries`, and those that members see, by id: `own`.

    `outside` are countries of which all others are caught; None where no rule says so.
    """

    everything: bool = False
    teams: tuple[int, ...] = ()
    countries: frozenset[str] = frozenset()
    outside: frozenset[str] | None = None
    own: tuple[int, ...] = ()

    @classmethod
    def of(cls, teams, own=()):
        """The reach of rows of teams, each by assignment and by its scope rule, and of single accounts."""
        caught = {scope: [frozenset(t.countries) for t in teams if t.scope == scope] for scope in Team.Scope}
        left_out = caught[Team.Scope.COUNTRIES_NOT_IN]
        outside = frozenset.intersection(*left_out) if left_out else None
        return cls(
            everything=bool(caught[Team.Scope.EVERYTHING]) or outside == frozenset(),
            teams=tuple(sorted(team.pk for team in teams)),
            countries=frozenset().union(*caught[Team.Scope.COUNTRIES_IN]),
            outside=outside,
            own=tuple(own),
        )

    def accounts(self) -> Q:
        """The condition on accounts."""
        if self.everything:
            return Q()
        parts = [Q(team__in=self.teams), Q(country__in=sorted(self.countries))]
        parts += [] if self.outside is None else [~Q(country__in=sorted(self.outside))]
        parts += [Q(self._is_own("pk"))] if self.own else []
        return reduce(Q.__or__, parts)

    def hanging_off(self, path: str) -> Q:
        """The condition on rows of which `path` leads to the account; it is never empty there."""
        if self.everything:
            return Q()
        if self.own and not self.teams:
            return Q(self._is_own(path))
        rows = apps.get_model("accounts", "Account").objects.filter(self.accounts())
        return Q(**{f"{path}__in": rows.order_by().values("pk")})

    def _is_own(self, path):
        """Whether the number at `path` is one of `own`: written down once, however many queries ask for it."""
        return Func(F(path), template=self._one_of_own, output_field=BooleanField())

    @cached_property
    def _one_of_own(self):
        return f"(%(expressions)s = ANY('{{{','.join(map(str, self.own))}}}'::bigint[]))"


def reach_of(user) -> Reach:
    """How far `user` sees today; nobody who is not active sees anything."""
    if not user.is_authenticated or not user.is_active:
        return Reach()
    if user.role == Role.AUDITOR:
        return Reach(everything=True)
    return once(("reach", user.pk, user.role), lambda: _asked(user))


def _asked(user):
    places = places_of(user)
    members = [pk for pk, role in places if role in MEMBERS]
    workers = [pk for pk, role in places if role in TEAM_SCOPED]
    teams = Team.objects.worked_in_by(workers).order_by().only("pk", "scope", "countries") if workers else ()
    return Reach.of(list(teams), _looked_after_by(members))


def _looked_after_by(persons):
    """Ids of the accounts that these people are members of, and of all below them."""
    if not persons:
        return ()
    looked_after = apps.get_model("accounts", "Membership").objects.filter(user__in=persons).order_by()
    below = apps.get_model("accounts", "Account").objects.filter(
        lineage__overlap=ArraySubquery(looked_after.values("account"))
    )
    return below.order_by().values_list("pk", flat=True)
