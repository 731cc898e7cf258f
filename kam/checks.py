"""What `manage.py check --deploy` says besides Django's own findings."""

from django.core.checks import Error, Tags, register

from kam import safety


@register(Tags.security, deploy=True)
def settings_are_safe(app_configs, **kwargs):
    """kam.E001: web and workers would refuse to start with these settings."""
    return [Error(fault, id="kam.E001") for fault in safety.faults()]
