"""Forms that take what a browser says a passkey said; nonsense is a wrong answer, not a fault of ours."""

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn import forms

NONSENSE = (AttributeError, KeyError, TypeError, ValueError)


def _wrong():
    return get_adapter().validation_error("incorrect_code")


class _Careful:
    def clean_credential(self):
        try:
            return super().clean_credential()
        except NONSENSE as error:
            raise _wrong() from error


class Add(forms.AddWebAuthnForm):
    """A new passkey."""

    def clean(self):
        try:
            return super().clean()
        except NONSENSE as error:
            raise _wrong() from error


class Authenticate(_Careful, forms.AuthenticateWebAuthnForm):
    """A passkey as the second step."""


class Login(_Careful, forms.LoginWebAuthnForm):
    """A passkey in place of the password."""


class Reauthenticate(_Careful, forms.ReauthenticateWebAuthnForm):
    """A passkey to confirm that it is still you."""
