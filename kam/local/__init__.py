"""The machine under KAM: embedded servers, launcher, installer. Standard library, psycopg and redis only."""


class Advice(Exception):
    """Something on this machine stands in the way; the message is one sentence that says what to do."""
