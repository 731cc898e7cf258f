"""Standard Webhooks: `v1,` and the HMAC-SHA-256 of `id.timestamp.body`, so that a receiver knows that it was us.

A webhook's keys are kept sealed as one text: the current one, and for a day the one before it with its end.
"""

import base64
import hashlib
import hmac
import secrets
import time

from kam.sealing import seal, unseal

PREFIX = "whsec_"
OVERLAP = 24 * 60 * 60


def new_secret():
    """A fresh key, as it is shown once to whoever needs it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def sealed(secret, *, before=""):
    """The text to store for a new key; what was stored `before` stays good for a day."""
    if not before:
        return seal(secret)
    return seal(f"{secret} {unseal(before).split()[0]} {int(time.time()) + OVERLAP}")


def keys(stored):
    """The keys that are good now, the newest first."""
    first, *old = unseal(stored).split()
    return [first, old[0]] if old and int(old[1]) > time.time() else [first]


def headers(stored, message_id, body, *, at=None):
    """The three headers that say which message this is, when it was sent, and that it was us."""
    at = int(time.time() if at is None else at)
    signatures = [signature(key, message_id, at, body) for key in keys(stored)]
    return {"webhook-id": message_id, "webhook-timestamp": str(at), "webhook-signature": " ".join(signatures)}


def signature(secret, message_id, at, body):
    """`v1,…` of one message: its id, the second it is sent at, and its bytes."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    digest = hmac.new(key, f"{message_id}.{at}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()
