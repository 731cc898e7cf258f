"""Refusals that pages and the API answer in their own way."""

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _


class Conflict(Exception):
    """Impossible now: the row's state does not allow it, or somebody was faster. 409 in the API, a message on pages."""

    def __init__(self, message, *, code="conflict"):
        super().__init__(message)
        self.message, self.code = message, code


class Stale(Conflict):
    """The row changed since it was read. 412 in the API, mine and theirs side by side on pages."""

    def __init__(self, message, *, current=None):
        super().__init__(message, code="stale")
        self.current = current

    @classmethod
    def since(cls, current):
        """Somebody changed the row; `current` is what it is now."""
        return cls(_("%(row)s was changed meanwhile.") % {"row": current}, current=current)


class Denied(PermissionDenied):
    """Visible, but not allowed. 403."""

    def __init__(self, message):
        super().__init__(message)
        self.message = message
