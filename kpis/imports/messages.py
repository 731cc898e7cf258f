"""Every sentence of the import engine: a code and parameters in, a sentence in the reader's language out.

Faults travel and are stored as code and parameters, so that the report speaks the language of who reads it.
"""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from kam.templatetags import formats

EXAMPLE = datetime(2026, 11, 16)
FILE = {
    "no_file": _("The file %(path)s does not exist or cannot be read."),
    "mapping": _("The mapping cannot be used. %(problem)s"),
    "archived": _(
        "The file holds rows of months that are archived. On the server, "
        "`manage.py archive --restore %(months)s` brings them back; then hand the file in again."
    ),
    "no_feed": _("There is no feed with the code %(feed)s."),
    "feed_kind": _("The feed %(feed)s brings %(found)s, not %(kind)s."),
    "no_account": _("The file has no column for the account, and belongs to no feed of an account."),
    "wrong_kind": _("The mapping %(name)s is for %(found)s, not for %(kind)s."),
    "empty": _("The file is empty."),
    "no_rows": _("The file has a header but no rows below it."),
    "no_header": _("The file ends before its header, which the mapping expects in line %(line)s."),
    "blank_header": _("Line %(line)s, where the mapping expects the header, is empty."),
    "markup": _("This is a web page or XML, not a table. Open it in a spreadsheet and save it as XLSX or CSV."),
    "picture": _("This is a picture. Ask for the table that it shows, as XLSX or CSV."),
    "document": _("This is a PDF. Ask for the table behind it, as XLSX or CSV."),
    "no_workbook": _("This is an archive, but no Excel workbook. Save the table as XLSX or CSV and import that."),
    "broken_workbook": _("The workbook is damaged. Open it in a spreadsheet, save it anew and import that."),
    "encrypted": _("The workbook is protected by a password. Save it without one and import that."),
    "no_sheet": _("The workbook has no sheet %(sheet)s. Its sheets are: %(found)s."),
    "empty_sheet": _("The sheet “%(sheet)s” is empty."),
    "archive_entries": _("The workbook is made of more than %(most)s parts; so many are not unpacked."),
    "archive_size": _("Unpacked, the workbook is larger than %(most)s MB; so much is not read. Save it as CSV."),
    "archive_ratio": _("Unpacked, the workbook is more than %(most)s times its size; such a file is not read."),
    "archive_nested": _("The workbook holds another archive (%(name)s); such a file is not read."),
    "archive_path": _("A part of the workbook wants to lie outside of it (%(name)s); such a file is not read."),
    "archive_link": _("A part of the workbook is a link (%(name)s); such a file is not read."),
    "archive_entity": _("A part of the workbook declares entities (%(name)s); such a file is not read."),
    "workbook_memory": _("Reading the workbook takes more than %(most)s MB of memory. Save its table as CSV."),
    "workbook_time": _("Reading the workbook takes more than %(most)s seconds. Save its table as CSV."),
    "broken_file": _("The file could not be read; the log of the server says why."),
    "file_memory": _("Reading the file takes more than %(most)s MB of memory. Ask for it in parts."),
    "file_time": _("Reading the file takes more than %(most)s seconds. Ask for it in parts."),
    "file_grown": _("As a table of text the file is larger than %(most)s MB; so much is not read."),
    "no_message": _("The file holds no %(wanted)s, which the mapping is for. It holds: %(found)s."),
    "message_unsaid": _("The file holds %(found)s, and the mapping is for a table. Choose a mapping for that."),
    "message_unread": _("The file holds %(found)s, which is not read here. What is read: %(known)s."),
    "message_kinds": _("The file holds more than %(most)s kinds of messages; such a file is not read."),
    "no_items": _("The file holds messages of the kind that is wanted, but none of them has a line."),
    "edi_marks": _("Segment %(segment)s: elements are not separated as usual, and no UNA says how they are."),
    "edi_isa": _("Segment %(segment)s: ISA does not have its sixteen elements in 106 characters."),
    "edi_tag": _("Segment %(segment)s begins with “%(tag)s”, which is no tag of a segment."),
    "edi_long": _("Segment %(segment)s has more than %(most)s characters. Is the mark at its end missing?"),
    "edi_cut_off": _("The file ends within segment %(segment)s. Was it cut off?"),
    "edi_ends": _("The file ends after segment %(segment)s, and %(wanted)s is missing. Was it cut off?"),
    "edi_order": _("Segment %(segment)s is %(tag)s, where %(wanted)s is missing."),
    "edi_count": _("Segment %(segment)s: %(tag)s says “%(said)s”, but there are %(found)s."),
    "edi_reference": _("Segment %(segment)s: %(tag)s says “%(said)s”, but %(first)s says “%(found)s”."),
    "edi_binary": _("Behind segment %(segment)s the file holds NUL characters; such a file is not read."),
    "edi_encoding": _("Behind segment %(segment)s the file cannot be read as %(encoding)s, as it should be."),
    "edi_parent": _("Segment %(segment)s: the group HL “%(own)s” stands twice, or in no group “%(parent)s” before it."),
    "edi_many": _("Segment %(segment)s: more than %(most)s groups in one message are not read."),
    "edi_twice": _("Segment %(segment)s gives %(what)s a second time for the same item and store: “%(value)s”."),
    "json_broken": _("Line %(line)s: this is not right as JSON. Was the file cut off?"),
    "json_encoding": _("This is not written in UTF-8, as JSON must be."),
    "json_deep": _("Line %(line)s: lists and objects stand too deep in each other; such a file is not read."),
    "json_long": _("Line %(line)s: a single entry has more than %(most)s characters; such a file is not read."),
    "json_twice": _("The key “%(key)s” stands twice in one object; nobody can say which counts."),
    "json_keys": _("The file has more than %(most)s keys, which no report has; such a file is not read."),
    "json_unknown": _("This is JSON, but no Amazon vendor report: it has no reportSpecification."),
    "json_entries": _("“%(key)s” is not a list of objects, as it must be in this report."),
    "json_currencies": _("Entry %(position)s has amounts in several currencies."),
    "compressed": _("This is a compressed file. Unpack it and import what is inside."),
    "binary": _("Line %(line)s holds NUL characters: this is not a text file, or its encoding is not %(encoding)s."),
    "encoding": _("Line %(line)s cannot be read as %(encoding)s. Save the file as UTF-8, or correct the mapping."),
    "unknown_encoding": _("Nobody knows an encoding called %(encoding)s."),
    "looks_utf8": _("The mapping says the file is %(encoding)s, but it is UTF-8. Correct the encoding in the mapping."),
    "wrong_delimiter": _("The columns are separated by “%(found)s”, but the mapping says “%(delimiter)s”."),
    "missing_columns": _("The file has no column %(columns)s. Its columns are: %(found)s."),
    "no_weeks": _("No column is called by a week or a day, as the mapping says. The columns are: %(found)s."),
    "weeks_twice": _("Several columns are of the same week: %(columns)s."),
    "corrections_line": _("Line %(line)s of the corrected report is not in the file that it corrects."),
    "corrections_shape": _("A row of the corrected report has %(found)s columns; the report has %(expected)s."),
    "corrections_number": _("“%(value)s” is no line. Leave the last three columns of the report as they are."),
    "few_columns": _("The mapping uses column number %(position)s, but line %(line)s has only %(found)s columns."),
    "ambiguous_column": _("The column %(column)s stands in the file more than once."),
    "unclosed_quote": _("A quotation mark opened in line %(line)s is never closed."),
    "long_field": _("A field in line %(line)s has more than a million characters. Is a quotation mark missing?"),
    "sum_too_large": _("The sum of %(field)s has more than seventeen digits before the decimal mark."),
    "failed": _("The file was tried %(times)s times and failed each time; the log of the server says why."),
    "no_lookup": _("The file %(file)s, which the mapping joins, is not there."),
    "lookup": _("The file %(file)s, which the mapping joins, cannot be used. %(problem)s"),
    "lookup_twice": _("The file %(file)s, which the mapping joins, has the key %(key)s more than once."),
}  # fmt: skip

