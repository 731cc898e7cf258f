"""What a browser says of itself, in words people recognise."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

# The first that is found counts: Edge and Opera call themselves Chrome too, and Chrome Safari.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
PHONES = {"iPhone", "iPad", "Android"}


@dataclass(frozen=True)
class Device:
    """One place where somebody is signed in."""

    pk: int
    name: str
    icon: str
    address: str
    since: datetime
    last_seen: datetime
    is_this: bool


def described(session, here):
    """The Device of a UserSession; `here` is the key of the session that asks."""
    system = _first(SYSTEMS, session.user_agent)
    return Device(
        pk=session.pk,
        name=name_of(session.user_agent),
        icon="device-mobile" if system in PHONES else "device-desktop",
        address=session.ip,
        since=session.created_at,
        last_seen=session.last_seen_at,
        is_this=session.session_key == here,
    )


def name_of(user_agent):
    """`Firefox, Windows`; what says nothing we know is an unknown device."""
    browser, system = _first(BROWSERS, user_agent), _first(SYSTEMS, user_agent)
    return ", ".join(filter(None, (browser, system))) or _("Unknown device")


def _first(words, text):
    return next((name for word, name in words if word in text), "")
