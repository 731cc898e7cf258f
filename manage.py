#!/usr/bin/env python
"""Django's command line, with the servers it needs: those of a running `make run`, else its own."""

import os
import subprocess
import sys
import warnings

from kam.local import Advice, servers

# Commands that change the schema, or take it all, run as the role that owns it; others as the role that owns nothing.
OWNER_COMMANDS = {"migrate", "flush", "sqlmigrate", "createcachetable", "backup", "restore", "archive"}
# Commands that fill a database with other data get empty servers of their own, and never touch the running ones.
SCRATCH_COMMANDS = {"bench", "real"}
SERVERLESS_COMMANDS = {
    "help",
    "version",
    "check",
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "findstatic",
    "makemessages",
    "makemigrations",
    "spectacular",
    "startapp",
}


def needs_servers(arguments: list[str]) -> bool:
    """Whether this command line talks to the database or Redis."""
    if not arguments or {"--help", "-h", "--version"} & set(arguments):
        return False
    return arguments[0] not in SERVERLESS_COMMANDS or "--database" in arguments


def main() -> int:
    """Run the command line in `sys.argv`; one sentence and exit code 1 when the machine stands in the way."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kam.settings")
    arguments = sys.argv[1:]
    if arguments and arguments[0] in OWNER_COMMANDS:
        os.environ["KAM_DB_ROLE"] = "owner"
    try:
        if arguments and arguments[0] in SCRATCH_COMMANDS and needs_servers(arguments):
            with servers.scratch() as environment:
                os.environ.update(environment)
                subprocess.run([sys.executable, __file__, "migrate", "--verbosity", "0"], check=True)
                execute()
        elif needs_servers(arguments):
            with servers.ensure():
                execute()
        else:
            servers.name_only()
            # makemigrations would like to compare with a database, and warns when there is none.
            warnings.filterwarnings("ignore", message="Got an error checking a consistent migration history")
            execute()
    except Advice as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def execute() -> None:
    from django.core.management import execute_from_command_line  # noqa: PLC0415  the environment comes first

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    sys.exit(main())
