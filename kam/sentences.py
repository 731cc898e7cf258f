"""Sentences of the kernel, built from codes and parameters in the reader's language."""

from django.utils.translation import gettext_lazy as _

STEPS = {
    "partitions": _("Months ahead"),
    "feeds": _("Feeds due?"),
    "rollups": _("Rollups"),
    "forecast": _("Forecasts"),
    "supply": _("Shares of short supply"),
    "supply_alerts": _("Alerts of short supply"),
    "measures": _("Measures"),
    "stockouts": _("Stock-outs"),
    "replenishment": _("Replenishment"),
    "compliance": _("Terms compliance"),
    "kpi_alerts": _("Alerts"),
    "plan_measures": _("Plan measures"),
}

NOTES = {
    "after_failed": _("Skipped, because “%(step)s” before it failed."),
    "feeds_late": _("Feeds that are late, incomplete or strangely small: %(count)s. Their figures stay as they were."),
    "foreign_currency": _(
        "%(lines)s lines in another currency than their account's have no exchange rate: its amounts lack them."
    ),
    "terms_wait_for_feed": _("%(terms)s findings about terms keep what they said, because a feed is late."),
    "alerts_wait": _("%(count)s accounts keep their alerts, because a file is late, incomplete or strangely small."),
}


def step_label(name):
    """What people call a step; an unknown one by its name."""
    return STEPS.get(name, name)


def note_sentence(code, params):
    """The note in the reader's language; an unknown code is shown as it is rather than lost."""
    if "step" in params:
        params = params | {"step": step_label(params["step"])}
    try:
        return NOTES[code] % params
    except KeyError:
        return f"{code} {params}"
