from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kam.compiled import compiled
from kam.models.versioned import Versioned
from kam.reading import once
from kam.roles import STANDS_IN, Role


class DateRange(Func):
    """Both days included."""

    function = "DATERANGE"
    template = "%(function)s(%(expressions)s, '[]')"


class Only(Func):
    """A range of one number, because Postgres compares ranges for an exclusion without any extension."""

    function = "INT8RANGE"
    template = "%(function)s(%(expressions)s, %(expressions)s, '[]')"

    def as_sql(self, compiler, connection, **kwargs):
        sql, params = super().as_sql(compiler, connection, **kwargs)
        return sql, (*params, *params)


def places_of(user):
    """(id, role) of `user`, and then of everybody in whose place they stand today."""
    return [(user.pk, user.role), *once(("places", user.pk, user.role), lambda: _held_by(user))]


def _held_by(user):
    return _persons(_stood_in_for(user), deputy=user.pk, day=timezone.now().date())


@compiled
def _persons(roles, *, deputy, day):
    return Deputy.objects.standing_in(roles, deputy=deputy, day=day).order_by().values_list("person", "person__role")


def _stood_in_for(user, roles=frozenset(Role)):
    """Those of the roles for which the user's own role may stand in."""
    return tuple(sorted(STANDS_IN.get(user.role, frozenset()) & roles))


class DeputyQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Whoever is away, whoever stands in, and administrators."""
        if not user.is_active:
            return self.none()
        return self.all() if user.role in (Role.ADMIN, Role.AUDITOR) else self.filter(Q(person=user) | Q(deputy=user))

    def held_by(self, user, roles=frozenset(Role)):
        """The rows by which `user` stands in today for somebody active in one of `roles`.

        The roles of both are asked every time, because they may have changed since the row was written.
        """
        return self.standing_in(_stood_in_for(user, roles), deputy=user.pk, day=timezone.now().date())

    def standing_in(self, roles, *, deputy, day):
        """The rows by which the person `deputy` stands in on a day for somebody active in one of `roles`."""
        return self.on(day).filter(deputy=deputy, person__is_active=True, person__role__in=roles)

    def on(self, day):
        return self.filter(starts__lte=day, ends__gte=day)

    def now(self):
        return self.on(timezone.now().date())


class Deputy(Versioned):
    """One row says that from `starts` to `ends`, both included, `deputy` stands in for `person`.

    A deputy sees what the person sees, and acts under their own name with their own role.
    """

    administered = True
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="deputies", verbose_name=_("who is away")
    )
    deputy = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="stands_in_for", verbose_name=_("deputy")
    )
    starts = models.DateField(_("from"))
    ends = models.DateField(_("to"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    objects = DeputyQuerySet.as_manager()

    class Meta:
        ordering = ["-starts", "pk"]
        verbose_name = _("deputy")
        verbose_name_plural = _("deputies")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends__gte=F("starts")),
                name="deputy_days_in_order",
                violation_error_message=_("The last day cannot be before the first."),
            ),
            models.CheckConstraint(
                condition=~Q(person=F("deputy")),
                name="deputy_is_somebody_else",
                violation_error_message=_("Nobody stands in for themselves."),
            ),
            ExclusionConstraint(
                name="deputy_one_at_a_time",
                expressions=[
                    (DateRange("starts", "ends"), RangeOperators.OVERLAPS),
                    (Only("person"), RangeOperators.OVERLAPS),
                    (Only("deputy"), RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("They stand in for this person on some of these days already."),
            ),
        ]
        indexes = [models.Index(fields=["deputy", "starts", "ends"], name="deputy_days")]

    def __str__(self):
        return f"{self.deputy} – {self.person}"

    @property
    def tense(self):
        """`coming`, `now` or `over`, by the day in UTC."""
        today = timezone.now().date()
        if self.ends < today:
            return "over"
        return "coming" if self.starts > today else "now"
