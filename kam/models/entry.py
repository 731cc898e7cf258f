from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Func
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Now
from django.utils.translation import gettext_lazy as _

from kam.roles import DataClass, Role, of_read_classes


def this_transaction():
    """The number of the running transaction, as the database's default of a column."""
    return Cast(Cast(Func(function="pg_current_xact_id"), models.TextField()), models.BigIntegerField())


def administered():
    """Labels of the models by which people, teams and rights are kept; they say so with `administered = True`."""
    return sorted(m._meta.label_lower for m in apps.get_models() if getattr(m, "administered", False))


class EntryQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The whole log is for auditors, what is about people and teams for administrators too.

        Account pages show their part through `accounts.timeline`.
        """
        if user.is_active and user.role == Role.AUDITOR:
            return self.all()
        return self.filter(model__in=administered()) if user.is_active and user.role == Role.ADMIN else self.none()

    def readable_by(self, user):
        """Only entries about classes of data that the user's role reads."""
        return self.filter(of_read_classes("data_class", user))

    def settled(self):
        """Only entries below which no transaction is still open, so that nothing can appear before them any more.

        In the order of (`txid`, `pk`) a reader who remembers the last place never misses an entry.
        """
        return self.filter(txid__lt=RawSQL(OLDEST_OPEN, ())).order_by("txid", "pk")


# Transactions are numbered for the whole server. One that was open when this statement began counts, unless it is
# seen now to be at work in another database: only there can it still be told apart from ours. The transaction that asks
# does not stand in its own snapshot, and is open all the same.
OLDEST_OPEN = """(
    SELECT least(
        coalesce(min(x::text::bigint), pg_snapshot_xmax(pg_current_snapshot())::text::bigint),
        pg_current_xact_id_if_assigned()::text::bigint
    )
    FROM pg_snapshot_xip(pg_current_snapshot()) x
    WHERE NOT EXISTS (
        SELECT FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
        WHERE l.locktype = 'transactionid' AND l.transactionid::text::bigint = x::text::bigint & 4294967295
            AND a.datname <> current_database()
    )
)"""


class Entry(models.Model):
    """One row is one thing somebody did to one object: who, what, before, after, why and from where.

    Written in the transaction of the change itself, whose number is `txid`. The database refuses UPDATE, DELETE and
    TRUNCATE. The change feed and webhooks read from here, in the order in which transactions could be seen.
    """

    class Source(models.TextChoices):
        PAGE = "page", _("Page")
        API = "api", _("API")
        JOB = "job", _("Job")

    at = models.DateTimeField(_("time"), db_default=Now(), editable=False)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    verb = models.CharField(_("verb"), max_length=40)
    model = models.CharField(_("kind"), max_length=60)
    object_id = models.CharField(max_length=80)
    label = models.CharField(_("object"), max_length=200)
    account_id = models.BigIntegerField(null=True)
    data_class = models.CharField(max_length=20, choices=DataClass.choices, default=DataClass.GENERAL)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    reason = models.TextField(_("reason"), blank=True)
    source = models.CharField(_("source"), max_length=10, choices=Source.choices)
    txid = models.BigIntegerField(db_default=this_transaction(), editable=False)

    objects = EntryQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")
        indexes = [
            models.Index(fields=["model", "object_id", "-at"], name="entry_object"),
            models.Index(fields=["account_id", "-at"], name="entry_account"),
            models.Index(fields=["txid", "id"], name="entry_order"),
            models.Index(fields=["at", "id"], name="entry_time"),
        ]

    def __str__(self):
        return f"{self.verb} {self.label}"
