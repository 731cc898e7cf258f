"""Tags of the accounts floor: panels of every floor, alerts in words."""

from django import template

from accounts import showing, wording
from kam.templatetags.kam_ui import status

register = template.Library()


@register.simple_tag(takes_context=True)
def panels(context, shown):
    """Render panels (`kam.panels.shown`) one after the other, each with what its builder returned."""
    parts = []
    for panel in shown:
        found = context.template.engine.get_template(panel.template)
        with context.push(**panel.context):
            parts.append(found.render(context))
    return template.defaultfilters.safe("".join(parts))


@register.simple_tag
def alert_status(alert):
    """The alert's severity as icon and word."""
    return status(showing.LEVELS[alert.severity], alert.get_severity_display())


@register.simple_tag
def signal_status(severity):
    """The worst alert of an account as icon and word."""
    return status(*showing.signal_of(severity))


@register.filter
def alert_step(alert):
    """The label of the one thing to do next."""
    return wording.next_step(alert)


@register.filter
def alert_url(alert):
    """Where the next step is done."""
    return alert.url or alert.get_absolute_url()
