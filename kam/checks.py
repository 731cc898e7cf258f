"""Refuse to start with settings that would be unsafe on a server."""

from django.conf import settings
from django.core.checks import Error, Tags, register


@register(Tags.security, deploy=True)
def secrets_are_not_placeholders(app_configs, **kwargs):
    """kam.E001: the key of a server is a word out of an example."""
    weak = {"changeme", "secret", "insecure", "default", "example"}
    if any(word in settings.SECRET_KEY.lower() for word in weak):
        said = "SECRET_KEY looks like a placeholder."
        hint = 'Make one: python3 -c "import secrets; print(secrets.token_urlsafe(50))"'
        return [Error(said, hint=hint, id="kam.E001")]
    return []
