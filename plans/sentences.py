"""The sentences of the alerts about plans, and what to do next."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "plan_waiting": _("Plan %(year)s v%(revision)s has waited for a signature since %(since)s, for %(days)s days."),
    "plan_behind": _(
        "%(measure)s is behind plan %(year)s: %(actual)s where %(expected)s was expected by %(as_of)s, "
        "target %(target)s."
    ),
}

NEXT_STEPS = {
    "plan_waiting": _("Open sign-off"),
    "plan_behind": _("Open plan"),
}
