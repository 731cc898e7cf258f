"""What people say about single weeks of a feed."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from kam.models import Versioned
from kpis.models.batch import Feed


class AcceptedWeekQuerySet(models.QuerySet):
    def visible_to(self, user):
        """What was said about visible feeds."""
        return self.filter(feed__in=Feed.objects.visible_to(user).order_by().values("pk"))


class AcceptedWeek(Versioned):
    """One row says that somebody takes a feed's week as it is, however late, partial or small it looks."""

    feed = models.ForeignKey(
        Feed, models.CASCADE, related_name="accepted_weeks", db_index=False, verbose_name=_("feed")
    )
    week = models.DateField(_("week"))
    reason = models.CharField(_("reason"), max_length=300)

    objects = AcceptedWeekQuerySet.as_manager()

    class Meta:
        ordering = ["feed", "-week"]
        verbose_name = _("accepted week")
        constraints = [
            models.UniqueConstraint(
                fields=["feed", "week"],
                name="acceptedweek_once",
                violation_error_message=_("This week is accepted already."),
            ),
            models.CheckConstraint(
                condition=models.Q(week__iso_week_day=1),
                name="acceptedweek_monday",
                violation_error_message=_("A week is named by its Monday."),
            ),
        ]

    def __str__(self):
        return f"{self.feed} {self.week}"
