"""German and Chinese are complete, keep the parameters, and are compiled."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import polib
import pytest
from django.conf import settings

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = [p.name for p in sorted((ROOT / "locale").iterdir()) if p.is_dir()]
PARAMETERS = re.compile(r"%\([a-z_]+\)[a-z]|%[sd]|\{[a-z_]*\}")


def catalogue(language, suffix="po"):
    path = ROOT / "locale" / language / "LC_MESSAGES" / f"django.{suffix}"
    return polib.pofile(str(path)) if suffix == "po" else polib.mofile(str(path))


def texts(entry):
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def test_every_language_but_the_source_has_a_catalogue():
    assert LANGUAGES == ["de", "zh_Hans"]
    assert {code for code, _name in settings.LANGUAGES} == {"en", "de", "zh-hans"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_string_is_translated(language):
    missing = [e.msgid for e in catalogue(language) if not e.obsolete and (e.fuzzy or not all(texts(e)))]
    assert missing == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_their_parameters(language):
    wrong = []
    for entry in catalogue(language):
        allowed = [sorted(PARAMETERS.findall(m)) for m in (entry.msgid, entry.msgid_plural) if m]
        wrong += [entry.msgid for text in texts(entry) if sorted(PARAMETERS.findall(text)) not in allowed]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_the_written_one(language):
    written = {(e.msgctxt, e.msgid): texts(e) for e in catalogue(language) if not e.obsolete}
    compiled = {(e.msgctxt, e.msgid): texts(e) for e in catalogue(language, "mo") if e.msgid}
    assert compiled == written


def collected(language, folder):
    """The strings of the code as `make messages` collects them, in a copy of the tree."""
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".*", "var", "tests", "docs", "static", "*.mo"))
    command = [sys.executable, "-m", "django", "makemessages", "--locale", language, "--no-obsolete"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return polib.pofile(str(folder / "locale" / language / "LC_MESSAGES" / "django.po"))


@pytest.mark.skipif(not shutil.which("xgettext"), reason="gettext is not installed: strings cannot be collected")
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_string_of_the_code_is_missing_from_the_catalogue(language, tmp_path):
    known = {(e.msgctxt, e.msgid) for e in catalogue(language) if not e.obsolete}
    assert {(e.msgctxt, e.msgid) for e in collected(language, tmp_path / "copy")} - known == set()
