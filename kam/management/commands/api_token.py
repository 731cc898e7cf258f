from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from kam.models import User
from kam.models.token import SCOPES
from kam.services import issue_token


class Command(BaseCommand):
    help = "Issue an API token for a person or API client and print it; it cannot be shown again."

    def add_arguments(self, parser):
        parser.add_argument("email")
        parser.add_argument("--scopes", required=True, help=f"comma separated, among: {', '.join(SCOPES)}")
        parser.add_argument("--days", type=int, default=90, help="days until it expires, at most 365")
        parser.add_argument("--name", default="command line")

    def handle(self, *, email, scopes, days, name, **options):
        user = User.objects.filter(email__iexact=email, is_active=True).first()
        if user is None:
            raise CommandError(f"No active user has the e-mail {email}.")
        if not 1 <= days <= 365:
            raise CommandError("--days must be between 1 and 365.")
        try:
            _token, text = issue_token(user=user, name=name, scopes=scopes.split(","), days=days, by=None)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(text)
