"""A letter as a document to send: Word, or a page of HTML that any mail program takes over; several as one archive."""

from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

from django.template.loader import render_to_string
from django.utils import translation

from kpis.stockouts import letters, word


def as_docx(letter) -> bytes:
    """A letter, stored or proposed, as a Word file."""
    return word.document(letter.subject, [letter.opening, *letters.tables(letter), letter.closing])


def as_html(letter) -> bytes:
    """A letter, stored or proposed, as a page of its own."""
    with translation.override(letter.language):
        said = {"letter": letter, "tables": letters.tables(letter), "language": letter.language}
        return render_to_string("kpis/letter_file.html", said).encode()


def as_zip(found) -> bytes:
    """Letters as Word files in one archive, each named by its account."""
    target = BytesIO()
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        for letter in found:
            archive.writestr(f"{_plain(letter.account.code)}-{letter.pk}.docx", as_docx(letter))
    return target.getvalue()


def _plain(code):
    """A code without the signs that lead to other folders or that some system forbids in names."""
    return "".join(sign if sign.isalnum() or sign in "-_." else "_" for sign in code).lstrip(".")


MIMES = {"docx": word.MIME, "html": "text/html; charset=utf-8"}
MAKERS = {"docx": as_docx, "html": as_html}
