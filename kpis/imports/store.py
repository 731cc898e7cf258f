"""Where files to import lie: one folder of random name per batch, with the data, the mapping and files it joins."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

# What we lay into the folder of a file ourselves; the rest are files that its mapping joins.
OURS = DATA, MAPPING, LOOK, ASKED, BROUGHT = "data", "mapping.toml", "look.json", "asked.json", "brought"
PIECE = 1 << 20


@dataclass(frozen=True)
class Stored:
    """A stored file: its folder's name, its size in bytes, the hash of what the outcome depends on, and its own."""

    name: str
    size: int
    content: str
    sha256: str


def folder_of(name: str) -> Path:
    """The folder of a stored file."""
    return Path(settings.MEDIA_ROOT) / "imports" / name


def data_of(name: str) -> Path | None:
    """The stored file itself; None where it is not kept, or not any more."""
    path = folder_of(name) / DATA
    return path if name and path.is_file() else None


def is_ours(name: str) -> bool:
    """Whether a file in such a folder is the file itself, or was made by us: its mapping, the text of a workbook."""
    return name in OURS or name.endswith((".sheet", ".part"))


def keep(
    file: BinaryIO, kind: str, mapping: str, beside: Iterable[tuple[str, BinaryIO]] = (), whose: str = ""
) -> Stored:
    """Store a file with its mapping's text and the files beside it that the mapping joins.

    What `whose` hands in is the same only as what they handed in before: another person's file is not told of.
    """
    name = secrets.token_hex(16)
    folder = folder_of(name)
    folder.mkdir(parents=True, mode=0o700)
    digest, own = _begun(kind, mapping, whose), hashlib.sha256()
    size = _copy(file, folder / DATA, digest, own)
    (folder / MAPPING).write_text(mapping, "utf-8")
    for other, content in sorted(beside, key=itemgetter(0)):
        digest.update(f"\0{other}\0".encode())
        _copy(content, folder / other, digest)
    return Stored(name, size, digest.hexdigest(), own.hexdigest())


def _begun(kind, mapping, whose):
    return hashlib.sha256(f"{kind}\0{mapping}\0{whose}".encode())


def content_of(name: str, kind: str, whose: str = "") -> str:
    """The hash of what the outcome depends on, anew for a stored file whose mapping is another now."""
    folder = folder_of(name)
    digest = _begun(kind, (folder / MAPPING).read_text("utf-8"), whose)
    _digest(folder / DATA, digest)
    for path in sorted(folder.iterdir()):
        if not is_ours(path.name):
            digest.update(f"\0{path.name}\0".encode())
            _digest(path, digest)
    return digest.hexdigest()


def _digest(path, digest):
    with open(path, "rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)


def _copy(file, path, *digests):
    size = 0
    with open(path, "xb") as out:
        while piece := file.read(PIECE):
            for digest in digests:
                digest.update(piece)
            out.write(piece)
            size += len(piece)
    return size
