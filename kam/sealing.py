"""Secrets that must be read again, sealed for the database: a dump without SECRET_KEY holds nothing of use."""

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


def seal(text: str) -> str:
    """`text`, encrypted and signed under SECRET_KEY; ASCII, longer by half than what it hides."""
    return _fernet().encrypt(text.encode()).decode()


def unseal(text: str) -> str:
    """What was sealed. ValueError when it was sealed under another SECRET_KEY, or touched since."""
    try:
        return _fernet().decrypt(text.encode()).decode()
    except InvalidToken as error:
        raise ValueError("This was not sealed under the present SECRET_KEY.") from error


def _fernet() -> Fernet:
    key = HKDF(SHA256(), length=32, salt=None, info=b"kam.sealing").derive(settings.SECRET_KEY.encode())
    return Fernet(urlsafe_b64encode(key))
