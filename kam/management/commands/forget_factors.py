from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from kam.audit import log
from kam.models import User
from kam.sessions import end_sessions


class Command(BaseCommand):
    help = "For who lost phone and codes: remove second factors and the tie to single sign-on, and sign out."

    def add_arguments(self, parser):
        parser.add_argument("email")
        parser.add_argument("--reason", required=True, help="kept in the audit log")

    @transaction.atomic
    def handle(self, *, email, reason, **options):
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            raise CommandError(f"Nobody has the e-mail {email}.")
        factors, _by_kind = Authenticator.objects.filter(user=user).delete()
        identities, _by_kind = SocialAccount.objects.filter(user=user).delete()
        end_sessions(user)
        log(user, "forgot_factors", by=None, after={"factors": factors, "identities": identities}, reason=reason)
        self.stdout.write(f"{user}: {factors} factors and {identities} identities removed, signed out everywhere.")
