"""What people are told: their imports are done or not, a forecast changed."""

from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from accounts.models import TeamMembership
from accounts.notifications import Notice
from accounts.wording import number
from kam.roles import Role
from kpis.models import ForecastNotice, ImportBatch

SENTENCES = {
    "import_done": _("Your file “%(file)s” is imported: %(rows)s rows."),
    "import_failed": _("Your file “%(file)s” was not imported. Nothing was changed."),
    "forecast_changed": _("The forecast of %(account)s changed: %(before)s units before, %(after)s now."),
}
KINDS = {
    "import_done": _("Import done"),
    "import_failed": _("Import failed"),
    "forecast_changed": _("Forecast changed"),
}
ICONS = {"import_done": "circle-check", "import_failed": "circle-x", "forecast_changed": "truck"}


def _rule(code):
    """Whoever gave the file is told, though it is their own deed: it may have taken an hour."""

    def rule(entries):
        found = ImportBatch.objects.filter(pk__in=[e.object_id for e in entries])
        batches = {str(batch.pk): batch for batch in found}
        for entry in entries:
            if batch := batches.get(entry.object_id):
                params = {"file": batch.file_name, "rows": batch.accepted}
                yield Notice(entry, batch.by_id, code, params, batch.get_absolute_url(), by_machine=True)

    return rule


class ToFunction(Notice):
    """Told to somebody who sees no account, about what is addressed to their function."""

    def row(self):
        row = super().row()
        row.account_id = None
        return row


def _changed(entries):
    """The members of the team that a notice is addressed to."""
    found = ForecastNotice.objects.filter(pk__in=[e.object_id for e in entries]).select_related("account")
    notices = {str(n.pk): n for n in found.annotate(before=Sum("lines__before"), after=Sum("lines__after"))}
    teams = {notice.team_id for notice in notices.values()}
    told = TeamMembership.objects.filter(team__in=teams, user__role=Role.FUNCTION, user__is_active=True)
    members = list(told.values_list("team", "user"))
    for entry in entries:
        if notice := notices.get(entry.object_id):
            params = {"account": notice.account.name, "before": number(notice.before), "after": number(notice.after)}
            for team, person in members:
                if team == notice.team_id:
                    yield ToFunction(entry, person, "forecast_changed", params, notice.get_absolute_url())


NOTICES = {
    "kpis.forecastnotice:made": _changed,
    "kpis.importbatch:imported": _rule("import_done"),
    "kpis.importbatch:rejected": _rule("import_failed"),
    "kpis.importbatch:unusable": _rule("import_failed"),
}