ROW = {
    "ragged": _("The line has %(found)s columns instead of %(expected)s."),
    "required": _("A value is required here."),
    "cell_error": _("“%(value)s” is the error of a formula, not a value."),
    "number": _("“%(value)s” is not a number."),
    "integer": _("“%(value)s” is not a whole number."),
    "grouping": _("“%(value)s” groups its digits in a way that leaves the number unclear."),
    "too_large": _("“%(value)s” is too large; at most %(digits)s digits may stand before the decimal mark."),
    "too_precise": _("“%(value)s” has more than %(places)s decimals."),
    "too_small": _("“%(value)s” is below %(least)s."),
    "date": _("“%(value)s” is not a date written as %(formats)s."),
    "date_range": _("The date “%(value)s” lies outside the years 1970 to 2100."),
    "not_monday": _("“%(value)s” is not a Monday; a week is named by the Monday it begins with."),
    "week_number": _("“%(value)s” is not a week number."),
    "date_order": _("The date “%(value)s” is before %(other)s, and must not be."),
    "flag": _("“%(value)s” is neither yes nor no."),
    "choice": _("“%(value)s” is not one of %(choices)s."),
    "too_long": _("The value has more than %(longest)s characters."),
    "control": _("The value holds characters that cannot be printed."),
    "country": _("“%(value)s” is not a country of two capital letters, such as DE."),
    "currency": _("“%(value)s” is not a currency of three capital letters, such as EUR."),
    "duplicate": _("The same key stands in line %(first)s already: %(key)s."),
    "not_found": _("“%(value)s” is not in the file %(file)s."),
    "unknown_account": _("There is no account “%(value)s”."),
    "unknown_store": _("There is no store “%(value)s” at the account %(account)s."),
    "unknown_product": _("There is no product “%(value)s”."),
    "shared_gtin": _("Several products have the GTIN “%(value)s”."),
    "other_product": _("The order line “%(value)s” is stored with another product."),
    "unknown_line": _("There is no order line “%(value)s”; its order must be imported first."),
    "not_allowed": _("You may not create or change the account “%(value)s”."),
    "no_country": _("The account “%(value)s” is new and its country is not known."),
    "no_currency": _("The account “%(value)s” is new and its currency is not known."),
    "loop": _("The account “%(value)s” would stand below itself."),
}

