"""Refuse to start with settings that would be unsafe on a server."""

from django.conf import settings
from django.core.checks import Error, Tags, register


@register(Tags.security, deploy=True)
def secrets_are_not_placeholders(app_configs, **kwargs):
    weak = {"changeme", "secret", "insecure", "default", "example"}
    if any(word in settings.SECRET_KEY.lower() for word in weak):
        return [Error("SECRET_KEY looks like a placeholder. Generate one with `make secret`.", id="kam.E001")]
    return []
