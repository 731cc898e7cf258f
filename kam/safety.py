"""What nobody may be served with: keys out of an example, an empty pepper, error pages on a public address."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from kam.roles import Role

PLACEHOLDERS = ("changeme", "change-me", "secret", "insecure", "default", "example", "placeholder", "password")
SHORTEST, FEWEST_CHARACTERS = 32, 12
HINT = 'Make one: python3 -c "import secrets; print(secrets.token_urlsafe(50))"'


def weakness(key: str) -> str:
    """Why `key` protects nothing, as the end of a sentence about it; empty when it is good."""
    if len(key) < SHORTEST:
        return f"is shorter than {SHORTEST} characters"
    if any(word in key.lower() for word in PLACEHOLDERS):
        return "looks like a placeholder"
    if len(set(key)) < FEWEST_CHARACTERS or key in (key + key)[1:-1]:
        return "repeats itself"
    return ""


def faults() -> list[str]:
    """Sentences about settings that are unsafe for a process that serves."""
    keys = {"SECRET_KEY": settings.SECRET_KEY, "TOKEN_PEPPER": settings.TOKEN_PEPPER}
    found = [f"{name} {why}. {HINT}" for name, key in keys.items() if (why := weakness(key))]
    if settings.DEBUG and settings.HTTPS:
        found.append("DEBUG shows pages of errors to strangers: leave it off when KAM_BASE_URL is https.")
    if unknown := sorted(settings.MFA_ROLES - set(Role)):
        found.append(f"KAM_MFA_ROLES names no role: {', '.join(unknown)}. Roles: {', '.join(Role)}.")
    return found


def refuse_to_serve() -> None:
    """Raise ImproperlyConfigured when a setting is unsafe. Web, workers and beat ask this before anything else."""
    if found := faults():
        raise ImproperlyConfigured(" ".join(found))
