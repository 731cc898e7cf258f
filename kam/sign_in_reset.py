"""Asking for a new password takes as long for an address that nobody has: the time tells nobody who works here."""

from allauth.account import forms
from allauth.account.internal.flows.password_reset import request_password_reset
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction

from kam.models import User


class ResetForm(forms.ResetPasswordForm):
    """For whom nobody is found, the same is done for a person who is not there, and taken back."""

    def save(self, request, **kwargs):
        if not self.users:
            with transaction.atomic():
                nobody = User(pk=0, email=self.cleaned_data["email"])
                request_password_reset(request, nobody.email, [nobody], default_token_generator)
                transaction.set_rollback(True)
        return super().save(request, **kwargs)
