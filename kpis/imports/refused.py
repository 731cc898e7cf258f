"""Why the process that unfolds files does not read one. No Django here."""

from collections.abc import Iterable


class Refused(Exception):
    """A file that is not read: the code of a sentence in `messages`, and its parameters."""

    def __init__(self, code: str, **params):
        super().__init__(code)
        self.code = code
        self.params = params


def other_messages(wanted: str | None, found: dict[str, str], known: Iterable[str]) -> Refused:
    """What is said of a file of other messages than the wanted one: of each how it is told. The `known` can be read."""
    told = [found[name] for name in sorted(found)]
    if wanted:
        return Refused("no_message", wanted=wanted, found=told)
    if found.keys() & set(known):
        return Refused("message_unsaid", wanted=None, found=told)
    return Refused("message_unread", found=told, known=sorted(known))
