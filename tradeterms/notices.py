"""What people are told about terms: moves of findings they own, and of agreements with accounts they manage."""

from django.utils.translation import gettext_lazy as _

from accounts.notifications import Notice
from kam.roles import DataClass
from tradeterms.models import Agreement, Finding

FINDING_MOVES = ("send", "accept", "dispute", "waive", "close", "reopen")
SENTENCES = {
    "agreement_publish": _("%(by)s put agreement %(row)s in force."),
    "agreement_end": _("%(by)s ended agreement %(row)s: “%(note)s”"),
    "finding_send": _("%(by)s sent your finding “%(row)s” to the customer."),
    "finding_accept": _("%(by)s accepted your finding “%(row)s”."),
    "finding_dispute": _("%(by)s disputed your finding “%(row)s”: “%(note)s”"),
    "finding_waive": _("%(by)s waived your finding “%(row)s”: “%(note)s”"),
    "finding_close": _("%(by)s closed your finding “%(row)s”."),
    "finding_reopen": _("%(by)s took up your finding “%(row)s” again: “%(note)s”"),
}
KINDS = {
    "agreement_publish": _("Agreement in force"),
    "agreement_end": _("Agreement ended"),
    "finding_send": _("Finding sent"),
    "finding_accept": _("Finding accepted"),
    "finding_dispute": _("Finding disputed"),
    "finding_waive": _("Finding waived"),
    "finding_close": _("Finding closed"),
    "finding_reopen": _("Finding taken up again"),
}
ICONS = {code: "gavel" if code.startswith("finding") else "contract" for code in KINDS}


def _rule(model, name, whose):
    """The rule of one move: who owns the row, `whose(row)`, is told of it."""

    def rule(entries):
        found = model.objects.filter(pk__in=[e.object_id for e in entries]).select_related("account")
        rows = {str(row.pk): row for row in found}
        for entry in entries:
            if row := rows.get(entry.object_id):
                params = {"row": entry.label, "by": entry.actor.name if entry.actor else "", "note": entry.reason}
                yield Notice(entry, whose(row), name, params, row.get_absolute_url(), DataClass.TERMS)

    return rule


NOTICES = {
    f"tradeterms.finding:{move}": _rule(Finding, f"finding_{move}", lambda f: f.owner_id) for move in FINDING_MOVES
} | {
    f"tradeterms.agreement:{move}": _rule(Agreement, f"agreement_{move}", lambda a: a.account.owner_id)
    for move in ("publish", "end")
}
