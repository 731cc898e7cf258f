"""Texts made comparable, in ways that do not depend on the collation of whoever started the database."""

import unicodedata

# First GB 2312 code of each pinyin initial; level-1 characters are stored in pinyin order.
_INITIALS = (
    (0xB0A1, "a"), (0xB0C5, "b"), (0xB2C1, "c"), (0xB4EE, "d"), (0xB6EA, "e"), (0xB7A2, "f"), (0xB8C1, "g"),
    (0xB9FE, "h"), (0xBBF7, "j"), (0xBFA6, "k"), (0xC0AC, "l"), (0xC2E8, "m"), (0xC4C3, "n"), (0xC5B6, "o"),
    (0xC5BE, "p"), (0xC6DA, "q"), (0xC8BB, "r"), (0xC8F6, "s"), (0xCBFA, "t"), (0xCDDA, "w"), (0xCEF4, "x"),
    (0xD1B9, "y"), (0xD4D1, "z"), (0xD7FA, "~"),
)  # fmt: skip


def folded(text: str) -> str:
    """A text without case and accents, ß as ss."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in parts if not unicodedata.combining(character))


def sort_key(text):
    """Casefolded, accents stripped, ß as ss; Chinese by pinyin initial, then by GB 2312 code.

    >>> sorted(["Zebra", "Äpfel", "apple"], key=sort_key)
    ['Äpfel', 'apple', 'Zebra']
    """
    return "".join(map(_key_of, folded(text)))[:250]


def _key_of(character):
    if not "\u4e00" <= character <= "\u9fff":
        return character
    try:
        code = int.from_bytes(character.encode("gb2312"), "big")
    except UnicodeEncodeError:
        return "~" + character
    initial = next((letter for start, letter in reversed(_INITIALS) if code >= start), "~")
    return f"{initial}{code:04x}"
