from pathlib import Path

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from kam import backup


class Command(BaseCommand):
    help = "Put a backup in the place of an empty database, then migrate it. KAM must be stopped."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("path", type=Path, help="the folder that `backup` wrote")
        parser.add_argument("--replace", action="store_true", help="lose the data that is here now")

    def handle(self, *, path, replace, **options):
        try:
            manifest = backup.restore(path, replace=replace)
        except backup.Unusable as error:
            raise CommandError(str(error)) from error
        call_command("migrate", interactive=False, verbosity=0)
        self.stdout.write(f"Restored {sum(manifest['rows'].values()):,} rows of {manifest['made_at']}.")
        if not backup.has_same_keys(manifest):
            self.stderr.write(
                "SECRET_KEY or TOKEN_PEPPER is another one than when the backup was made: "
                "API tokens, webhook secrets and second factors will not be recognised."
            )
