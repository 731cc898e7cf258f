"""Log lines that stay one line: a value with line breaks or control characters cannot forge a second record."""

import logging


class OneLine(logging.Formatter):
    """A formatter that shows what cannot be printed as an escape."""

    def formatMessage(self, record):
        line = super().formatMessage(record)
        return "".join(c if c.isprintable() else repr(c)[1:-1] for c in line)
