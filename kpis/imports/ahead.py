"""The next piece is made while this one is worked on."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from queue import Empty, Queue
from typing import TypeVar

Piece = TypeVar("Piece")
END = object()
PAUSE = 0.05


class _Failed:
    """What went wrong while a piece was made."""

    def __init__(self, error):
        self.error = error


def ahead(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """The same pieces, made by a thread of their own, at most two before they are asked for.

    What is raised while one is made is raised here. Use it within `closing`: then the thread has ended with the block.
    """
    made, over = Queue(maxsize=1), threading.Event()
    thread = threading.Thread(target=_make, args=(pieces, made, over), daemon=True)
    thread.start()
    try:
        while (piece := made.get()) is not END:
            if isinstance(piece, _Failed):
                raise piece.error
            yield piece
    finally:
        over.set()
        while thread.is_alive():
            with suppress(Empty):
                made.get_nowait()  # it may wait for room
            thread.join(PAUSE)


def _make(pieces, made, over):
    try:
        for piece in pieces:
            made.put(piece)
            if over.is_set():
                return
    except BaseException as error:  # whatever it is, it belongs to whoever waits
        made.put(_Failed(error))
        return
    made.put(END)
