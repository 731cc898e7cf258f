"""The installer knows when the locked packages are there, and which Python will do."""

import sys

import pytest

from kam.local import install


@pytest.fixture
def stamp(monkeypatch, tmp_path):
    monkeypatch.setattr(install, "STAMP", str(tmp_path / "stamp"))
    monkeypatch.setattr(install, "PYTHON", sys.executable)
    return tmp_path / "stamp"


@pytest.mark.parametrize(("noted", "run", "dev"), [([], 0, 0), (["run"], 1, 0), (["run", "dev"], 1, 1)])
def test_what_is_noted_is_installed(stamp, noted, run, dev):
    stamp.write_text("\n".join(map(install.digest, noted)))
    assert [install.installed("run"), install.installed("dev")] == [bool(run), bool(dev)]


def test_a_changed_lock_is_installed_anew(stamp, monkeypatch, tmp_path):
    stamp.write_text(install.digest("run"))
    monkeypatch.setattr(install, "CHECKOUT", str(tmp_path))
    (tmp_path / "requirements.lock").write_text("another==1.0\n")
    assert install.installed("run") is False


def test_a_broken_environment_is_made_anew(stamp, monkeypatch):
    stamp.write_text(install.digest("run"))
    monkeypatch.setattr(install, "PYTHON", "/nowhere/python")
    assert install.installed("run") is False


def test_without_a_suitable_python_there_is_a_sentence(monkeypatch, capsys):
    monkeypatch.setattr(install, "suitable_python", lambda: None)
    with pytest.raises(SystemExit):
        install.make_environment()
    assert capsys.readouterr().err.startswith("KAM needs Python 3.11, 3.12 or 3.13 and this one is ")


def test_the_locks_hold_hashes_and_no_addresses():
    for name in install.LOCKS.values():
        with open(f"{install.CHECKOUT}/{name}") as lock:
            text = lock.read()
        assert "--hash=sha256:" in text
        assert "://" not in text
        assert "index-url" not in text
