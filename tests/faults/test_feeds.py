"""Watched folders with real processes: the watcher is killed again and again while a worker reads."""

import random
import signal
import time

from kpis.models import ImportBatch, SellThrough, WatchedFile
from kpis.tasks import ring_batches
from tests import make
from tests.faults.house import send, wait_for
from tests.kpis import facts

FILES = 12


def test_a_watcher_that_is_killed_again_and_again_imports_each_file_once(house, tmp_path, seeds):
    """F20: kill -9 of the watcher at random moments; each file is applied once and lies in done."""
    account = make.account(code="K-1")
    make.store(account, code="S1")
    facts.product(code="RUN-1")
    facts.feed(account, code="pos")
    root = tmp_path / "feeds"
    (root / "pos").mkdir(parents=True)
    here = house()
    here.worker(queues="imports,default")
    for number in range(FILES - 1):
        deliver(root, number)
    chance = random.Random(seeds)
    for _ in range(3 * seeds):
        watcher = here.watcher(root)
        time.sleep(chance.uniform(0.8, 2.0))
        send(watcher, signal.SIGKILL)
    ring_batches()  # as beat does: who is killed between noting a file and ringing for it rings no more
    last = here.watcher(root)
    deliver(root, FILES - 1)  # so that it is asked to stop only once it is up, whoever did the others
    wait_for(lambda: len(list((root / "pos" / "done").glob("*.csv"))) == FILES)
    wait_for(lambda: not WatchedFile.objects.exists())
    send(last, signal.SIGTERM)
    wait_for(lambda: last.process.poll() is not None)
    assert last.process.returncode == 0
    names = ImportBatch.objects.order_by("file_name").values_list("file_name", "state")
    assert list(names) == [(f"{number:02}.csv", "applied") for number in range(FILES)]
    assert SellThrough.objects.count() == FILES


def deliver(root, number):
    """One file of one row, for a week of its own."""
    text = f"account,store,product,week,units\nK-1,S1,RUN-1,{facts.weeks_back(number)},{number}\n"
    (root / "pos" / f"{number:02}.csv").write_text(text)
