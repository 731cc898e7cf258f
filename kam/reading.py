"""What is asked once while a request only reads: whoever asks again gets the answer that the page began with.

Outside of such a request, in jobs and in requests that may write, every question is asked anew.
"""

from collections.abc import Callable, Hashable
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

Answer = TypeVar("Answer")
READS = frozenset({"GET", "HEAD"})
_answers: ContextVar[dict | None] = ContextVar("answers", default=None)


def once(question: Hashable, ask: Callable[[], Answer]) -> Answer:
    """What `ask()` returns; while only reading, `question` is asked one time. Nobody changes answers."""
    answers = _answers.get()
    if answers is None:
        return ask()
    if question not in answers:
        answers[question] = ask()
    return answers[question]


@contextmanager
def reading():
    """Keep answers for the time of the block, which must not write what they are about."""
    token = _answers.set({})
    try:
        yield
    finally:
        _answers.reset(token)


def requests(get_response):
    """Middleware: while GET and HEAD are answered, nothing is asked twice."""

    def middleware(request):
        if request.method not in READS:
            return get_response(request)
        with reading():
            return get_response(request)

    return middleware