# Where a fault stands in a file that is no table; said behind its sentence.
PLACE = {
    "segment": _("Segment %(position)s."),
    "segment_element": _("Segment %(position)s, %(element)s."),
    "entry": _("Entry %(position)s."),
    "entry_element": _("Entry %(position)s, %(element)s."),
}

WARNING = {
    "unknown_columns": _("These columns are not known and were left out: %(columns)s."),
    "guessed_encoding": _("The file was read as %(encoding)s; the mapping does not say."),
    "guessed_delimiter": _("The columns were taken to be separated by “%(delimiter)s”; the mapping does not say."),
    "sheet_chosen": _("The sheet “%(sheet)s” was read; the mapping does not say. Other sheets: %(others)s."),
    "sheets_hidden": _("Hidden sheets were not looked at: %(hidden)s."),
    "cells_merged": _("Cells are merged, first in %(area)s: only the first cell of a merged area has its value."),
    "missing_optional": _("These columns are not in the file: %(columns)s."),
    "unassigned": _("%(count)s lines have no customer and were put into the unassigned account."),
}

SENTENCES = {**FILE, **ROW, **PLACE, **WARNING}


def sentence(code: str, params: dict) -> str:
    """The sentence for a code, in the active language; an unknown code stands for itself."""
    if code not in SENTENCES:
        return code
    return str(SENTENCES[code]) % _shown(params)


def said(told: dict | None) -> str:
    """The sentence of what a batch keeps as a code and params; empty where it keeps nothing."""
    return sentence(told["code"], told["params"]) if told else ""


def written(form: str) -> str:
    """A form of dates by example, because nobody reads its signs: 16.11.2026."""
    return EXAMPLE.strftime(form.replace("%.f", ""))


def _shown(params):
    """Parameters as a sentence has them."""
    shown = {name: formats.listed(v) if isinstance(v, list | tuple) else v for name, v in params.items()}
    return shown | ({"formats": formats.listed(map(written, params["formats"]))} if "formats" in params else {})
