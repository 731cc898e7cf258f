"""Why the process that unfolds files does not read one. No Django here."""


class Refused(Exception):
    """A file that is not read: the code of a sentence in `messages`, and its parameters."""

    def __init__(self, code: str, **params):
        super().__init__(code)
        self.code = code
        self.params = params
