"""What we decide differently from django-allauth: who gets in, by which address, and what is mailed."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from kam import mail
from kam.invitations import link_with
from kam.models import User


class Adapter(DefaultAccountAdapter):
    """Accounts are made by administrators, never by strangers."""

    def is_open_for_signup(self, request):
        return False

    def is_safe_url(self, url):
        """Only this site, not every host it may be reached by."""
        return url_has_allowed_host_and_scheme(url, allowed_hosts={self.request.get_host()})

    def get_reset_password_from_key_url(self, key):
        return link_with(key)

    def get_password_change_redirect_url(self, request):
        return reverse("me-sign-in")

    def send_password_reset_mail(self, user, email, context):
        mail.queue(
            user=user,
            kind="password_reset",
            key=f"password_reset:{timezone.now():%Y-%m-%dT%H:%M:%S.%f}",
            params={"link": context["password_reset_url"]},
        )

    def send_notification_mail(self, template_prefix, user, context=None, email=None):
        """Tell people what was changed; `template_prefix` ends with django-allauth's word for it."""
        mail.queue(
            user=user,
            kind="sign_in_changed",
            key=f"sign_in_changed:{timezone.now():%Y-%m-%dT%H:%M:%S.%f}",
            params={
                "what": template_prefix.rpartition("/")[2],
                "address": self.get_client_ip(self.request),
                "at": timezone.now(),
            },
        )


class CompanyAdapter(DefaultSocialAccountAdapter):
    """Single sign-on opens the door to people who exist already. It never makes one, and never guesses.

    The first time, a verified e-mail says who it is; from then on it is the identity itself (`sub`), and no second
    identity gets at the same person.
    """

    def is_open_for_signup(self, request, sociallogin):
        return False

    def pre_social_login(self, request, sociallogin):
        if sociallogin.is_existing:
            return
        user = _named_by(sociallogin)
        if user is None:
            raise ImmediateHttpResponse(render(request, "socialaccount/unknown.html", status=403))
        sociallogin.connect(request, user)


def _named_by(sociallogin):
    """The active person whose e-mail the identity provider vouches for, unless another identity is theirs."""
    verified = [address.email for address in sociallogin.email_addresses if address.verified is True]
    user = User.objects.filter(email__iexact=verified[0], is_active=True).first() if verified else None
    return None if user and SocialAccount.objects.filter(user=user).exists() else user
