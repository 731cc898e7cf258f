"""What can go wrong with a whole file or a whole mapping; faults of single rows are data (see `check`)."""

from kpis.imports.messages import sentence


class UnusableFile(Exception):
    """The file as a whole cannot be imported: a code and parameters, rendered as a sentence by `str`."""

    def __init__(self, code: str, **params):
        super().__init__(code)
        self.code = code
        self.params = params

    def __str__(self):
        return sentence(self.code, self.params)


class MappingError(Exception):
    """A mapping says something impossible: which mapping, which key, and why."""

    def __init__(self, name: str, key: str, reason):
        super().__init__(name, key, reason)
        self.name = name
        self.key = key
        self.reason = reason

    def __str__(self):
        return f"{self.name}: {self.key}: {self.reason}"
