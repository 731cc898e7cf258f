import json
import logging
import signal
import sys
from pathlib import Path
from threading import Event

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError, close_old_connections

from kpis.feeds.watching import Watcher

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Import the files that arrive in watched folders, one folder for each feed, called by its code. A file that "
        "lies still between two looks is taken in, imported, and moved to done/ or, with a report, to failed/. "
        "SIGTERM ends it after the file at hand. With --once it prints one JSON line and exits 1 if a file failed."
    )

    def add_arguments(self, parser):
        parser.add_argument("folder", nargs="?", default=str(settings.FEED_FOLDER), help="KAM_FEED_FOLDER by default")
        parser.add_argument("--feed", default="", metavar="CODE", help="the folder itself is that of this feed")
        parser.add_argument("--every", type=float, default=10, metavar="SECONDS", help="between two looks")
        parser.add_argument("--once", action="store_true", help="import here what is there, and end")
        parser.add_argument("--alive", default="", metavar="FILE", help="touched after each look")

    def handle(self, *, folder, feed, every, once, alive, **options):
        root, stop = Path(folder), Event()
        if not root.is_dir():
            raise CommandError(f"{root} is no folder.")
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        watcher = Watcher(root, code=feed, in_place=once, stopping=stop.is_set)
        if once:
            self._once(watcher, stop, every)
        else:
            self._watch(watcher, stop, every, alive and Path(alive))

    def _once(self, watcher, stop, every):
        watcher.look()
        stop.wait(every)
        watcher.look()
        counts = {"taken": watcher.taken, "done": watcher.done, "failed": watcher.failed}
        self.stdout.write(json.dumps(counts))
        sys.exit(1 if watcher.failed else 0)

    def _watch(self, watcher, stop, every, alive):
        """Look again and again; what is away for a while, a database or a folder, is waited for."""
        while not stop.is_set():
            try:
                watcher.look()
                if alive:
                    alive.touch()
            except (OSError, OperationalError, InterfaceError) as problem:
                logger.warning("could not look: %s", problem)
            finally:
                close_old_connections()
            stop.wait(every)
