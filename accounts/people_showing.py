"""People, teams and entries of the log as the kit wants them: columns, levels and words."""

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.timeline import VERBS, kind_of, model_of
from kam.lists import Column, status
from kam.models import User
from kam.templatetags.formats import listed

PERSON_LEVELS = {User.State.ACTIVE: "good", User.State.INVITED: "open", User.State.DEACTIVATED: "neutral"}

PERSON_COLUMNS = (
    Column("name", gettext_lazy("Name"), lambda p: p.name, sort=("sort_name",)),
    Column("state", gettext_lazy("State"), lambda p: p.state.label, sort=("known_state", "sort_name"),
           cell=status(lambda p: PERSON_LEVELS[p.state], lambda p: p.state.label)),
    Column("role", gettext_lazy("Role"), lambda p: p.get_role_display(), sort=("role", "sort_name")),
    Column("email", gettext_lazy("E-mail"), lambda p: p.email, sort=("email",), desk=True),
    Column("teams", gettext_lazy("Teams"), lambda p: listed(p.team_names), desk=True),
    Column("factor", gettext_lazy("Second factor"), lambda p: _("Yes") if p.has_factor else _("No"),
           sort=("has_factor", "sort_name"), desk=True,
           cell=status(lambda p: "good" if p.has_factor else "neutral",
                       lambda p: _("Yes") if p.has_factor else _("No"))),
    Column("language", gettext_lazy("Language"), lambda p: p.get_language_display(), shown=False, desk=True),
    Column("zone", gettext_lazy("Time zone"), lambda p: p.time_zone, shown=False, desk=True),
    Column("invited", gettext_lazy("Invited"), lambda p: p.invited_at, "moment", sort=("invited_at", "sort_name"),
           first="desc", shown=False, desk=True),
    Column("signed_in", gettext_lazy("Last sign-in"), lambda p: p.last_login, "moment",
           sort=("last_login", "sort_name"), first="desc", desk=True),
)  # fmt: skip

ENTRY_COLUMNS = (
    Column("at", gettext_lazy("Time"), lambda e: e.at, "moment", sort=("at",), first="desc"),
    Column("what", gettext_lazy("What"), lambda e: f"{kind_of(e)} {VERBS.get(e.verb, e.verb)}"),
    Column("label", gettext_lazy("Object"), lambda e: e.label),
    Column("actor", gettext_lazy("Person"), lambda e: e.actor.name if e.actor else _("System"), desk=True),
    Column("account", gettext_lazy("Account"), lambda e: e.account_name, desk=True),
    Column("reason", gettext_lazy("Reason"), lambda e: e.reason, desk=True),
    Column("source", gettext_lazy("From"), lambda e: e.get_source_display(), desk=True),
    Column("number", gettext_lazy("Number of the object"), lambda e: e.object_id, shown=False, desk=True),
    Column("txid", gettext_lazy("Transaction"), lambda e: str(e.txid), shown=False, desk=True),
    Column("before", gettext_lazy("Before"), lambda e: as_text(e.before), shown=False, always=True, desk=True),
    Column("after", gettext_lazy("After"), lambda e: as_text(e.after), shown=False, always=True, desk=True),
)  # fmt: skip


def as_text(values):
    """`tier: B; owner_id: 4`: a before or after of the log in one line."""
    return "; ".join(f"{name}: {shown(value)}" for name, value in (values or {}).items())


def shown(value):
    """One value of a before or after, as text; empty when there was none."""
    if isinstance(value, list):
        return listed([shown(v) for v in value])
    if isinstance(value, dict):
        return as_text(value)
    return "" if value is None else str(value)


def difference(entry):
    """(name of the field, before, after) of everything an entry tells, in the words of the model's fields."""
    before, after = entry.before or {}, entry.after or {}
    names = dict.fromkeys([*before, *after])
    labels = field_labels(entry)
    return [(labels.get(name, name), shown(before.get(name)), shown(after.get(name))) for name in names]


def field_labels(entry):
    """Names of the columns of the entry's model, as people know them."""
    model = model_of(entry)
    fields = model._meta.concrete_fields if model else ()
    return {field.attname: str(capfirst(field.verbose_name)) for field in fields}
