from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from kam.expressions import among
from kam.models import Tree, Versioned
from kam.models.deputy import places_of
from kam.roles import TEAM_SCOPED, Role
from kam.templatetags.formats import listed
from kam.text import sort_key


class TeamQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Auditors and administrators see every team, others the ones they belong to and what is below."""
        if not user.is_active:
            return self.none()
        if user.role in (Role.AUDITOR, Role.ADMIN):
            return self.all()
        return self.worked_in_by([pk for pk, role in places_of(user) if pk == user.pk or role in TEAM_SCOPED])

    def worked_in_by(self, persons):
        """The teams in which people with these ids work, and those below."""
        mine = TeamMembership.objects.filter(among("user", persons)).order_by().values("team")
        return self.filter(lineage__overlap=ArraySubquery(mine)) if persons else self.none()

    def whose_scope_catches(self, country):
        """Teams whose rule catches accounts of a country, given as a value or an expression."""
        rule = Q(scope=Team.Scope.EVERYTHING)
        rule |= Q(scope=Team.Scope.COUNTRIES_IN, countries__contains=[country])
        rule |= Q(scope=Team.Scope.COUNTRIES_NOT_IN) & ~Q(countries__contains=[country])
        return self.filter(rule)


class Team(Tree, Versioned):
    """One row is one team of the supplier, and which accounts its members look after.

    The scope comes on top of the accounts assigned to the team or to a team below it.
    """

    class Scope(models.TextChoices):
        ASSIGNED = "assigned", _("Accounts assigned to the team")
        COUNTRIES_IN = "countries_in", _("All accounts in these countries")
        COUNTRIES_NOT_IN = "countries_not_in", _("All accounts outside these countries")
        EVERYTHING = "everything", _("All accounts")

    administered = True
    name = models.CharField(_("name"), max_length=120, unique=True)
    sort_name = models.CharField(max_length=250, editable=False, default="")
    scope = models.CharField(_("scope"), max_length=20, choices=Scope.choices, default=Scope.ASSIGNED)
    countries = ArrayField(models.CharField(max_length=2), verbose_name=_("countries"), default=list, blank=True)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, through="TeamMembership", related_name="teams")

    objects = TeamQuerySet.as_manager()

    class Meta(Tree.Meta):
        ordering = ["sort_name", "pk"]
        verbose_name = _("team")
        constraints = [
            models.CheckConstraint(
                condition=~Q(scope__in=["countries_in", "countries_not_in"]) | Q(countries__len__gt=0),
                name="team_rule_names_countries",
                violation_error_message=_("A scope by country must name at least one country."),
            ),
        ]

    def __str__(self):
        return self.name

    def save(self, *args, **kwargs):
        self.sort_name = sort_key(self.name)
        super().save(*args, **kwargs)

    def get_absolute_url(self):
        return reverse("administration:team", args=[self.pk])

    @property
    def scope_in_words(self):
        """`All accounts outside CN and JP`: what the team's rule catches, beside what is assigned to it."""
        words = {
            self.Scope.ASSIGNED: _("Only accounts assigned to the team"),
            self.Scope.COUNTRIES_IN: _("All accounts in %(countries)s"),
            self.Scope.COUNTRIES_NOT_IN: _("All accounts outside %(countries)s"),
            self.Scope.EVERYTHING: _("All accounts"),
        }
        return words[self.Scope(self.scope)] % {"countries": listed(self.countries)}


class TeamMembershipQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Who works in the teams that the person sees."""
        return self.filter(team__in=Team.objects.visible_to(user).order_by().values("pk"))


class TeamMembership(models.Model):
    """One row says that a person works in a team; their role says what that means."""

    administered = True
    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships", verbose_name=_("team"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="team_memberships", verbose_name=_("person")
    )

    objects = TeamMembershipQuerySet.as_manager()

    class Meta:
        ordering = ["team", "user"]
        constraints = [
            models.UniqueConstraint(
                fields=["team", "user"],
                name="teammembership_once",
                violation_error_message=_("This person is in the team already."),
            ),
        ]

    def __str__(self):
        return f"{self.user} – {self.team}"

    def get_absolute_url(self):
        return self.team.get_absolute_url()
