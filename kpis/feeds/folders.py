"""Watched folders as safe places: nothing is followed, nothing leaves the folder, and every move is one rename.

Below a root lies a folder for each feed, called by its code; in it the files that arrive, and `done` and `failed`.
Everything is reached through open folders, so that a link that is put in place meanwhile leads nowhere.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

DONE, FAILED = "done", "failed"
UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart")
IS_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
IS_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
LONGEST = 200


@dataclass(frozen=True)
class Sight:
    """What a file looked like: as long as it looks the same, it is the same, and nobody writes to it."""

    name: str
    inode: int
    size: int
    changed_ns: int

    @classmethod
    def of(cls, name, found):
        return cls(name, found.st_ino, found.st_size, found.st_mtime_ns)


class Changed(Exception):
    """Somebody wrote to a file while it was read."""


class Folder:
    """The folder of one feed, open."""

    def __init__(self, descriptor: int):
        self.descriptor = descriptor

    def files(self) -> tuple[list[Sight], list[str]]:
        """The files that may be taken, by name, and the names of what is refused: links, pipes, no names at all."""
        found, refused = [], []
        with os.scandir(self.descriptor) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if entry.name.startswith(".") or entry.name.lower().endswith(UNFINISHED):
                    continue
                seen = self.sight(entry.name)
                if seen and is_text(entry.name):
                    found.append(seen)
                elif not entry.is_dir(follow_symlinks=False):
                    refused.append(entry.name)
        return found, refused

    def sight(self, name: str) -> Sight | None:
        """What a file looks like now; None for what is no plain file, or gone."""
        try:
            found = os.stat(name, dir_fd=self.descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return None
        return Sight.of(name, found) if stat.S_ISREG(found.st_mode) else None

    @contextmanager
    def opened(self, sight: Sight) -> Iterator[BinaryIO]:
        """The file, open for reading. Raises Changed when it is another one, or becomes one until it is closed."""
        try:
            file = os.fdopen(os.open(sight.name, IS_FILE, dir_fd=self.descriptor), "rb")
        except OSError as problem:
            raise Changed(sight.name) from problem
        with file:
            if Sight.of(sight.name, os.fstat(file.fileno())) != sight:
                raise Changed(sight.name)
            yield file
            if Sight.of(sight.name, os.fstat(file.fileno())) != sight:
                raise Changed(sight.name)

    def put_away(self, sight: Sight, where: str, number: int, report: Iterator[str] | None = None) -> bool:
        """Move a file to `done` or `failed` under a name of its own, its report beside it.

        The report is there before the file, so that a file that failed never lies there unexplained. False where
        another file has taken its name meanwhile: that one stays, to be taken in.
        """
        new = f"{number}-{_short(sight.name)}"
        with self._below(where) as place:
            if report is not None:
                _write(place, f"{new}.errors.csv", report)
            os.rename(sight.name, new, src_dir_fd=self.descriptor, dst_dir_fd=place)
            if Sight.of(sight.name, os.stat(new, dir_fd=place, follow_symlinks=False)) == sight:
                return True
            os.rename(new, new, src_dir_fd=place, dst_dir_fd=self.descriptor)
        return False

    @contextmanager
    def _below(self, name):
        with suppress(FileExistsError):
            os.mkdir(name, 0o770, dir_fd=self.descriptor)
        place = os.open(name, IS_FOLDER, dir_fd=self.descriptor)
        try:
            yield place
        finally:
            os.close(place)


@contextmanager
def folder(path: Path) -> Iterator[Folder]:
    """A folder, open. Raises OSError for a link and for what is no folder."""
    descriptor = os.open(path, IS_FOLDER)
    try:
        yield Folder(descriptor)
    finally:
        os.close(descriptor)


def codes(root: Path) -> tuple[list[str], list[str]]:
    """Names of the folders below a root, and of the links there, which are refused. Raises OSError without a root."""
    with os.scandir(root) as entries:
        found = sorted((entry.name, entry.is_symlink()) for entry in entries if entry.is_dir() or entry.is_symlink())
    return [name for name, linked in found if not linked], [name for name, linked in found if linked]


def is_text(name):
    """Whether a name can be said, and kept in the database."""
    return name.isprintable() and name.encode("utf-8", "replace").decode() == name


def sayable(name) -> str:
    """A name as a log can hold it, whatever its bytes are."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _short(name):
    """The end of a name that is too long for the number in front of it."""
    return os.fsdecode(os.fsencode(name)[-LONGEST:])


def _write(place, name, lines):
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(name, flags, 0o660, dir_fd=place), "w", encoding="utf-8", newline="") as file:
        for line in lines:
            file.write(line)
