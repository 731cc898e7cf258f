import json

import pytest
from django.core.management import call_command

from kpis.models import Feed, ImportBatch, SellThrough
from tests import make
from tests.kpis import facts
from tests.kpis.files import CREATES, SELL_THROUGH, write

pytestmark = pytest.mark.django_db
GOOD = "account,store,product,week,units,value\nK-1,S1,P1,2026-11-16,5,10.50\n"


@pytest.fixture
def run(capsys):
    def run(*args):
        """(exit code, the JSON line or None, what stands on stderr)."""
        code = 0
        try:
            call_command("import_file", *map(str, args))
        except SystemExit as left:
            code = left.code
        out, err = capsys.readouterr()
        return code, json.loads(out) if out else None, err

    return run


@pytest.fixture
def mapping(tmp_path):
    return write(tmp_path, SELL_THROUGH + CREATES, "ours.toml")


def test_an_applied_file(run, tmp_path, mapping):
    code, said, err = run("sell_through", write(tmp_path, GOOD), "--mapping", mapping)
    batch = ImportBatch.objects.get()
    assert (code, err, batch.mapping) == (0, "", "ours.toml")
    expected = {"batch": batch.pk, "rows": 1, "accepted": 1, "rejected": 0, "units": 5, "value": 10.5}
    assert {name: said[name] for name in expected} == expected
    assert said["created"] == {"accounts": 1, "stores": 1, "products": 1}


def test_the_same_file_again(run, tmp_path, mapping):
    path = write(tmp_path, GOOD)
    first = run("sell_through", path, "--mapping", mapping)[1]["batch"]
    code, said, _ = run("sell_through", path, "--mapping", mapping)
    assert (code, said["duplicate_of"], said["rows"]) == (0, first, 1)


def test_rejected_rows(run, tmp_path):
    code, said, err = run("sell_through", write(tmp_path, GOOD))
    assert (code, said["accepted"], said["rejected"]) == (1, 0, 1)
    assert err.splitlines()[0] == "file.csv:2: account: There is no account “K-1”."
    assert SellThrough.objects.count() == 0


def test_a_dry_run(run, tmp_path, mapping):
    code, said, _ = run("sell_through", write(tmp_path, GOOD), "--mapping", mapping, "--dry-run")
    assert (code, said["accepted"], said["state"], SellThrough.objects.count()) == (0, 1, "checked", 0)


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("sell_through", "nowhere.csv"), "The file nowhere.csv does not exist or cannot be read."),
        (("sell_through", "{file}", "--mapping", "nothing"), "The mapping cannot be used. nothing: -: there is no"),
        (("sell_through", "{file}", "--mapping", "none.toml"), "The file none.toml does not exist or cannot be read."),
        (("orders", "{file}", "--mapping", "{mapping}"), "The mapping ours.toml is for sell_through, not for orders."),
        (("sell_through", "{file}", "--feed", "none"), "There is no feed with the code none."),
        (("sell_through", "{empty}"), "The file is empty."),
        (("products", "{file}"), "The file has no column code, name."),
    ],
)
def test_unusable_files(run, tmp_path, mapping, args, sentence):
    names = {"file": write(tmp_path, GOOD), "empty": write(tmp_path, "", "empty.csv"), "mapping": mapping}
    code, said, err = run(*(arg.format(**names) for arg in args))
    assert (code, said, err.startswith(sentence)) == (2, None, True)


def test_a_feed_brings_mapping_and_account(run, tmp_path):
    account = make.account(code="K-1")
    make.store(account, code="S1")
    facts.product(code="P1")
    Feed.objects.create(code="weekly", name="Weekly", kind="sell_through", account=account)
    code, said, _ = run("sell_through", write(tmp_path, GOOD), "--feed", "weekly")
    assert (code, said["accepted"], ImportBatch.objects.get().feed.code) == (0, 1, "weekly")
