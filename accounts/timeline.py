"""What happened to an account, told from the audit log in the reader's language."""

from django.apps import apps
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from kam.models import Entry
from kam.templatetags import formats

VERBS = {
    "created": gettext_lazy("added"),
    "changed": gettext_lazy("changed"),
    "removed": gettext_lazy("removed"),
    "raised": gettext_lazy("raised"),
    "reopened": gettext_lazy("raised again"),
    "resolved": gettext_lazy("no longer so"),
    "acknowledge": gettext_lazy("acknowledged"),
    "resolve": gettext_lazy("resolved"),
    "submit": gettext_lazy("submitted"),
    "return": gettext_lazy("returned"),
    "sign": gettext_lazy("signed"),
    "withdraw": gettext_lazy("withdrawn"),
    "supersede": gettext_lazy("replaced"),
    "copied": gettext_lazy("copied"),
    "publish": gettext_lazy("published"),
    "close": gettext_lazy("closed"),
    "dispute": gettext_lazy("disputed"),
    "accept": gettext_lazy("accepted"),
    "waive": gettext_lazy("waived"),
    "applied": gettext_lazy("applied"),
    "found": gettext_lazy("found"),
    "judged": gettext_lazy("judged again"),
    "carried": gettext_lazy("taken over into the new revision"),
    "send": gettext_lazy("sent to the customer"),
    "reopen": gettext_lazy("taken up again"),
    "superseded": gettext_lazy("replaced"),
    "shortened": gettext_lazy("cut short"),
    "end": gettext_lazy("ended"),
    "ended": gettext_lazy("ended early"),
    "deactivated": gettext_lazy("deactivated"),
    "reactivated": gettext_lazy("reactivated"),
    "handed_over": gettext_lazy("handed over"),
    "handed_out": gettext_lazy("downloaded"),
    "cancel": gettext_lazy("called off"),
    "map": gettext_lazy("mapped"),
    "look": gettext_lazy("looked at again"),
    "issued": pgettext_lazy("token", "issued"),
    "revoked": gettext_lazy("revoked"),
    "restored": gettext_lazy("brought back"),
    "written_to": gettext_lazy("sent a message"),
    "changed_password": gettext_lazy("changed their password"),
    "set_password": gettext_lazy("set their password"),
    "reset_password": gettext_lazy("reset their password"),
    "added_factor": gettext_lazy("added a second factor"),
    "removed_factor": gettext_lazy("removed a second factor"),
    "renewed_codes": gettext_lazy("renewed their recovery codes"),
    "forgot_factors": gettext_lazy("removed a second factor"),
    "ended_session": pgettext_lazy("log", "signed out one of their devices"),
    "ended_other_sessions": pgettext_lazy("log", "signed out their other devices"),
    "made": gettext_lazy("added"),
    "acknowledged": gettext_lazy("acknowledged"),
    "correct": pgettext_lazy("log", "corrected"),
    "restore": gettext_lazy("brought back"),
    "imported": pgettext_lazy("log", "imported"),
    "rejected": gettext_lazy("rejected"),
    "unusable": pgettext_lazy("log", "could not be read"),
    "undone": pgettext_lazy("log", "undone"),
    "tested": pgettext_lazy("log", "tested"),
    "rotated": pgettext_lazy("log", "given a new key"),
    "rerun": pgettext_lazy("log", "run again"),
}
CALLED = {"kam.user": gettext_lazy("person")}  # where the name of the model is not the word people use
ICONS = {
    "accounts.account": "building-store",
    "accounts.store": "building-warehouse",
    "accounts.contact": "user",
    "accounts.membership": "users",
    "accounts.alert": "bell",
    "accounts.team": "users",
    "kam.user": "user",
    "kam.deputy": "user-check",
    "kam.apitoken": "key",
}
LEVELS = {"raised": "warning", "reopened": "warning", "sign": "good", "resolved": "good", "resolve": "good"}
NEVER_NAMED = {"lineage", "sort_name", "version"}
LONGEST = 40


def entries_of_account(account, user):
    """Entries about the account and all that hangs off it, newest first, in the classes of data `user` reads.

    The caller has made sure that `user` sees the account.
    """
    return Entry.objects.filter(account_id=account.pk).readable_by(user).select_related("actor")


def tell(entries):
    """The entries as events of the kit's timeline: when, icon, text, by, level."""
    return [
        {
            "when": entry.at,
            "icon": ICONS.get(entry.model, "history"),
            "text": _text(entry),
            "by": entry.actor.name if entry.actor else _("Night run"),
            "level": LEVELS.get(entry.verb, ""),
        }
        for entry in entries
    ]


def _text(entry):
    """`Store added: S1 Leipzig`, `Account changed: tier B → A`."""
    model, kind = model_of(entry), kind_of(entry)
    did = VERBS.get(entry.verb) or entry.verb.replace("_", " ")
    about = [] if entry.model == "accounts.account" else [entry.label]
    about += [_said(*change) for change in _changes(entry, model)] if entry.verb == "changed" and model else []
    about += [_("“%(reason)s”") % {"reason": entry.reason}] if entry.reason else []
    said = _("%(kind)s %(did)s: %(about)s") if about else _("%(kind)s %(did)s")
    return said % {"kind": kind, "did": did, "about": formats.listed(about)}


def _said(name, before, after):
    return f"{name} {before or formats.DASH} → {after or formats.DASH}" if before or after else name


def model_of(entry):
    """The model of the row that an entry is about, None when there is no such model any more."""
    try:
        return apps.get_model(entry.model)
    except (LookupError, ValueError):
        return None


def kind_of(entry):
    """What people call such a row."""
    model = model_of(entry)
    return capfirst(CALLED.get(entry.model) or model._meta.verbose_name) if model else entry.model


def _changes(entry, model):
    """(name of the field, before, after) of every column people know; of references only the name."""
    before, after = entry.before or {}, entry.after or {}
    found = []
    for field in model._meta.concrete_fields:
        if field.attname not in after or field.name in NEVER_NAMED:
            continue
        values = ("", "") if field.is_relation else (before.get(field.attname), after[field.attname])
        found.append((str(capfirst(field.verbose_name)), *map(_short, values)))
    return found


def _short(value):
    text = formats.listed(value) if isinstance(value, list) else str(value if value is not None else "")
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
